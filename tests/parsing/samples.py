"""One small file of each format, written by a library for it, or taken from the documents that are shared."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from email.message import EmailMessage

import odfdo
import openpyxl
import pptx

from ray_app.parsing import media
from tests.conftest import EXAMPLES
from tests.parsing.reading import saved

DOCUMENTS = EXAMPLES / "documents"
ROWS = (("navn", "beløb"), ("Ærø", 12.5), ("Bornholm", 7))


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tarred(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def message() -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Åse <aase@mail.example>", "bo@mail.example", "Færgen"
    made.set_content("Færgen sejler klokken otte.")
    return made


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Kasse"
    for row in ROWS:
        book.active.append(row)
    return saved(book)


def presentation() -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Planen for året"
    table = slide.shapes.add_table(2, 2, 0, 0, 100, 100).table
    for index, word in enumerate(("kvartal", "mål", "første", "ti både")):
        table.cell(index // 2, index % 2).text = word
    slide.notes_slide.notes_text_frame.text = "Husk kaffen"
    deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_textbox(0, 0, 9, 9).text_frame.text = "Anden side"
    return saved(deck)


def odt() -> bytes:
    document = odfdo.Document("text")
    document.body.clear()
    document.body.append(odfdo.Header(1, "Referat"))
    document.body.append(odfdo.Paragraph("Mødet begyndte for sent."))
    table = odfdo.Table("T")
    table.set_values([list(row) for row in ROWS])
    document.body.append(table)
    return saved(document)


def odp() -> bytes:
    document = odfdo.Document("presentation")
    document.body.clear()
    for number in (1, 2):
        page = odfdo.DrawPage(f"page{number}", name=f"page{number}")
        page.append(odfdo.Frame.text_frame(odfdo.Paragraph(f"Dias nummer {number}")))
        document.body.append(page)
    return saved(document)


def ods() -> bytes:
    document = odfdo.Document("spreadsheet")
    document.body.clear()
    table = odfdo.Table("Kasse")
    table.set_values([list(row) for row in ROWS])
    document.body.append(table)
    return saved(document)


def epub() -> bytes:
    chapters = {f"text/{n}.xhtml": f"<p>Kapitel {n} om søen.</p>" for n in (2, 1)}
    page = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{}</body></html>'
    manifest = "".join(f'<item id="c{n}" href="text/{n}.xhtml"/>' for n in (2, 1))
    package = f"""<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
      <dc:title>Bogen om søen</dc:title><dc:creator>Ib Bæk</dc:creator><dc:date>2021-03-04</dc:date></metadata>
      <manifest>{manifest}</manifest><spine><itemref idref="c1"/><itemref idref="c2"/></spine></package>"""
    container = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
      <rootfile full-path="book/book.opf"/></rootfiles></container>"""
    return zipped(
        {
            "mimetype": media.EPUB,
            "META-INF/container.xml": container,
            "book/book.opf": package,
            **{f"book/{path}": page.format(text) for path, text in chapters.items()},
        }
    )


def notebook() -> bytes:
    cells = [
        {"cell_type": "markdown", "source": ["# Dybden\n", "målt i meter"]},
        {"cell_type": "code", "source": "print(6 * 7)", "outputs": [{"output_type": "stream", "text": ["42\n"]}]},
    ]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}).encode()


def example(path: str) -> Callable[[], bytes]:
    return (DOCUMENTS / path).read_bytes


# Media type: file name and what makes the bytes.
BUILT: dict[str, tuple[str, Callable[[], bytes]]] = {
    "application/pdf": ("report.pdf", example("report/annual-report-2024.pdf")),
    "text/html": ("page.html", example("policy/sygefravaer.html")),
    "application/xhtml+xml": ("page.html", example("policy/sygefravaer.html")),
    "text/markdown": ("note.md", example("technical-note/TN-044-potting-compound.md")),
    "text/plain": ("cv.txt", example("cv/kastbjerg-emil.txt")),
    "text/csv": ("kasse.csv", lambda: "navn;beløb\nÆrø;12,5\n".encode("cp1252")),
    "text/tab-separated-values": ("kasse.tsv", lambda: "navn\tbeløb\nÆrø\t12,5\n".encode()),
    "text/vtt": ("film.vtt", lambda: "WEBVTT\n\n00:01.000 --> 00:02.000\nKære Køge\n".encode()),
    media.EML: ("letter.eml", example("letter/penhallow-complaint.eml")),
    media.DOCX: ("report.docx", example("report/warehouse-move-evaluation.docx")),
    media.PPTX: ("plan.pptx", presentation),
    media.XLSX: ("kasse.xlsx", workbook),
    media.ODS: ("kasse.ods", ods),
    media.ODT: ("referat.odt", odt),
    media.ODP: ("dias.odp", odp),
    media.RTF: ("brev.rtf", lambda: rb"{\rtf1\ansi\ansicpg1252 K\'e6re K\u248?ge,\par hilsen}"),
    media.EPUB: ("bog.epub", epub),
    media.JSON: ("data.json", lambda: json.dumps({"sted": "Ærø", "både": [1, 2]}).encode()),
    media.NOTEBOOK: ("depth.ipynb", notebook),
    media.JSONL: ("data.jsonl", lambda: b'{"a": 1}\n{"a": 2}\n'),
    media.XML: ("data.xml", lambda: "<?xml version='1.0'?><sted><navn>Ærø</navn></sted>".encode()),
}
SHARED: dict[str, str] = {
    media.DOC: "B_office/docling-project__docling/legacy_sample.doc",
    media.PPT: "B_office/docling-project__docling/legacy_sample.ppt",
    media.XLS: "B_office/docling-project__docling/legacy_sample.xls",
    media.MSG: "B_office/docling-project__docling/msg_with_attachment.msg",
}
ARCHIVES: dict[str, tuple[str, Callable[[], bytes]]] = {
    media.ZIP: ("a.zip", lambda: zipped({"folder/one.txt": b"one", "two.txt": b"two"})),
    media.TAR: ("a.tar", lambda: tarred({"folder/one.txt": b"one", "two.txt": b"two"})),
    media.GZIP: ("a.tar.gz", lambda: gzip.compress(tarred({"folder/one.txt": b"one", "two.txt": b"two"}))),
    media.BZIP2: ("a.tar.bz2", lambda: bz2.compress(tarred({"folder/one.txt": b"one", "two.txt": b"two"}))),
    media.XZ: ("a.tar.xz", lambda: lzma.compress(tarred({"folder/one.txt": b"one", "two.txt": b"two"}))),
}
