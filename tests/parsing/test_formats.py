"""Each format, on real files: the example documents, and the shared ones where they are."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ray_app import parsing
from ray_app.errors import ParsingError
from ray_app.parsing import PARSERS, drawing, media, pdf
from ray_app.parsing.detect import media_type_of
from tests.conftest import EXAMPLES
from tests.parsing.reading import parse, reason, text
from tests.parsing.samples import ARCHIVES, BUILT, SHARED

DOCUMENTS = EXAMPLES / "documents"
# Written by Excel alone: there is no sample of it.
NO_SAMPLE = {media.XLSB}
# Kinds of text that only the name tells.
BY_NAME = {"text/markdown", "text/csv", "text/tab-separated-values", media.JSON, media.JSONL, media.NOTEBOOK}


def example(path):
    return parse((DOCUMENTS / path).read_bytes(), path)


def sample(media_type, request):
    if media_type in SHARED:
        path = request.getfixturevalue("shared_data") / SHARED[media_type]
        return path.name, path.read_bytes()
    name, build = (BUILT | ARCHIVES)[media_type]
    return name, build()


@pytest.mark.parametrize("media_type", [name for name in PARSERS if name not in ARCHIVES.keys() | NO_SAMPLE])
def test_every_format_gives_text_pages_from_one_and_a_title(media_type, request):
    name, data = sample(media_type, request)
    parsed = parse(data, name)
    assert parsed.media_type in (media_type, "text/html")
    assert parsed.has_text
    assert [page.number for page in parsed.pages] == list(range(1, len(parsed.pages) + 1))
    assert parsed.title.strip() == parsed.title != ""
    assert "\r" not in text(parsed)


@pytest.mark.parametrize("media_type", [*BUILT, *SHARED, *ARCHIVES])
def test_every_format_that_is_cut_short_has_an_outcome(media_type, request):
    name, whole = sample(media_type, request)
    for part in (whole[: len(whole) // 2], whole[:-7], whole[len(whole) // 2 :], whole[:600]):
        assert reason(part, name) in ("", "damaged", "unsupported_format", "password")


@pytest.mark.parametrize("name", ["x.pdf", "x.docx", "x.xlsx", "x.zip", "x.eml", "x.xml", "x.json", "x.png", "x.msg"])
def test_an_empty_file_has_no_text_and_its_name(name):
    parsed = parse(b"", name)
    assert not parsed.has_text
    assert parsed.title == "x"


def test_pdf_has_its_pages_title_and_date():
    parsed = example("report/annual-report-2024.pdf")
    assert len(parsed.pages) == 8
    assert parsed.title == "Annual report 2024"
    assert parsed.date
    assert parsed.date.startswith("2025")
    assert "The new warehouse" in parsed.pages[3].text


def test_pdf_without_text_layer_has_pages_without_text():
    parsed = example("letter/tidewell-court-roof.pdf")
    assert len(parsed.pages) >= 1
    assert not parsed.has_text
    assert parsed.title == "tidewell-court-roof"


def test_pdf_titles_that_word_processors_make_up_are_not_titles():
    assert "Microsoft" not in example("cv/toft-ibrahim.pdf").title


@pytest.mark.parametrize(
    ("path", "reason"),
    [("documents/contract/severance-agreement-2024.pdf", "password"), ("inbox/0017.pdf", "damaged")],
)
def test_pdf_that_cannot_be_opened_says_why(path, reason):
    with pytest.raises(ParsingError) as caught:
        parse((EXAMPLES / path).read_bytes(), path)
    assert caught.value.reason == reason


def test_html_is_what_a_reader_sees():
    page = """<html><head><title>The &AElig;rø ferry</title><style>p {color: red}</style>
    <script>var hidden = "secret"</script></head><body><!-- a comment --><h1>Times</h1>
    <table><tr><td>Monday</td><td>08:15</td></tr><tr><td>Friday</td><td>09:30</td></tr></table></body></html>""".encode()
    parsed = parse(page, "x.html")
    assert parsed.title == "The Ærø ferry"
    rows = [line.split() for line in text(parsed).splitlines() if line.strip()]
    assert rows == [["Times"], ["Monday", "08:15"], ["Friday", "09:30"]]


def test_html_in_its_declared_encoding():
    parsed = example("report/salg-q3-2025.html")
    assert "æ" in text(parsed) or "ø" in text(parsed)
    assert "\ufffd" not in text(parsed)


@pytest.mark.parametrize("declared", ["iso-8859-1", "latin1", "ISO_8859-1", "us-ascii", "windows-1252"])
def test_html_that_declares_latin_1_is_read_as_browsers_do(declared):
    page = f"<html><head><meta charset={declared}></head><body><p>It\u2019s \u201cfive\u201d \u20ac</p></body></html>"
    assert text(parse(page.encode("cp1252"), "x.html")).strip() == "It\u2019s \u201cfive\u201d \u20ac"


def test_html_that_is_nested_very_deeply_still_gives_its_words():
    page = b"<div>word " * 1500
    assert text(parse(b"<html><body>" + page, "x.html")).split() == ["word"] * 1500


def test_markdown_is_read_as_the_page_it_describes():
    header = b"---\ntitle: From the header\ndate: 2025-03-04\n---\n"
    source = header + b"# A heading\n\n- *one*\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    parsed = parse(source, "x.md")
    assert (parsed.title, parsed.date) == ("From the header", "2025-03-04")
    assert "*one*" not in text(parsed)
    assert "|" not in text(parsed)
    assert ["1", "2"] in [line.split() for line in text(parsed).splitlines()]


def test_markdown_without_front_matter_is_titled_by_its_heading():
    assert parse(b"# A heading\n\ntext", "x.md").title == "A heading"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "iso8859-1"])
def test_plain_text_in_every_encoding_of_the_examples(encoding):
    words = "Hvornår skal sygemeldingen ske? Ring til kontoret før klokken otte, så får du svar på det hele."
    assert text(parse(words.encode(encoding), "x.txt")) == words


def test_plain_text_keeps_no_control_characters():
    assert text(parse(b"one\x07\r\ntwo\rthree\x0cfour", "x.txt")) == "one\ntwo\nthree\nfour"


def test_words_are_kept_whole_without_what_is_not_seen_within_them():
    hidden = "\ufeffKon\xadtrakt\u200ben med \u2060Kø\ufeffge"
    assert text(parse(hidden.encode(), "x.txt")) == "Kontrakten med Køge"


@given(st.text(st.sampled_from("aø \t\r\n\f\0\x02\x1f\x7f\xad\u200b\u2060\ufeff\ufffe\uffff\U0001f600")))
def test_a_drawn_page_leaves_out_the_same_characters_as_its_text_in_the_index(raw):
    drawn = "".join(raw[place] for place in drawing._kept(raw)).replace("\r", "\n").replace("\f", "\n")
    assert drawn == parsing._clean(pdf._HYPHENATED.sub("", raw))


def test_email_has_headers_body_date_and_the_names_of_its_attachments():
    parsed = example("invoice/freight-statement-2025-05.eml")
    assert parsed.title == "Invoice TC-88214 and statement of account, May 2025"
    assert parsed.date == "2025-06-02T08:14:51+01:00"
    assert "From: Tidewell Couriers Accounts" in text(parsed)
    assert "Attachments: TC-88214.pdf" in text(parsed)
    assert "Dear Alison" in text(parsed)


def test_email_that_is_html_only_is_read_as_a_page():
    message = b"Subject: Hi\nContent-Type: text/html\n\n<p>Hello <b>there</b></p>"
    assert "Hello there" in text(parse(message, "x.eml"))


def test_a_web_page_saved_for_word_with_its_pictures_is_read_as_a_page():
    page = b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=A\n\n--A\nContent-Type: text/html; charset"
    saved = (
        page
        + b"=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<p>K=C3=B8ge is a soft=\n wrapped town</p>\n--A--\n"
    )
    exported = b"Date: Wed, 3 Jan 2024 10:00:00 +0000\nMessage-ID: <1>\nSubject: Exported From Confluence\n" + saved
    for data in (saved, exported):
        assert "Køge is a soft wrapped town" in text(parse(data, "page.doc"))


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"%PDF-1.4 ...", "x.txt", "application/pdf"),
        (b"\n\n%PDF-1.4", "x", "application/pdf"),
        (b"\0\x01 from a Mac %PDF-1.4", "x", "application/pdf"),
        (b"@PJL ENTER LANGUAGE=PDF\r\n%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + bytes(9), "x", "application/pdf"),
        (b"A PDF begins with %PDF-1.7 in its header.", "x.txt", "text/plain"),
        (b"<!DOCTYPE html><p>x", "x.txt", "text/html"),
        (b"BM is how this text begins", "x.txt", "text/plain"),
        (b"# x", "x.md", "text/markdown"),
        (b"x", "README", "text/plain"),
        (b"{\\rtf1 x}", "x.txt", "application/rtf"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "x.pdf", "image/png"),
        (bytes(range(256)), "x.bin", "application/octet-stream"),
        (b"", "x.txt", "text/plain"),
    ],
)
def test_the_type_is_found_by_content_before_name(data, name, expected):
    assert media_type_of(data, name) == expected


@pytest.mark.parametrize("media_type", [name for name in (*BUILT, *SHARED, *ARCHIVES) if name not in BY_NAME])
def test_the_type_is_found_whatever_the_name_says(media_type, request):
    _, data = sample(media_type, request)
    expected = "text/html" if media_type == "application/xhtml+xml" else media_type
    assert media_type_of(data, "") == expected
    assert media_type == media.EML or media_type_of(data, "x.bin") == expected


def test_a_format_without_parser_is_named_with_those_that_have_one():
    with pytest.raises(ParsingError, match=r"application/octet-stream is not read .*application/pdf") as caught:
        parse(bytes(range(256)), "x.bin")
    assert caught.value.reason == "unsupported_format"


def test_shared_pdfs_give_the_expected_outcome(shared_data):
    with (shared_data / "expected_pdf.tsv").open() as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t") if row["path"].startswith("A_pdf/")]
    reasons = {"password": "password", "damaged": "wont_open"}
    # Its page is empty, its form is filled in.
    status = {row["path"]: "ok" if row["path"].endswith("/FontMatrix-1.pdf") else row["status"] for row in rows}
    for row in rows:
        try:
            parsed = parse((shared_data / row["path"]).read_bytes(), row["path"])
            outcome = "ok" if parsed.has_text else "no_text"
            assert len(parsed.pages) == int(row["pages"]), row["path"]
        except ParsingError as error:
            outcome = reasons[error.reason]
        assert outcome == status[row["path"]], row["path"]
    assert len(rows) == 118
