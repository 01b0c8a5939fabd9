"""Images by Pillow: no text, but size, description and date."""

from __future__ import annotations

import io
from datetime import datetime

from ray_app.errors import ParsingError
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

# Exif tags (CIPA DC-008): ImageDescription, DateTime.
_DESCRIPTION, _WHEN = 270, 306


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """An empty page for each frame. Raises ParsingError(damaged) where it cannot be opened."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as image:
            exif = image.getexif()
            frames = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
            size = f"{image.width} x {image.height} pixels"
            media_type = Image.MIME.get(image.format or "", "image/unknown")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ParsingError("damaged", f"cannot be opened as an image: {error}") from error
    title = exif.get(_DESCRIPTION)
    return Parsed(
        media_type,
        tuple(Page(number, "") for number in range(1, frames + 1)),
        title=title.strip("\0 ") if isinstance(title, str) else "",
        date=_date(exif.get(_WHEN)),
        metadata={"size": size},
    )


def _date(value: object) -> str | None:
    try:
        return datetime.strptime(str(value), "%Y:%m:%d %H:%M:%S").isoformat()  # in no zone: Exif has none
    except ValueError:
        return None
