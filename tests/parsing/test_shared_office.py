"""Every office file of the shared documents, as a person looked at it."""

from __future__ import annotations

import pytest

from tests.parsing.reading import parse, text

# Documents without a word of text: pictures (read by OCR, which is off here), lines, films, empty sheets.
WITHOUT_WORDS = {
    "external-picture.docx",
    "pptx_multiple_images.pptx",
    "shp-connector-props.pptx",
    "shp-movie-props.pptx",
    "issue127.xls",
}
IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".gif", ".bmp")
# Words that a person who opens the file sees.
SEEN = {
    "text_document_03.odt": "Simple cell upper left | Simple cell with bold and italic text",
    "doc_with_toc.odt": "Lorem ipsum dolor sit amet",
    "odf_presentation_01.odp": "A rectangle shape with this text inside.",
    "simple_table_named_range.ods": "A date | 1975-05-07",
    "powerpoint_comments.pptx": "This is a sample reviewer comment",
    "cht-chart-props.pptx": "| 2002-01-05 | 2002-01-06 | 2002-01-07 | 2002-01-08 | 2002-01-09\nSeries 1 | 32 | 32",
    "shp-inline-shape-access.docx": "Series 1 | 4.3 | 2.5 | 3.5 | 4.5",
    "webvtt_example_04.vtt": "The waiter offered a steaming bowl of paella that instantly",
    "ptag100.xml": "School of Electronic Engineering, Kyonggi University, Yeongtong-gu, Suwon",
    "docx_page_header_footer_first_page.docx": "FIRST PAGE HEADER (page 1 only)",
    "word_sample.docx": "Leaves | Ash, Elm, Maple | 50",
    "date_1904.xlsx": "2021-01-01 | 15",
    "bytes.rtf": "27 грудня 2018 року",
    "test_mskanji.csv": "佐藤太郎 | 30 | 東京",
    "raw_email_with_partially_quoted_subject.eml": 'Subject: Re: Test: "漢字" mid "漢字" tail',
    "test_outlook_msg.msg": "This is the body of the test email message",
    "epub_purvis_poetry.epub": "By Sarah Louisa Forten Purvis.",
    "greek_heading_styles.doc": "Überschriften in nicht‑englischer Sprache",
    "pone.0234687.nxml": "Potential to reduce greenhouse gas emissions through different dairy cattle systems",
}


@pytest.fixture(scope="module")
def office(shared_data):
    files = [path for path in sorted((shared_data / "B_office").rglob("*")) if path.is_file()]
    return {path.relative_to(shared_data): parse(path.read_bytes(), path.name) for path in files}


def test_every_office_file_is_read_and_has_text_where_it_has_words(office):
    silent = {path.name for path, parsed in office.items() if not parsed.has_text}
    assert {name for name in silent if not name.endswith(IMAGES)} == WITHOUT_WORDS
    assert len(office) == 99


@pytest.mark.parametrize("name", SEEN)
def test_office_files_say_what_a_person_sees(name, office):
    (read,) = (text(parsed) for path, parsed in office.items() if path.name == name)
    assert SEEN[name] in read
