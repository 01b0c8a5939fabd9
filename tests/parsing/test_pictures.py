"""Words on the pictures inside office files."""

from __future__ import annotations

import io
import zipfile

import docx
import odfdo
import openpyxl
import pptx
import pytest
from openpyxl.drawing.image import Image as SheetImage
from PIL import Image

from ray_app import parsing
from ray_app.settings import OcrSettings, ParsingSettings
from tests.parsing.reading import lines, saved, text
from tests.parsing.test_ocr import OFF, billion_pixels, encoded, picture

ON = ParsingSettings()
# No time for any picture: those that would be read are named, and none costs a recognition.
NAMED = ParsingSettings(ocr=OcrSettings(timeout_s=1e-6))
# What a person sees who opens the shared files.
ON_PICTURES = {
    "pptx_multiple_images.pptx": {1: "Before: 50% Efficiency\nAfter: 95% Efficiency"},
    "pptx_image_middle.pptx": {2: "Architecture\nDiagram: System Components"},
    "pptx_image_end.pptx": {2: "Thank You\nContact: info@techcorp.com"},
    "docx_image_middle.docx": {1: "an image below.\n\nFIGURE 1: System Architecture\n\nAnalysis"},
    "docx_multipage.docx": {1: "appears here.\n\nDOCX PAGE 1: Section Title\n\nAFTER IMAGE"},
    "xlsx_image_start.xlsx": {1: "Widget B | 150\nQ1 Sales Chart", 2: "Widget B | 180\nQ2 Forecast: +20% Growth"},
    "logo_in_presentation.odp": {1: "OLD LOGO"},
}


def png(words, size=(800, 120)):
    return encoded(picture(words, size), "PNG")


def deck(*slides):
    """A presentation; each slide is a title and the bytes of its pictures."""
    made = pptx.Presentation()
    for title, *pictures in slides:
        slide = made.slides.add_slide(made.slide_layouts[5])
        slide.shapes.title.text = title
        for data in pictures:
            slide.shapes.add_picture(io.BytesIO(data), 0, 0)
    return saved(made)


