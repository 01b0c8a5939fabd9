"""Spreadsheets and tables in text."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import openpyxl
import pytest
from openpyxl.comments import Comment

from ray_app.parsing.tables import cell_text
from tests.parsing.reading import lines, parse, saved, text
from tests.parsing.samples import ods, workbook


def test_a_sheet_is_a_page_with_its_name_and_a_row_is_a_line():
    book = openpyxl.Workbook()
    book.active.title = "Løn"
    book.active.append(["navn", "født", "timer", "fuldtid"])
    book.active.append(["Åse\nBæk", dt.date(1980, 5, 6), 37.0, True])
    book.create_sheet("Tom")
    book.create_sheet("Mål").append([None, 0.1 + 0.2])
    book.properties.title = "Lønningsliste"
    parsed = parse(saved(book), "x.xlsx")
    assert [page.text for page in parsed.pages] == [
        "Løn\nnavn | født | timer | fuldtid\nÅse Bæk | 1980-05-06 | 37 | True",
        "",
        "Mål\n0.3",
    ]
    assert parsed.metadata["sheets"] == "Løn, Tom, Mål"
    assert parsed.title == "Lønningsliste"


@pytest.mark.parametrize("build", [workbook, ods])
def test_both_kinds_of_workbook_read_alike(build):
    assert lines(parse(build(), "x")) == ["Kasse", "navn | beløb", "Ærø | 12.5", "Bornholm | 7"]


def commented():
    book = openpyxl.Workbook()
    for sheet, words in ((book.active, "Ikke godkendt"), (book.create_sheet("Bilag"), "Spørg Ida")):
        sheet["A1"] = "Beløb"
        sheet["B2"] = 5
        sheet["B2"].comment = Comment(words, "ann")
    return saved(book)


def test_comments_of_cells_stand_after_the_rows_of_their_sheet():
    pages = parse(commented(), "x.xlsx").pages
    assert [page.text.splitlines()[-2:] for page in pages] == [[" | 5", "B2: Ikke godkendt"], [" | 5", "B2: Spørg Ida"]]


def test_a_conversation_at_a_cell_is_read_instead_of_the_note_that_stands_for_it():
    stream = io.BytesIO(commented())
    talk = "<ThreadedComments><threadedComment ref='B2'><text>{}</text></threadedComment></ThreadedComments>"
    with zipfile.ZipFile(stream, "a") as archive:
        part = archive.read("xl/worksheets/_rels/sheet1.xml.rels").decode()
        one = '<Relationship Id="t1" Type="x/threadedComment" Target="../threadedComments/threadedComment1.xml"/>'
        archive.writestr("xl/threadedComments/threadedComment1.xml", talk.format("Ida: hvorfor?"))
        del archive.NameToInfo["xl/worksheets/_rels/sheet1.xml.rels"]
        archive.writestr("xl/worksheets/_rels/sheet1.xml.rels", part.replace("</Rel", f"{one}</Rel"))
    first = parse(stream.getvalue(), "x.xlsx").pages[0]
    assert "B2: Ida: hvorfor?" in first.text
    assert "Ikke godkendt" not in first.text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (4571234567890123.0, "4571234567890123"),
        (12345678901234567890.0, "12345678901234567000"),
        (-1e15, "-1000000000000000"),
        (0.00001, "0.00001"),
        (0.1 + 0.2, "0.3"),
        (12.5, "12.5"),
        (7.0, "7"),
        (-0.0, "0"),
        (1e300, "1e+300"),
        (float("inf"), "inf"),
    ],
)
def test_numbers_of_cells_are_written_with_all_their_digits(value, shown):
    assert cell_text(value) == shown


def test_the_largest_cell_is_read_whole():
    book = openpyxl.Workbook()
    book.active["A1"] = "ø" * 32_767
    assert text(parse(saved(book), "x.xlsx")).endswith("ø" * 32_767)


def test_older_excel_has_its_title_and_rows(shared_data):
    parsed = parse((shared_data / "B_office/docling-project__docling/legacy_sample.xls").read_bytes(), "x.xls")
    assert parsed.title == "Wild Duck Observations"
    assert "2019 | 120" in lines(parsed)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_csv_with_any_delimiter_and_encoding(delimiter, encoding):
    rows = ["navn{}sted{}beløb", '"Bæk{} Åse"{}Køge{}7', "Østergård{}Ærø{}8", "Sørensen{}Århus på Jylland{}9"]
    source = "\n".join(row.replace("{}", delimiter) for row in rows).encode(encoding)
    read = lines(parse(source, "x.csv"))
    assert read[0] == "navn | sted | beløb"
    assert read[1] == f"Bæk{delimiter} Åse | Køge | 7".replace("\t", " ").replace("  ", " ")


@pytest.mark.parametrize(
    "source", ["one column\nof words\n", 'an "open quote\nand no end', "x" * 200_000, "a;b;c\n" * 999 + "\0"]
)
def test_csv_that_is_hardly_a_table_still_gives_its_words(source):
    words = source.replace("\0", "").replace('"', "").replace(";", " ").split()
    read = text(parse(source.encode(), "x.csv"))
    assert all(word in read for word in words)
