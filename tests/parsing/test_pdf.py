"""PDF beside its plain text: passwords, forms, comments, attachments, pages that lie on their side."""

from __future__ import annotations

import io
import re

import pytest
from pypdf import PdfWriter
from pypdf.annotations import Text
from reportlab.pdfgen.canvas import Canvas

from tests.parsing.reading import lines, parse, reason, text

SIDEWAYS = ["the first line of a page", "the second line of a page", "and the last of them"]


def pdf(draw):
    stream = io.BytesIO()
    canvas = Canvas(stream)
    draw(canvas)
    canvas.save()
    return stream.getvalue()


def written(writer):
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def plain():
    return PdfWriter(clone_from=io.BytesIO(pdf(lambda canvas: canvas.drawString(100, 700, "Kontrakten er hemmelig"))))


def form(canvas):
    canvas.drawString(100, 700, "Tilmelding")
    canvas.acroForm.textfield(name="deltager", value="Birgitte Ærø", x=100, y=600, width=200)
    canvas.acroForm.textfield(name="bemærkning", value="", x=100, y=550, width=200)
    canvas.acroForm.checkbox(name="frokost", checked=True, x=100, y=500)
    canvas.acroForm.checkbox(name="overnatning", checked=False, x=100, y=450)


def sideways(degrees):
    def draw(canvas):
        canvas.translate(300, 400)
        canvas.rotate(degrees)
        for index, line in enumerate(SIDEWAYS):
            canvas.drawString(0, -20 * index, line)

    return draw


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_protected_file_is_opened_by_one_of_the_passwords(algorithm):
    writer = plain()
    writer.encrypt("åbn dig" if algorithm == "AES-256" else "sesam", algorithm=algorithm)
    data = written(writer)
    assert reason(data, "x.pdf") == "password"
    assert reason(data, "x.pdf", passwords=("other", "wrong")) == "password"
    assert text(parse(data, "x.pdf", passwords=("other", "sesam", "åbn dig"))) == "Kontrakten er hemmelig"


def test_a_file_that_only_its_owner_may_change_is_read_without_password():
    writer = plain()
    writer.encrypt("", owner_password="owner")
    assert text(parse(written(writer), "x.pdf")) == "Kontrakten er hemmelig"


def test_fields_that_are_filled_in_stand_below_the_page():
    assert lines(parse(pdf(form), "x.pdf")) == ["Tilmelding", "deltager: Birgitte Ærø", "frokost: Yes"]


def test_comments_are_read_with_their_author():
    writer = plain()
    note = Text(rect=(50, 50, 70, 70), text="Spørg juristen først", title_bar="Ida")
    writer.add_annotation(0, note)
    assert lines(parse(written(writer), "x.pdf")) == ["Kontrakten er hemmelig", "Ida: Spørg juristen først"]


def test_attached_files_are_children_and_no_two_have_one_name():
    writer = plain()
    writer.add_attachment("bilag å.txt", b"one")
    writer.add_attachment("../bilag å.txt", b"two")
    children = parse(written(writer), "x.pdf").children
    assert sorted(child.name for child in children) == ["bilag å (2).txt", "bilag å.txt"]
    assert {child.data for child in children} == {b"one", b"two"}


@pytest.mark.parametrize("drawn", [0, 90, 180, 270])
@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_lines_come_in_reading_order_however_text_and_page_are_turned(drawn, turned):
    writer = PdfWriter(clone_from=io.BytesIO(pdf(sideways(drawn))))
    writer.pages[0].rotate(turned)
    assert lines(parse(written(writer), "x.pdf")) == SIDEWAYS


def test_columns_are_read_one_after_the_other(shared_data):
    columns = text(parse((shared_data / "A_pdf/py-pdf__sample-files/multicolumn.pdf").read_bytes(), "x.pdf"))
    words = "Lorem ipsum dolor sit amet, consectetuer adipiscing elit. Ut purus elit, vestibulum ut, placerat ac"
    assert words in " ".join(columns.split())


def test_a_file_of_whose_pages_none_can_be_opened_is_damaged():
    whole = pdf(lambda canvas: canvas.drawString(100, 700, "Kontrakten"))
    lost = re.sub(rb"/Kids \[ \d 0 R \]", b"/Kids [ 9 0 R ]", whole)
    assert reason(whole, "x.pdf") == ""
    assert reason(lost, "x.pdf") == "damaged"


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("D:20240101003000+02'00'", "2023-12-31T22:30:00Z"),
        ("D:20231231213000-0130", "2023-12-31T23:00:00Z"),
        ("D:20240101003000Z00'00'", "2024-01-01T00:30:00Z"),
        ("D:20240101", "2024-01-01T00:00:00Z"),
        ("D:00010101000000+02'00'", None),
        ("D:20241301", None),
    ],
)
def test_the_date_is_in_utc(date, expected):
    writer = plain()
    writer.add_metadata({"/CreationDate": date})
    saved = written(writer)
    assert parse(saved, "x.pdf").date == expected


@pytest.mark.parametrize("title", ["untitled", "(anonymous)", "(unspecified)"])
def test_a_title_that_its_library_made_up_is_none(title):
    writer = plain()
    writer.add_metadata({"/Title": title})
    assert parse(written(writer), "brev.pdf").title == "brev"
