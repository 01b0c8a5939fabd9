"""Images by Pillow: the text on them by OCR; size, description and date from their metadata."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from ray_app.errors import ParsingError
from ray_app.parsing.ocr import MOST_PIXELS, Reader
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from PIL.ImageFile import ImageFile

# Exif tags (CIPA DC-008): ImageDescription, DateTime.
_DESCRIPTION, _WHEN = 270, 306


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """A page for the image, or for each page of a TIFF; empty where no text is found.

    Raises ParsingError: `damaged` where it cannot be opened, `too_many_pixels` where it is a bomb.
    """
    from PIL import Image, UnidentifiedImageError

    reader = Reader(settings.ocr)
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data)) as image:
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata, and of images at half its limit
            exif = image.getexif()
            size = f"{image.width} x {image.height} pixels"
            media_type = Image.MIME.get(image.format or "", "image/unknown")
            pages = tuple(_pages(image, reader))
    except Image.DecompressionBombError as error:
        raise ParsingError("too_many_pixels", f"the image is too large to be real: {error}") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise ParsingError("damaged", f"cannot be opened as an image: {error}") from error
    title = exif.get(_DESCRIPTION)
    return Parsed(
        media_type,
        pages,
        title=title.strip("\0 ") if isinstance(title, str) else "",
        date=_date(exif.get(_WHEN)),
        metadata={"size": size, **reader.notes()},
    )


def _pages(image: ImageFile, reader: Reader) -> Iterator[Page]:
    frames = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1  # else it is an animation
    for number in range(frames):
        image.seek(number)
        yield reader.read(Page(number + 1, ""), lambda: prepared(image))


def prepared(image: ImageFile) -> PillowImage:
    """Upright, grey, on white, and no larger than reads well."""
    from PIL import Image, ImageOps

    side = int(MOST_PIXELS**0.5)
    image.draft("L", (side, side))  # a large JPEG is decoded smaller
    upright = ImageOps.exif_transpose(image)
    if "A" in upright.getbands() or "transparency" in upright.info:
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright.convert("RGBA"))
    grey = upright.convert("L")
    shrink = (MOST_PIXELS / (grey.width * grey.height)) ** 0.5
    return grey.resize((max(1, int(grey.width * shrink)), max(1, int(grey.height * shrink)))) if shrink < 1 else grey


def _date(value: object) -> str | None:
    try:
        return datetime.strptime(str(value), "%Y:%m:%d %H:%M:%S").isoformat()  # in no zone: Exif has none
    except ValueError:
        return None
