"""Pictures inside office files: the words on them, by OCR."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING

from ray_app.parsing.image import prepared
from ray_app.parsing.ocr import MOST_PIXELS, Reader
from ray_app.parsing.ocr_engines import Reading
from ray_app.parsing.zipped import BROKEN
from ray_app.records import Page
from ray_app.settings import OcrSettings

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from PIL.ImageFile import ImageFile

# A line of a screenshot is 200 x 40 pixels or more; icons, bullets and small logos are less.
_LEAST_LONG, _LEAST_SHORT = 200, 40
# A scan is text; a picture may be anything. Of a diagram with turned labels most lines below this were no words;
# captions have 0.88 and more (docs/benchmarks.md).
_LEAST_SURE = 0.6
# What the largest image that is read takes without compression.
_MOST_BYTES = 4 * MOST_PIXELS
# Pixels only: metafiles (EMF, WMF, EPS, SVG) would need a program that draws them.
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")

# Opens a picture's bytes; may raise what a broken container does.
Open = Callable[[], AbstractContextManager[IO[bytes]]]


@dataclass(slots=True)
class Pictures:
    """Reads the pictures of one document, one at a time, each content once, up to the settings' number of pages.

    A picture that is small, damaged, drawn by lines, or a bomb has no words: it never fails its document.
    """

    settings: OcrSettings
    _reader: Reader = field(init=False)
    _seen: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._reader = Reader(self.settings)

    @property
    def are_read(self) -> bool:
        return self.settings.engine != "off"

    def read(self, number: int, open_picture: Open) -> Reading | None:
        """What stands on a picture of this page, None where nothing does, or where it was read before."""
        data = _content(open_picture) if self.are_read else None
        if data is None or (digest := hashlib.sha256(data).digest()) in self._seen:
            return None
        self._seen.add(digest)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata, and of images at half its limit
            image = _opened(data)
            if image is None:
                return None
            with image:
                found = self._reader.recognise(number, lambda: _drawn(image))
        kept = found.surer_than(_LEAST_SURE) if found else None
        return kept if kept and kept.lines else None

    def add(self, page: Page, pictures: Iterable[Open]) -> Page:
        """The page with the words of its pictures at its end."""
        found = [reading for picture in pictures if (reading := self.read(page.number, picture))]
        text = "\n".join(part for part in (page.text, *(reading.text for reading in found)) if part.strip())
        return recognised(replace(page, text=text), found) if found else page

    def notes(self) -> dict[str, str]:
        """On which pages pictures were left out, and why: an entry for the document's metadata."""
        return self._reader.notes("pictures ")


def recognised(page: Page, readings: Iterable[Reading]) -> Page:
    """The page, as sure as what was read off its pictures: the mean over their characters."""
    lines = tuple(line for reading in readings for line in reading.lines)
    return replace(page, confidence=Reading(lines).confidence)


def _content(open_picture: Open) -> bytes | None:
    try:
        with open_picture() as stream:
            data = stream.read(_MOST_BYTES + 1)
    except (*BROKEN, RuntimeError):  # RuntimeError: an encrypted part
        return None
    return data if len(data) <= _MOST_BYTES else None


def _opened(data: bytes) -> ImageFile | None:
    """The picture, not yet decoded; None where it is none, or too small for words."""
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except Exception:  # Pillow's plug-ins raise whatever a broken header leads them to
        return None
    return image if max(image.size) >= _LEAST_LONG and min(image.size) >= _LEAST_SHORT else None


def _drawn(image: ImageFile) -> PillowImage | None:
    try:
        return prepared(image)
    except Exception:  # as above; also the memory that one picture would take beyond the limit
        return None
