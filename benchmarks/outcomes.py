"""What becomes of every file of a mixed collection: one ingest with the default settings, told by group.

    python -m benchmarks.outcomes [--folder FOLDER] [--texts FOLDER] [--embed now|later]

Without `--folder` the collection is ../shared/data. Its top folders are the groups. Every file must come out with an
outcome: the exit status is 1 where one does not. `--texts` writes what the index holds of each file, or why it holds
nothing, into a folder like the collection's, for a person to judge.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rich.console import Console

from ray_app.cluster.session import ray_session
from ray_app.ingest.display import Display
from ray_app.ingest.run import Work, ingest
from ray_app.records import Outcome, When
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.collections import CHUNKS, CONTENTS
from ray_app.store.lookup import documents_below
from ray_app.store.points import chunk_ids

if TYPE_CHECKING:
    from ray_app.store.protocol import Payload, Store

SHARED = Path(__file__).parents[2] / "shared" / "data"
SOURCE = "collection"
FIELDS = ["path", "parent", "outcome", "stage", "reason", "detail", "content"]
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file, or of one inside a file; `content` is None where nothing of it is indexed."""

    place: Payload
    content: Payload | None

    @property
    def group(self) -> str:
        top, slash, _ = str(self.place["path"]).partition("/")
        return top if slash else "(top)"

    @property
    def is_inside(self) -> bool:
        return "parent" in self.place

    @property
    def passages(self) -> int:
        """Those that this place brought: a copy brings none."""
        return self.content["chunks"] if self.content and self.place["outcome"] == Outcome.INDEXED else 0


def main() -> None:
    """Ingests the collection, and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=SHARED)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--embed", choices=("now", "later"), default="now")
    wanted = parser.parse_args()
    if not wanted.folder.is_dir():
        sys.exit(f"skipped: {wanted.folder} is not here; name a folder of documents with --folder")
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(data_dir=Path(home))
        display = Display(Console(stderr=True), stall_warning_s=settings.ingest.stall_warning_s)
        with ray_session(settings):
            started = time.perf_counter()
            ingest(Work([str(wanted.folder)], SOURCE, embed=cast(When, wanted.embed)), settings, display)
            seconds = time.perf_counter() - started
            results = asyncio.run(read(settings, wanted.folder, wanted.texts))
    print_outcomes(results)
    print_reasons(results)
    on_disk = set(_files(wanted.folder))
    told = Counter(str(result.place["path"]) for result in results if not result.is_inside)
    print(f"\n{len(on_disk)} files on disk, {told.total()} outcomes, {seconds:.0f} s")
    if on_disk != set(told) or told.total() != len(on_disk):
        sys.exit(f"without an outcome: {sorted(on_disk - set(told))}; too many: {sorted(told - Counter(on_disk))}")


def _files(folder: Path) -> Iterator[str]:
    """All but hidden ones, told without the help of what is measured, and spelled as the index does."""
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in relative.parts):
            yield relative.as_posix().replace("%", "%25")


async def read(settings: Settings, folder: Path, texts: Path | None) -> list[Result]:
    """What the index has of the collection, in the order of paths."""
    store = await open_store(settings)
    root = folder.absolute().as_uri()
    places: list[Payload] = []
    async for page in documents_below(store, tenant=settings.tenant, source=SOURCE, root=root, fields=FIELDS):
        places += [one.payload for one in page]
    contents: dict[str, Payload] = {}
    ids = sorted({place["content"] for place in places if place.get("content")})
    for start in range(0, len(ids), _PAGE):
        contents |= {one.id: one.payload for one in await store.retrieve(CONTENTS, ids[start : start + _PAGE])}
    places.sort(key=lambda place: str(place["path"]))
    results = [Result(place, contents.get(place.get("content") or "")) for place in places]
    for result in results if texts else ():
        path = cast(Path, texts) / f"{result.place['path']}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(await _told(store, settings.tenant, result), encoding="utf-8")
    return results


async def _told(store: Store, tenant: str, result: Result) -> str:
    """All that a person needs to judge one result."""
    about = " ".join(str(result.place.get(name) or "") for name in ("outcome", "stage", "reason", "detail")).strip()
    if result.content is None:
        return f"{about}\n"
    names = ("title", "media_type", "language", "date", "pages", "has_text", "pages_not_read", "chunks", "labels")
    lines = [about, *(f"{name}: {result.content.get(name, '')}" for name in names)]
    ids = chunk_ids(result.content, tenant)[:_PAGE]
    passages = [one.payload for one in await store.retrieve(CHUNKS, ids)]
    passages.sort(key=lambda passage: int(passage["ordinal"]))
    return "\n".join([*lines, *(f"--- page {one['page']}\n{one['text']}" for one in passages), ""])


def print_outcomes(results: Sequence[Result]) -> None:
    """One line for each group, and one for all."""
    print("| group | files | indexed | duplicate | quarantined | without text | children | passages |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for group, some in (*_by_group(results), ("all", list(results))):
        files = [result for result in some if not result.is_inside]
        outcomes = Counter(result.place["outcome"] for result in files)
        silent = sum(1 for result in files if result.content and not result.content["has_text"])
        print(
            f"| {group} | {len(files)} | {outcomes[Outcome.INDEXED]} | {outcomes[Outcome.DUPLICATE]} "
            f"| {outcomes[Outcome.QUARANTINED]} | {silent} | {len(some) - len(files)} "
            f"| {sum(result.passages for result in some)} |"
        )


def print_reasons(results: Sequence[Result]) -> None:
    """Why files, and those inside files, are in quarantine."""
    print("\n| group | stage | reason | files | children |")
    print("|---|---|---|--:|--:|")
    for group, some in _by_group(results):
        failed = [result for result in some if result.place["outcome"] == Outcome.QUARANTINED]
        inside = Counter((result.place["stage"], result.place["reason"]) for result in failed if result.is_inside)
        files = Counter((result.place["stage"], result.place["reason"]) for result in failed if not result.is_inside)
        for stage, reason in sorted(files | inside):
            key = (stage, reason)
            print(f"| {group} | {stage} | {reason} | {files[key]} | {inside[key]} |")


def _by_group(results: Sequence[Result]) -> Iterator[tuple[str, list[Result]]]:
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[result.group].append(result)
    yield from sorted(groups.items())


if __name__ == "__main__":
    main()
