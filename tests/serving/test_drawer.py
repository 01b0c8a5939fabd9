"""Pages for several readers at once, some of whom go away before theirs is drawn."""

from __future__ import annotations

import asyncio
import io
from contextlib import suppress

import pytest
from PIL import Image

from ray_app.parsing.drawing import Drawing
from ray_app.serving.drawer import Drawer

pytestmark = pytest.mark.anyio

SMALL = Drawing(page=1, width=50)


@pytest.fixture
async def drawer(settings):
    drawer = Drawer(settings)
    yield drawer
    await drawer.close()


def picture(colour, width=50):
    buffer = io.BytesIO()
    Image.new("RGB", (width, width), colour).save(buffer, "PNG")
    return buffer.getvalue()


async def leave(drawing):
    """What becomes of a request whose client goes away."""
    drawing.cancel()
    with suppress(asyncio.CancelledError):
        await drawing


async def colour_of(drawer, data):
    return Image.open(io.BytesIO(await drawer.draw(data, SMALL))).convert("RGB").getpixel((3, 3))


@pytest.mark.parametrize("wait_s", [0, 0.1, 0.2])
async def test_nobody_gets_the_page_of_somebody_who_went_away(drawer, wait_s):
    await drawer.draw(picture("white"), SMALL)  # its process is there
    gone = asyncio.create_task(drawer.draw(picture("red", 4000), Drawing(page=1, width=2000)))
    await asyncio.sleep(wait_s)
    await leave(gone)
    assert await colour_of(drawer, picture("blue")) == (0, 0, 255)


async def test_who_goes_away_while_waiting_holds_nobody_up(drawer):
    first = asyncio.create_task(drawer.draw(picture("red", 4000), Drawing(page=1, width=2000)))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(drawer.draw(picture("lime"), SMALL)) for _ in range(3)]
    await asyncio.sleep(0)
    await leave(waiting[0])
    assert await colour_of(drawer, picture("blue")) == (0, 0, 255)
    assert all(await asyncio.gather(first, *waiting[1:]))


async def test_closing_waits_for_the_page_that_is_being_drawn(drawer):
    gone = asyncio.create_task(drawer.draw(picture("red", 4000), Drawing(page=1, width=2000)))
    await asyncio.sleep(0.1)
    await leave(gone)
    await drawer.close()
    assert await colour_of(drawer, picture("blue")) == (0, 0, 255)
