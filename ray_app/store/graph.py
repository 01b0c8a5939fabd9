"""Builds the HNSW graph of a shard's copy in a process of its own.

Edge's optimizer holds the interpreter's lock from start to end: in the process that answers searches,
every search would wait for it.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import sys
import time
from pathlib import Path

import qdrant_edge as edge

from ray_app.errors import StoreError

# Searches come first where processors are few.
_NICENESS = 10
# The log settles within milliseconds of a flush.
_COPY_ATTEMPTS = 20
_SETTLE_S = 0.05
_PIECE_BYTES = 1 << 20


def copy_shard(source: Path, target: Path) -> None:
    """Copies a shard that was just flushed and that nobody writes to. Raises StoreError.

    The write-ahead log belongs to it: a shard without one counts its operations from 0 again, and leaves
    undone those that are older than the points they concern. The log's own thread may still be tidying up
    after the flush, so that a copy counts only if the log looked the same before and after.
    """
    for _ in range(_COPY_ATTEMPTS):
        before = _look(source / "wal")
        shutil.rmtree(target, ignore_errors=True)
        try:
            shutil.copytree(source, target, copy_function=copy_with_holes)
        except shutil.Error:  # a file was renamed meanwhile
            time.sleep(_SETTLE_S)
            continue
        time.sleep(_SETTLE_S)
        if _look(source / "wal") == before:
            return
    raise StoreError(f"{source} does not come to rest: its graph cannot be built now")


def copy_with_holes(source: str, target: str) -> None:
    """Copies a file's data and leaves its holes: Edge's files are of 32 MB each, and nearly all holes at first."""
    with Path(source).open("rb") as reader, Path(target).open("wb") as writer:
        size = os.fstat(reader.fileno()).st_size
        end = 0
        while (start := _next_data(reader.fileno(), end)) is not None:
            end = os.lseek(reader.fileno(), start, os.SEEK_HOLE)
            reader.seek(start)
            writer.seek(start)
            while (left := end - reader.tell()) > 0 and (piece := reader.read(min(left, _PIECE_BYTES))):
                writer.write(piece)
        writer.truncate(size)


def _next_data(file: int, offset: int) -> int | None:
    try:
        return os.lseek(file, offset, os.SEEK_DATA)
    except OSError as error:
        if error.errno != errno.ENXIO:  # there is none
            raise
        return None


def _look(log: Path) -> list[tuple[str, int, int]]:
    with os.scandir(log) as entries:
        return sorted((entry.name, entry.stat().st_size, entry.stat().st_mtime_ns) for entry in entries)


async def build_in_child(folder: Path) -> None:
    """Builds the graph of the shard in `folder`, which nobody else has open. Raises StoreError."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        str(folder),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, complaint = await child.communicate()
    except BaseException:
        child.kill()
        await child.wait()
        raise
    if child.returncode:
        raise StoreError(f"building the graph failed: {complaint.decode(errors='replace').strip()[-500:]}")


def main() -> None:
    """The child's part."""
    os.nice(_NICENESS)
    shard = edge.EdgeShard.load(sys.argv[1])
    shard.optimize()
    shard.flush()
    shard.close()


if __name__ == "__main__":
    main()
