"""How much of a hand-tuned embedding loop's speed the whole ingest keeps.

    python -m benchmarks.ingest [FOLDER] [--documents N]

One part after another on the same machine and the same texts: a bare sentence-transformers loop over the
passages, the whole ingest (listing, reading, sandbox, cutting, language, labels, vectors, index), the bare loop
again, so that a drift of the machine's speed shows, and a bare loop over the runtime that the ingest uses, one
process per CPU: what remains to be gained. FOLDER holds text files; without it, the retrieval and classification
sets of ../shared/data are written out as files.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.memory import memory_watched

SHARED = Path(__file__).parents[2] / "shared" / "data"
SETS = ("C_retrieval/*/corpus.jsonl.gz", "D_classification/20newsgroups-subset.jsonl.gz")
# What the bare loop chooses from, on a part of the passages.
BATCH_SIZES = (8, 16, 32, 64)
TUNING_PASSAGES = 192
# The model of one of the bare ONNX loop's processes.
_embedder: Any = None


def main() -> None:
    """Runs one part, or all parts each in a process of its own, and prints the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--documents", type=int, help="take only the first so many files")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        print(json.dumps(PARTS[arguments.part](arguments.folder, arguments.home)))
        return
    with tempfile.TemporaryDirectory() as home:
        folder = arguments.folder or _write_shared(Path(home) / "texts", arguments.documents)
        prepared = _run("prepare", folder, Path(home))
        print(f"{prepared['documents']} documents, {prepared['passages']} passages, {prepared['tokens']} tokens")
        _report(prepared, *[_run(part, folder, Path(home)) for part in ("bare", "whole", "bare", "bare_onnx")])


def prepare(folder: Path, home: Path) -> dict[str, Any]:
    """Cuts the texts as the ingest would, and keeps the passages for the bare loop."""
    from ray_app import pipeline, sources
    from ray_app.models.prepared import prepare_model
    from ray_app.parsing.sandbox import Sandbox

    settings = _settings(home)
    model = prepare_model(settings)
    splitter = pipeline.open_splitter(model, settings.chunking)
    tokenizer = model.tokenizer()
    passages: dict[str, list[str]] = {}
    documents = 0
    with Sandbox(settings.parsing) as sandbox:
        for ref in sources.list_files(str(folder), "texts", "t"):
            documents += 1
            file = pipeline.fetch(ref, 1 << 30)
            most = settings.parsing.max_children_mb
            (document,) = pipeline.extract([file], lambda _: (), sandbox, splitter, depth=0, children_mb=most)
            content = document.content
            if content:
                passages[file.sha256] = [chunk.text for chunk in content.chunks]
    texts = [text for some in passages.values() for text in some]
    tokens = sum(len(one.ids) for one in tokenizer.encode_batch(texts))
    (home / "passages.json").write_text(json.dumps(texts))
    return {"documents": documents, "passages": len(texts), "tokens": tokens}


