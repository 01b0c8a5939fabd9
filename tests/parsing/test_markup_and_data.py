"""Books, XML, JSON, notebooks, images."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from tests.parsing.reading import lines, parse, reason, text
from tests.parsing.samples import epub, notebook, zipped

ARTICLE = """<?xml version="1.0"?><article><front><article-meta><article-title>Sild i <italic>Øresund</italic>
</article-title></article-meta></front><body><sec><title>Metode</title><p>Vi talte <bold>sild</bold>.</p>
<table><tr><td>år</td><td>antal</td></tr><tr><td>2024</td><td>12</td></tr></table></sec></body></article>"""
INVOICE = """<Invoice xmlns="urn:x" xmlns:c="urn:y"><c:ID>F-17</c:ID><Line no="1"><Name>Mast</Name>
<Amount currencyID="DKK">1200</Amount></Line></Invoice>"""


def png(**options):
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(stream, "PNG", **options)
    return stream.getvalue()


def test_chapters_of_a_book_are_pages_in_reading_order():
    parsed = parse(epub(), "x.epub")
    assert [page.text.strip() for page in parsed.pages] == ["Kapitel 1 om søen.", "Kapitel 2 om søen."]
    assert (parsed.title, parsed.date, parsed.metadata["authors"]) == ("Bogen om søen", "2021-03-04", "Ib Bæk")


def test_a_book_whose_chapters_are_encrypted_needs_a_password():
    opened = {"mimetype": "application/epub+zip"}
    container = "<container><rootfiles><rootfile full-path='b.opf'/></rootfiles></container>"
    package = "<package><manifest><item id='a' href='a.html'/></manifest><spine><itemref idref='a'/></spine></package>"
    locked = "<encryption><CipherReference URI='a.html'/></encryption>"
    parts = {"META-INF/container.xml": container, "b.opf": package, "META-INF/encryption.xml": locked, "a.html": "?"}
    assert reason(zipped(opened | parts), "x.epub") == "password"


def test_an_article_is_read_by_paragraphs_and_rows():
    parsed = parse(ARTICLE.encode(), "x.nxml")
    assert parsed.title == "Sild i Øresund"
    assert lines(parsed) == ["Sild i Øresund", "Metode", "Vi talte sild.", "år | antal", "2024 | 12"]


def test_elements_side_by_side_within_a_sentence_are_set_apart():
    firm = "<wrap><id>ror.org/7</id><name>Fiskeriskolen</name></wrap>"
    assert lines(parse(f"<?xml version='1.0'?><a><p>{firm}, Ærø</p></a>".encode(), "x.xml")) == [
        "ror.org/7 Fiskeriskolen, Ærø"
    ]


def test_subtitles_are_what_is_said_by_whom():
    source = "WEBVTT\n\nNOTE hidden\n\n1\n00:01.000 --> 00:02.000\n<v Ida>Hvor er <i>færgen</i>?\n\n"
    again = "00:02.000 --> 00:03.000 line:0\nBo &amp; Ib?\n\n00:03.000 --> 00:04.000\nBo &amp; Ib?\nDer!\n"
    assert lines(parse((source + again).encode(), "x.vtt")) == ["Ida: Hvor er færgen?", "Bo & Ib?", "Der!"]


def test_xml_of_programs_is_read_as_names_and_values():
    assert lines(parse(INVOICE.encode(), "x.xml")) == [
        "ID: F-17",
        "Line: no=1",
        "Name: Mast",
        "Amount: 1200, currencyID=DKK",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_xml_in_the_encoding_that_it_declares(encoding):
    source = f'<?xml version="1.0" encoding="{encoding}"?><a><navn>Ærø</navn></a>'
    assert lines(parse(source.encode(encoding), "x.xml")) == ["navn: Ærø"]


NAMED = "<a><p>Sm&oslash;r&nbsp;og <b>br&oslash;d</b>, caf&eacute;er &amp; &co; <?page 7?>mere.</p></a>"


@pytest.mark.parametrize("declared", ["", "<!DOCTYPE a SYSTEM 'x.dtd'>", "<!DOCTYPE a [<!ENTITY co 'Acme'>]>"])
def test_named_characters_in_xml_are_read_and_the_text_behind_them(declared):
    assert lines(parse(f"<?xml version='1.0'?>{declared}{NAMED}".encode(), "x.xml")) == ["Smør og brød, caféer & mere."]


def test_a_value_with_named_characters_stays_a_value():
    source = (
        b"<?xml version='1.0'?><a><navn id='n&aring;l'>&AElig;r&oslash;</navn><kode><![CDATA[&aring; <]]></kode></a>"
    )
    assert lines(parse(source, "x.xml")) == ["navn: Ærø, id=nål", "kode: &aring; <"]


def test_xml_entities_are_neither_expanded_nor_fetched():
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    source = (
        f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}<!ENTITY f SYSTEM "file:///etc/passwd">]><a><b>x&l9;</b><c>&f;</c></a>'
    )
    assert len(text(parse(source.encode(), "x.xml"))) < 100


def test_json_is_read_as_keys_and_values():
    source = {"sag": {"navn": "Færge", "åben": True, "tom": None}, "år": [2023, 2024], "led": [{"x": 1}, {"x": 2.5}]}
    expected = ["sag.navn: Færge", "sag.åben: true", "år: 2023, 2024", "led.x: 1", "led.x: 2.5"]
    assert lines(parse(json.dumps(source).encode(), "x.json")) == expected


@pytest.mark.parametrize("source", ["{not json", "[" * 100_000, ""])
def test_json_that_is_none_is_read_as_it_stands(source):
    assert text(parse(source.encode(), "x.json")) == source


def test_json_lines_are_records_and_a_broken_one_stands_as_it_is():
    assert text(parse(b'{"a": 1, "b": 2}\n{broken\n\n{"a": 3}\n', "x.jsonl")) == "a: 1\nb: 2\n\n{broken\n\na: 3"


def test_a_notebook_has_its_prose_code_and_results():
    parsed = parse(notebook(), "x.ipynb")
    assert lines(parsed) == ["# Dybden", "målt i meter", "print(6 * 7)", "42"]
    assert parsed.title == "Dybden"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_an_image_has_no_text_but_size_and_name(kind):
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(stream, kind)
    parsed = parse(stream.getvalue(), "mappe/scan.bin")
    assert not parsed.has_text
    assert (parsed.title, len(parsed.pages)) == ("scan", 1)
    assert parsed.media_type.startswith("image/")


def test_an_image_gives_its_description_and_date():
    exif = Image.Exif()
    exif[270], exif[306] = "Broen ved Køge".encode().decode("latin-1"), "2024:05:06 07:08:09"
    assert parse(png(exif=exif), "x.png").date == "2024-05-06T07:08:09"


def test_an_image_cut_within_its_header_is_damaged():
    assert reason(png()[:20], "x.png") == "damaged"


def test_xhtml_may_close_any_element_at_once():
    page = """<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="x"/></head>
      <body><a id="top"/><p>Ordene<br/>står her</p></body></html>"""
    assert lines(parse(page.encode(), "x.xhtml")) == ["Ordene", "står her"]


def test_definition_lists_keep_terms_apart():
    page = b"<html><body><dl><dt>Total</dt><dd>12</dd><dt>Moms</dt><dd>3</dd></dl></body></html>"
    assert lines(parse(page, "x.html")) == ["Total", "12", "Moms", "3"]
