"""Small PDFs with words at known places."""

from __future__ import annotations

import io

import numpy as np
from reportlab.pdfgen.canvas import Canvas


def pdf(*pages, size=(612, 792)):
    """Each page is a list of (x, y, text), in points from the lower left corner, 24 points high."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size, invariant=True)
    for page in pages:
        canvas.setFont("Helvetica", 24)
        for x, y, text in page:
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def amber(picture):
    """How many pixels are boxed."""
    red, green, blue = np.asarray(picture.convert("RGB")).transpose(2, 0, 1)
    return int(np.sum((red > 200) & (green > 150) & (green < 250) & (blue < 190)))


def word_box(picture, x, y, width, page=(612, 792)):
    """The part of the picture where a word of this width begins at a point of the page."""
    scale = picture.width / page[0]
    return picture.crop(
        (int(x * scale), int((page[1] - y - 20) * scale), int((x + width) * scale), int((page[1] - y) * scale))
    )