def bare(folder: Path, home: Path) -> dict[str, Any]:
    """The loop that a person would write and tune: all passages, sorted by length, in the best batch size."""
    started = time.perf_counter()
    import torch
    from sentence_transformers import SentenceTransformer

    from ray_app.models.weights import find_weights

    torch.set_num_threads(os.cpu_count() or 1)
    model = SentenceTransformer(str(find_weights(_settings(home).embedding).folder), device="cpu")
    texts = json.loads((home / "passages.json").read_text())
    load_s = time.perf_counter() - started

    def seconds(some: list[str], batch_size: int) -> float:
        begun = time.perf_counter()
        model.encode(some, batch_size=batch_size, normalize_embeddings=True, show_progress_bar=False)
        return time.perf_counter() - begun

    sample = texts[:: max(1, len(texts) // TUNING_PASSAGES)]
    seconds(sample, BATCH_SIZES[0])
    best = min(BATCH_SIZES, key=lambda size: seconds(sample, size))
    with memory_watched() as peaks:
        work_s = seconds(texts, best)
    return {"work_s": work_s, "load_s": load_s, "batch_size": best, "peak_mb": sum(peaks.values())}


def bare_onnx(folder: Path, home: Path) -> dict[str, Any]:
    """The same loop over ONNX, the passages dealt out to one process of one thread per CPU."""
    started = time.perf_counter()
    texts = sorted(json.loads((home / "passages.json").read_text()), key=len)
    workers = os.cpu_count() or 1
    shares = [texts[start::workers] for start in range(workers)]
    with ProcessPoolExecutor(workers, get_context("spawn"), _load_onnx, (home,)) as pool:
        list(pool.map(_embed_onnx, [some[:1] for some in shares]))
        load_s = time.perf_counter() - started
        with memory_watched() as peaks:
            started = time.perf_counter()
            list(pool.map(_embed_onnx, shares))
            work_s = time.perf_counter() - started
    return {"work_s": work_s, "load_s": load_s, "peak_mb": sum(peaks.values())}


def _load_onnx(home: Path) -> None:
    from ray_app.models.embedder import open_embedder
    from ray_app.models.prepared import prepare_model

    settings = _settings(home)
    global _embedder
    _embedder = open_embedder(prepare_model(settings), settings.embedding)


def _embed_onnx(texts: list[str]) -> None:
    _embedder.embed_passages(texts)


def whole(folder: Path, home: Path) -> dict[str, Any]:
    """The ingest as `ray-app ingest` runs it; start-up is what passes until the embedding model is loaded."""
    from rich.console import Console

    from ray_app.cluster.session import ray_session
    from ray_app.ingest.display import Display
    from ray_app.ingest.progress import Snapshot
    from ray_app.ingest.run import Work, ingest

    written: list[tuple[Snapshot, float]] = []

    class Recording(Display):
        """Keeps the state in which the last document was written, and when that was."""

        @contextmanager
        def watching(self, total: int, read: Callable[[], Snapshot]) -> Iterator[None]:
            yield
            written.append((read(), time.perf_counter()))

    settings = _settings(home)
    with tempfile.TemporaryDirectory(dir=home) as data_dir, memory_watched() as peaks:
        (Path(data_dir) / "models").symlink_to(settings.models_dir)
        own = settings.model_copy(update={"data_dir": Path(data_dir)})
        started = time.perf_counter()
        with ray_session(own):
            begun = time.perf_counter()
            summary = ingest(Work([str(folder)]), own, Recording(Console(file=io.StringIO()), stall_warning_s=600))
            ended = time.perf_counter()
    ((snapshot, moment),) = written
    work_s = snapshot.working_s + ended - moment
    return {
        "work_s": work_s,
        "load_s": begun - started + (ended - begun - work_s),
        "indexed": summary.indexed,
        "chunks": summary.chunks,
        "peaks_mb": dict(peaks),
        "peak_mb": sum(peaks.values()),
    }


PARTS: dict[str, Callable[[Path, Path], dict[str, Any]]] = {
    "prepare": prepare,
    "bare": bare,
    "bare_onnx": bare_onnx,
    "whole": whole,
}


def _settings(home: Path) -> Any:
    from ray_app.settings import ParsingSettings, Settings

    return Settings(data_dir=home / "data", parsing=ParsingSettings(max_documents=1_000_000))


def _run(part: str, folder: Path, home: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.ingest", str(folder), "--part", part, "--home", str(home)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _report(
    prepared: dict[str, Any], first: dict[str, Any], ours: dict[str, Any], second: dict[str, Any], onnx: dict[str, Any]
) -> None:
    parts = {"bare loop": first, "whole ingest": ours, "bare loop again": second, "bare ONNX loop": onnx}
    for name, one in parts.items():
        print(
            f"{name:<16} {one['work_s']:>7.1f} s  {prepared['tokens'] / one['work_s']:>7.0f} tokens/s  "
            f"{prepared['documents'] / one['work_s']:>6.1f} documents/s  start-up {one['load_s']:>5.1f} s  "
            f"peak memory {one['peak_mb']:>5.0f} MB"
        )
    print(f"bare loop's best batch size: {first['batch_size']}, {second['batch_size']}")
    print(
        "memory of the ingest by process: "
        + ", ".join(f"{n} {mb:.0f} MB" for n, mb in sorted(ours["peaks_mb"].items()))
    )
    bare_s = (first["work_s"] + second["work_s"]) / 2
    print(f"speed of the whole ingest: {bare_s / ours['work_s']:.3f} of the bare loop's (goal 0.9), ", end="")
    print(f"{onnx['work_s'] / ours['work_s']:.3f} of the bare ONNX loop's")


def _write_shared(folder: Path, limit: int | None) -> Path:
    """The shared sets as one text file a document."""
    if not SHARED.is_dir():
        sys.exit("skipped: ../shared/data is not here; name a folder of text files")
    folder.mkdir()
    texts = (text for pattern in SETS for path in sorted(SHARED.glob(pattern)) for text in _texts(path))
    for number, text in enumerate(texts):
        if limit is not None and number >= limit:
            break
        (folder / f"{number:05}.txt").write_text(text, encoding="utf-8")
    return folder


def _texts(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield "\n\n".join(filter(None, (record.get("title"), record["text"])))


if __name__ == "__main__":
    main()
