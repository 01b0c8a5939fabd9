"""Builds the HNSW graph of a shard's copy in a process of its own.

Edge's optimizer holds the interpreter's lock from start to end: in the process that answers searches,
every search would wait for it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import qdrant_edge as edge

from ray_app.errors import StoreError

# Searches come first where processors are few.
_NICENESS = 10


def copy_shard(source: Path, target: Path) -> None:
    """Copies a shard that was just flushed; its write-ahead log has nothing to add and may be in motion."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("wal"))


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
