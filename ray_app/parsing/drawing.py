"""Images of pages: a PDF's page with words boxed, or an image as it is, as PNG or WebP.

Hostile files crash what draws them: call `draw` through a sandbox whose worker is `draw_worker`.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Literal

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from pydantic import BaseModel

from ray_app.errors import ParsingError
from ray_app.parsing.detect import media_type_of
from ray_app.parsing.pdf import open_pdf
from ray_app.records import Child, Parsed
from ray_app.settings import ParsingSettings

if TYPE_CHECKING:
    from PIL.Image import Image

# 16 megapixels: a page of odd proportions is drawn smaller than asked.
_MOST_PIXELS = 1 << 24
# The format has 14 bits for a side; what is longer stays PNG.
_LONGEST_WEBP = 16383
# A third of PNG's bytes for twice its time; higher methods take twice the time again for a hundredth.
_WEBP_METHOD = 1
# Boxes on one page: a page of nothing but the word looked for has no more.
_MOST_BOXES = 2000
_WORD = re.compile(r"\w+")
# Amber, drawn at two thirds over the page, with a darker edge: the words below stay readable.
_FILL, _EDGE = (255, 196, 0, 96), (204, 102, 0, 255)


class Hidden(BaseModel):
    """A stretch of the page's text that is not to be seen. `text` is what stands there: a check of the place."""

    start: int
    end: int
    text: str


class Drawing(BaseModel):
    """Which page, how wide in pixels, and which words are boxed: those that read like one of `words`
    (in lower case), within characters `start` to `end` of the page's text where these are given.

    With `hidden`, these stretches are blackened, and nothing is boxed. Both formats are without loss.
    """

    page: int
    width: int
    words: frozenset[str] = frozenset()
    start: int | None = None
    end: int | None = None
    hidden: tuple[Hidden, ...] | None = None
    format: Literal["png", "webp"] = "png"


def draw(data: bytes, request: str, settings: ParsingSettings) -> Parsed:
    """The page as an image, in the only child of what is returned. `request` is a `Drawing` as JSON.

    Raises ParsingError: `no_such_page`, `no_pages` where the format has none that can be drawn, `cannot_hide` where
    what is to be hidden is not found in its place, or as `parse` does.
    """
    wanted = Drawing.model_validate_json(request)
    media_type = media_type_of(data, "")
    if media_type == "application/pdf":
        picture = _draw_pdf(data, wanted, settings)
    elif media_type.startswith("image/") and wanted.hidden is None:
        picture = _draw_image(data, wanted)
    elif media_type.startswith("image/"):
        raise ParsingError("cannot_hide", "nothing can be hidden in an image: where its words are is not known")
    else:
        raise ParsingError("no_pages", f"{media_type} has no pages that could be drawn: PDF and images have")
    return Parsed(f"image/{wanted.format}", (), children=(Child(f"page.{wanted.format}", _encoded(picture, wanted)),))


def _encoded(picture: Image, wanted: Drawing) -> bytes:
    image = io.BytesIO()
    if wanted.format == "webp" and max(picture.size) <= _LONGEST_WEBP:
        picture.save(image, "WEBP", lossless=True, method=_WEBP_METHOD)
    else:
        picture.save(image, "PNG")
    return image.getvalue()


def _draw_pdf(data: bytes, wanted: Drawing, settings: ParsingSettings) -> Image:
    with open_pdf(data, settings) as document:
        if not 1 <= wanted.page <= len(document):
            raise _no_such_page(wanted.page, len(document))
        if document.get_formtype() != pdfium_c.FORMTYPE_NONE:
            document.init_forms()
        try:
            page = document[wanted.page - 1]
            width, height = page.get_size()
            scale = min(wanted.width / max(width, 1.0), (_MOST_PIXELS / max(1.0, width * height)) ** 0.5)
            bitmap = page.render(scale=scale)
            position = bitmap.get_posconv(page)
            if wanted.hidden is not None:
                return _blackened(bitmap, page, wanted.hidden)
            boxes = [
                (*position.to_bitmap(left, top), *position.to_bitmap(right, bottom))
                for left, bottom, right, top in _rectangles(page, wanted)
            ]
            return _with_boxes(bitmap.to_pil(), boxes)
        except (pdfium.PdfiumError, ValueError) as error:
            raise ParsingError("damaged", f"page {wanted.page} cannot be drawn: {error}") from error


