"""Text of images and of scanned pages, within the limits of the settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from ray_app.parsing.ocr_engines import Engine, Reading, open_engine
from ray_app.records import Page
from ray_app.settings import OcrSettings

if TYPE_CHECKING:
    from PIL.Image import Image

# 16 megapixels: A3 at 300 dots an inch. A larger image is made smaller: it costs memory and reads no better.
MOST_PIXELS = 1 << 24
# A page is blank where its grey values at this size differ by less than paper and faint pencil do.
_BLANK_SIZE = 256
_BLANK_CONTRAST = 24

# What the settings' engine needs to know of a page; None where the page cannot be drawn.
Draw = Callable[[], "Image | None"]


@dataclass(slots=True)
class Reader:
    """Reads the pages of one document until their number or time is used up; `unread` are the others' numbers."""

    settings: OcrSettings
    unread: list[int] = field(default_factory=list)
    _read: int = 0
    _started: float = field(default_factory=time.monotonic)

    def read(self, page: Page, draw: Draw) -> Page:
        """The page with the text of its image added, if there is any."""
        found = self.recognise(page.number, draw)
        if found is None:
            return page
        text = f"{page.text}\n{found.text}" if page.text.strip() else found.text
        return replace(page, text=text, confidence=found.confidence)

    def recognise(self, number: int, draw: Draw) -> Reading | None:
        """What stands on an image of this page, None where nothing does, and where it is left out."""
        if self.settings.engine == "off":
            return None
        if self._read >= self.settings.max_pages or time.monotonic() - self._started > self.settings.timeout_s:
            if number not in self.unread:
                self.unread.append(number)
            return None
        image = draw()
        if image is None or is_blank(image):
            return None
        self._read += 1
        found = _engine(self.settings).read(image)
        return found if found.text.strip() else None

    def notes(self, of: str = "") -> dict[str, str]:
        """What a person should know of pages that were left out: an entry for the document's metadata.

        `of` says what of the pages was, where it is not all of them.
        """
        if not self.unread:
            return {}
        limits = self.settings
        why = f"settings parsing.ocr.max_pages ({limits.max_pages}) and parsing.ocr.timeout_s ({limits.timeout_s:g})"
        return {"pages_not_read": f"{_spans(self.unread)}: {of}beyond the {why}"}


def is_blank(image: Image) -> bool:
    """Whether there is nothing on it, told in a millisecond or two."""
    small = image.convert("L")
    small.thumbnail((_BLANK_SIZE, _BLANK_SIZE), reducing_gap=2.0)
    darkest, brightest = small.getextrema()
    return bool(brightest - darkest < _BLANK_CONTRAST)  # type: ignore[operator]


@lru_cache(maxsize=1)
def _engine(settings: OcrSettings) -> Engine:
    return open_engine(settings)


def _spans(numbers: Iterable[int]) -> str:
    """3, 7-9 for 3, 7, 8, 9."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)