def swapped(data, member, content):
    """The same container with other bytes in one member: what no library would write."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name == member else old.read(name))
    return stream.getvalue()


def not_read(data, name="x", settings=NAMED):
    return parsing.parse(data, name, settings).metadata.get("pages_not_read", "").partition(":")[0]


def test_words_on_a_picture_stand_on_its_slide_and_once():
    logo = png("Tidewell Harbour")
    pages = parsing.parse(
        deck(("Fees", png("Berth 12 is free")), ("Plan",), ("Map", logo), ("End", logo)), "x", ON
    ).pages
    assert [page.text for page in pages] == ["Fees\nBerth 12 is free", "Plan", "Map\nTidewell Harbour", "End"]
    assert [page.confidence is not None for page in pages] == [True, False, True, False]
    assert 0.8 < pages[0].confidence <= 1


def test_words_on_pictures_of_word_stand_where_the_picture_does():
    document = docx.Document()
    document.sections[0].header.paragraphs[0].add_run().add_picture(io.BytesIO(png("Tidewell Harbour")))
    document.add_paragraph("Before")
    document.add_picture(io.BytesIO(png("The new pier")))
    document.add_paragraph("After")
    table = document.add_table(1, 2)
    table.cell(0, 0).text = "Cell"
    table.cell(0, 1).paragraphs[0].add_run("with").add_picture(io.BytesIO(png("Berth 12 is free")))
    read = lines(parsing.parse(saved(document), "x", ON))
    assert read == ["Before", "The new pier", "After", "Cell | with Berth 12 is free", "Tidewell Harbour"]


@pytest.mark.parametrize("name", ON_PICTURES)
def test_pictures_of_the_shared_office_files_say_what_a_person_sees(name, shared_data):
    (path,) = (shared_data / "B_office").rglob(name)
    pages = parsing.parse(path.read_bytes(), name, ON).pages
    for number, words in ON_PICTURES[name].items():
        assert words in pages[number - 1].text
    assert {page.number for page in pages if page.confidence} == set(ON_PICTURES[name])


def test_turned_off_no_picture_is_read_and_nothing_is_said():
    assert text(parsing.parse(deck(("Fees", png("Berth 12"))), "x", OFF)) == "Fees"
    assert not_read(deck(("Fees", png("Berth 12"))), settings=OFF) == ""


def test_pictures_beyond_the_limits_are_named_by_their_pages():
    data = deck(("A", png("one"), png("two")), ("B",), ("C", png("three")))
    note = parsing.parse(data, "x", NAMED).metadata["pages_not_read"]
    assert note.startswith("1, 3: pictures beyond the settings parsing.ocr.max_pages (50)")


def test_pictures_count_against_the_pages_that_are_read():
    pages = parsing.parse(
        deck(("A", png("One")), ("B", png("Two"))), "x", ParsingSettings(ocr=OcrSettings(max_pages=1))
    )
    assert [page.text for page in pages.pages] == ["A\nOne", "B"]
    assert pages.metadata["pages_not_read"].startswith("2: pictures")


def test_pictures_of_sheets_belong_to_their_sheets():
    book = openpyxl.Workbook()
    book.active.title = "Rates"
    book.create_sheet("Empty")
    book.create_sheet("Map & plan").add_image(SheetImage(io.BytesIO(png("The pier"))))
    data = saved(book)
    assert not_read(data) == "3"
    pages = parsing.parse(data, "x", ON).pages
    assert [page.text for page in pages] == ["", "", "Map & plan\nThe pier"]


@pytest.mark.parametrize("kind", ["text", "presentation", "spreadsheet"])
def test_pictures_of_opendocument_are_found(kind, tmp_path):
    (tmp_path / "pier.png").write_bytes(png("The pier"))
    document = odfdo.Document(kind)
    frame = odfdo.Frame.image_frame(document.add_file(tmp_path / "pier.png"), size=("8cm", "2cm"))
    if kind == "spreadsheet":
        document.body.clear()
        document.body.append(table := odfdo.Table("Plan", width=1, height=1))
        cell = odfdo.Cell("a")
        cell.append(frame)
        table.set_cell("A1", cell)
    elif kind == "presentation":
        document.body.clear()
        document.body.append(page := odfdo.DrawPage("one"))
        page.append(frame)
    else:
        paragraph = odfdo.Paragraph("")
        paragraph.append(frame)
        document.body.append(paragraph)
    assert not_read(saved(document)) == "1"


@pytest.mark.parametrize(
    "content",
    [
        png("x")[:60],
        b"",
        b"\xd7\xcd\xc6\x9a" + bytes(200),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        billion_pixels(),
    ],
    ids=["cut off", "empty", "metafile", "svg", "bomb"],
)
def test_pictures_that_cannot_be_drawn_do_not_fail_their_document(content):
    document = docx.Document()
    document.add_paragraph("Words")
    document.add_picture(io.BytesIO(png("x")))
    book = openpyxl.Workbook()
    book.active.append(["Words"])
    book.active.add_image(SheetImage(io.BytesIO(png("x"))))
    for data, member in (
        (saved(document), "word/media/image1.png"),
        (saved(book), "xl/media/image1.png"),
        (deck(("Words", png("x"))), "ppt/media/image1.png"),
    ):
        parsed = parsing.parse(swapped(data, member, content), "x", ON)
        assert lines(parsed)[-1] == "Words"
        assert "pages_not_read" not in parsed.metadata


def test_a_picture_whose_pixels_are_cut_off_leaves_the_rest():
    whole = encoded(picture("A scan of many words", (1600, 1200)), "JPEG")
    data = swapped(deck(("Words", png("x"))), "ppt/media/image1.png", whole[: len(whole) // 2])
    assert lines(parsing.parse(data, "x", ON)) == ["Words"]


def test_icons_and_small_logos_are_not_looked_at():
    assert not_read(deck(("A", encoded(Image.new("RGB", (190, 190)), "PNG")), ("B", png("x", (300, 30))))) == ""
    assert not_read(deck(("A", png("x", (200, 40))))) == "1"
