"""Images and scanned pages are read, page by page, within limits."""

from __future__ import annotations

import io
import re
import struct
import time
import zlib
from pathlib import Path

import pypdfium2 as pdfium
import pytest
import reportlab
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ray_app.errors import ParsingError
from ray_app.parsing import parse
from ray_app.parsing.ocr_engines import open_engine
from ray_app.parsing.pdf_scan import draw
from ray_app.parsing.sandbox import Sandbox
from ray_app.settings import OcrSettings, ParsingSettings
from tests.conftest import EXAMPLES

FONT = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
DANISH = "Årsmødet blev afholdt på Ærø\nog økonomien er i orden"
OFF = ParsingSettings(ocr=OcrSettings(engine="off"))


def picture(text, size=(1000, 400)):
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).multiline_text((40, 40), text, "black", ImageFont.truetype(FONT, 40), spacing=20)
    return image


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def billion_pixels():
    """A PNG that is small until it is decoded."""

    def part(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = part(b"IHDR", struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + part(b"IDAT", zlib.compress(b"")) + part(b"IEND", b"")


def pdf_of(*pages):
    """A PDF whose pages are texts, images, (stamp, image), or None for a blank one."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(500, 200), invariant=1)
    for page in pages:
        stamp, image = page if isinstance(page, tuple) else (page, page)
        if isinstance(image, Image.Image):
            canvas.drawImage(ImageReader(image), 0, 0, 500, 200)
        if isinstance(stamp, str):
            canvas.drawString(20, 20, stamp)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def words(text):
    return set(re.findall(r"\w+", text.casefold()))


@pytest.fixture(scope="module", params=["tesseract", "rapidocr"])
def sandbox(request):
    settings = OcrSettings(engine=request.param)
    if request.param == "tesseract":
        try:
            open_engine(settings)
        except ParsingError as error:
            pytest.skip(str(error))
    with Sandbox(ParsingSettings(ocr=settings)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def default():
    with Sandbox(ParsingSettings()) as sandbox:
        yield sandbox


def test_a_danish_image_is_read_with_its_letters(sandbox):
    page = sandbox.parse(encoded(picture(DANISH), "PNG"), "x.png").pages[0]
    assert {"årsmødet", "økonomien"} <= words(page.text)
    assert len(words(DANISH) & words(page.text)) >= len(words(DANISH)) - 1
    assert 0.8 < page.confidence <= 1


def test_a_scanned_letter_is_read_word_for_word(sandbox):
    path = EXAMPLES / "documents/letter/tidewell-court-roof.pdf"
    truth = (EXAMPLES / "build/content/letter/tidewell-court-roof.md").read_text().split("---", 2)[2]
    page = sandbox.parse(path.read_bytes(), path.name).pages[0]
    wanted = {word for word in words(truth) if word.isalpha() and len(word) > 2}
    assert len(wanted & words(page.text)) > 0.95 * len(wanted)


def test_a_danish_page_of_text_is_read_nearly_as_it_was_written(default):
    with pdfium.PdfDocument(EXAMPLES / "documents/minutes/su-referat-2024-09.pdf") as document:
        truth = words(document[0].get_textpage().get_text_range())
        image = draw(document, 0)
    page = default.parse(encoded(image, "PNG"), "x.png").pages[0]
    assert len(truth & words(page.text)) > 0.9 * len(truth)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP"])
def test_each_kind_of_image_is_read(default, kind):
    page = default.parse(encoded(picture("Readable in every format"), kind), "x").pages[0]
    assert "Readable in every format" in page.text


def test_each_page_of_a_tiff_is_a_page(default):
    first, *others = (picture(f"Page {number} of the fax") for number in ("one", "two", "three"))
    data = encoded(first, "TIFF", save_all=True, append_images=others)
    pages = default.parse(data, "fax.tiff").pages
    assert [page.number for page in pages] == [1, 2, 3]
    assert ["two" in page.text for page in pages] == [False, True, False]


def test_text_on_a_transparent_ground_is_read(default):
    image = picture("Dark on nothing").convert("RGBA")
    image.putalpha(Image.eval(image.convert("L"), lambda grey: 255 - grey))
    assert "Dark on nothing" in default.parse(encoded(image, "PNG"), "x.png").pages[0].text


def test_a_photo_is_turned_as_its_camera_says(default):
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn it by 90 degrees
    image = picture("Taken with a turned camera").transpose(Image.Transpose.ROTATE_90)
    assert "turned camera" in default.parse(encoded(image, "JPEG", exif=exif), "x.jpg").pages[0].text


def test_only_the_scanned_pages_of_a_pdf_are_read_by_ocr(default):
    data = pdf_of("This page is text", picture("This page is a scan"), None, "Text again")
    pages = default.parse(data, "x.pdf").pages
    assert [page.text.strip() for page in pages] == ["This page is text", "This page is a scan", "", "Text again"]
    assert [page.confidence is not None for page in pages] == [False, True, False, False]


def test_a_stamp_on_a_scan_does_not_hide_it(default):
    page = default.parse(pdf_of(("Received 2025-01-02", picture("The scanned letter"))), "x.pdf").pages[0]
    assert "Received 2025-01-02" in page.text
    assert "The scanned letter" in page.text


def test_a_blank_page_costs_no_recognition():
    blank = encoded(Image.new("RGB", (1654, 2339), "#f4f4f0"), "PNG")
    started = time.process_time()
    parsed = parse(blank, "x.png", ParsingSettings(ocr=OcrSettings(engine="rapidocr")))
    assert time.process_time() - started < 0.4  # loading the engine alone takes longer
    assert not parsed.has_text


def test_pages_beyond_the_limit_are_named():
    limits = ParsingSettings(ocr=OcrSettings(max_pages=2))
    scans = [picture(f"Scan {number}") for number in range(5)]
    with Sandbox(limits) as sandbox:
        parsed = sandbox.parse(pdf_of(*scans[:3], "Text", *scans[3:]), "x.pdf")
    assert [bool(page.text.strip()) for page in parsed.pages] == [True, True, False, True, False, False]
    assert parsed.metadata["pages_not_read"].startswith("3, 5-6: beyond the settings parsing.ocr.max_pages (2)")


def test_pages_beyond_the_time_are_named():
    with Sandbox(ParsingSettings(ocr=OcrSettings(timeout_s=1e-6))) as sandbox:
        parsed = sandbox.parse(pdf_of(picture("Scan")), "x.pdf")
    assert parsed.metadata["pages_not_read"].startswith("1: ")


def test_turned_off_nothing_is_read_and_nothing_is_said():
    parsed = parse(pdf_of(picture("Scan")), "x.pdf", OFF)
    assert not parsed.has_text
    assert "pages_not_read" not in parsed.metadata


def test_an_image_has_its_size_and_the_words_and_time_of_its_camera():
    exif = Image.Exif()
    exif[270], exif[306] = "The new pier", "2024:05:06 07:08:09"
    parsed = parse(encoded(picture("x"), "JPEG", exif=exif), "x.jpg", OFF)
    assert parsed.metadata["size"] == "1000 x 400 pixels"
    assert (parsed.title, parsed.date) == ("The new pier", "2024-05-06T07:08:09")


def test_a_broken_image_is_damaged():
    with pytest.raises(ParsingError) as caught:
        parse(encoded(picture("x"), "PNG")[:200], "x.png", ParsingSettings())
    assert caught.value.reason == "damaged"


def test_an_image_of_a_billion_pixels_is_a_bomb():
    with pytest.raises(ParsingError) as caught:
        parse(billion_pixels(), "x.png", ParsingSettings())
    assert caught.value.reason == "too_many_pixels"


@pytest.mark.slow
def test_a_large_scan_is_read_within_the_default_memory(sandbox):
    page = sandbox.parse(encoded(picture("A poster", (6000, 4000)).convert("L"), "PNG"), "x.png").pages[0]
    assert page.number == 1  # letters that became tiny may be unreadable: what counts is that there is an outcome


def test_tesseract_named_but_missing_says_what_to_install():
    with Sandbox(ParsingSettings(ocr=OcrSettings(engine="tesseract", languages=("xyz",)))) as sandbox:
        with pytest.raises(ParsingError, match="tesseract-ocr-xyz") as caught:
            sandbox.parse(encoded(picture("text"), "PNG"), "x.png")
        assert caught.value.reason == "ocr_missing"