def _blackened(bitmap: pdfium.PdfBitmap, page: pdfium.PdfPage, hidden: Sequence[Hidden]) -> Image:
    from PIL import ImageDraw

    position = bitmap.get_posconv(page)
    text = page.get_textpage()
    raw = text.get_text_range()
    units, kept = _units(raw), list(_kept(raw))
    picture: Image = bitmap.to_pil().convert("RGB")
    pen = ImageDraw.Draw(picture)
    for one in hidden:
        there = "".join(raw[index] for index in kept[one.start : one.end])
        if there.split() != one.text.split():
            raise ParsingError("cannot_hide", "the page's text is not where it was when the document was indexed")
        boxes = list(_boxes(text, units, kept[one.start], kept[one.end - 1] + 1))
        if not boxes:
            raise ParsingError("cannot_hide", "a part of the page's text has no place on it that could be blackened")
        for left, bottom, right, top in boxes:
            (x0, y0), (x1, y1) = position.to_bitmap(left, top), position.to_bitmap(right, bottom)
            pen.rectangle((min(x0, x1) - 2, min(y0, y1) - 2, max(x0, x1) + 2, max(y0, y1) + 2), fill="black")
    return picture


def _rectangles(page: pdfium.PdfPage, wanted: Drawing) -> Iterator[tuple[float, float, float, float]]:
    """Left, bottom, right, top of each stretch of a line that is boxed, in the page's own units."""
    if not wanted.words and wanted.start is None:
        return
    text = page.get_textpage()
    raw = text.get_text_range()
    units = _units(raw)
    left = _MOST_BOXES
    for start, end in _spans(raw, wanted):
        for box in islice(_boxes(text, units, start, end), left):
            yield box
            left -= 1


def _boxes(
    text: pdfium.PdfTextPage, units: Sequence[int], start: int, end: int
) -> Iterator[tuple[float, float, float, float]]:
    """Left, bottom, right, top of each line's part of a stretch of the text as PDFium gives it."""
    first = pdfium_c.FPDFText_GetCharIndexFromTextIndex(text, units[start])
    last = pdfium_c.FPDFText_GetCharIndexFromTextIndex(text, units[end - 1])
    if 0 <= first <= last:
        for index in range(text.count_rects(first, last - first + 1)):
            yield text.get_rect(index)


def _spans(raw: str, wanted: Drawing) -> Iterator[tuple[int, int]]:
    """Where the words lie in the text as PDFium gives it: hyphenated ones and line ends are longer there."""
    kept = list(_kept(raw))
    text = "".join(raw[index] for index in kept).replace("\r", "\n")
    first, last = wanted.start or 0, len(text) if wanted.end is None else wanted.end
    for match in _WORD.finditer(text):
        inside = first <= match.start() and match.end() <= last
        if inside and (not wanted.words or match.group().lower() in wanted.words):
            yield kept[match.start()], kept[match.end() - 1] + 1


# What `parse` takes out of a page's text: hyphens at line ends with the line's end, half of CR LF, control characters
# and those that are not seen.
_LEFT_OUT = re.compile(
    "[\ufffe\u0002](\r?\n)?|\r(?=\n)|[\x00-\x08\x0b\x0e-\x1f\x7f\xad\u200b\u2060\ud800-\udfff\ufeff\uffff]"
)


def _kept(raw: str) -> Iterable[int]:
    """The positions of the characters that the page's text in the index is made of."""
    start = 0
    for match in _LEFT_OUT.finditer(raw):
        yield from range(start, match.start())
        start = match.end()
    yield from range(start, len(raw))


def _units(raw: str) -> list[int]:
    """Each character's position in UTF-16, in which PDFium counts."""
    positions, at = [], 0
    for character in raw:
        positions.append(at)
        at += 2 if ord(character) > 0xFFFF else 1
    return positions


def _with_boxes(picture: Image, boxes: list[tuple[int, int, int, int]]) -> Image:
    from PIL import Image, ImageDraw

    if not boxes:
        return picture
    layer = Image.new("RGBA", picture.size)
    pen = ImageDraw.Draw(layer)
    for x0, y0, x1, y1 in boxes:
        around = (min(x0, x1) - 1, min(y0, y1) - 1, max(x0, x1) + 1, max(y0, y1) + 1)
        pen.rectangle(around, fill=_FILL, outline=_EDGE)
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def _draw_image(data: bytes, wanted: Drawing) -> Image:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data)) as image:
            warnings.simplefilter("ignore")
            frames = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
            if not 1 <= wanted.page <= frames:
                raise _no_such_page(wanted.page, frames)
            image.seek(wanted.page - 1)
            picture = ImageOps.exif_transpose(image).convert("RGBA")
    except Image.DecompressionBombError as error:
        raise ParsingError("too_many_pixels", f"the image is too large to be real: {error}") from error
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ParsingError("damaged", f"cannot be opened as an image: {error}") from error
    picture.thumbnail((wanted.width, _MOST_PIXELS // wanted.width))
    return picture


def _no_such_page(page: int, there: int) -> ParsingError:
    return ParsingError("no_such_page", f"there is no page {page}: the document has {there}")
