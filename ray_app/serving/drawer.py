"""Draws pages in a process of its own: a hostile file ends that process, and one request."""

from __future__ import annotations

import asyncio

from ray_app.parsing.drawing import Drawing
from ray_app.parsing.sandbox import Sandbox
from ray_app.settings import Settings

_WORKER = "ray_app.parsing.draw_worker"


class Drawer:
    """One page at a time for a replica; its process starts with the first."""

    def __init__(self, settings: Settings) -> None:
        limit = settings.pages.timeout_s
        self._sandbox = Sandbox(
            settings.parsing.model_copy(update={"timeout_s": limit, "cpu_s": limit}), worker=_WORKER
        )
        self._free = asyncio.Lock()

    async def draw(self, data: bytes, drawing: Drawing) -> bytes:
        """The page as an image. Raises ParsingError."""
        await self._free.acquire()
        # A client that went away cancels the request, but not the thread: the next page would be asked for while this
        # one is still being drawn, and get it for an answer. So the work goes on, and lets go when it has ended.
        work = asyncio.ensure_future(asyncio.to_thread(self._sandbox.parse, data, drawing.model_dump_json()))
        work.add_done_callback(lambda _: self._free.release())
        drawn = await asyncio.shield(work)
        return drawn.children[0].data

    async def close(self) -> None:
        async with self._free:
            self._sandbox.close()
