"""What a second parsing worker gains in an ingest, against what it gains plain multiprocessing.

    python -m benchmarks.parallel [--copies 6]

The readable PDFs of ../shared/data, each several times with another last line so that no two are alike, are read, cut
and searched for personal data by one process and by two of a multiprocessing pool; then by one and two parsing workers
on Ray Data, which do the same; then by a whole ingest with `--embed later`, which also writes the index. Goal: parsing
on Ray Data gains at least 0.9 of what the pool gains.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.one_run import apart, ingest_once, prepare_models, with_models
from ray_app import pipeline, sources
from ray_app.models.ner import open_name_finder
from ray_app.models.prepared import prepare_model
from ray_app.parsing.sandbox import Sandbox
from ray_app.records import FileRef
from ray_app.settings import IngestSettings, OcrSettings, ParsingSettings, Settings

PDFS = Path(__file__).parents[2] / "shared" / "data" / "A_pdf"
NO_OCR = ParsingSettings(ocr=OcrSettings(engine="off"))


def main() -> None:
    """Measures the four, and prints the ratio of the gains."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, default=6)
    copies = parser.parse_args().copies
    if not PDFS.is_dir():
        sys.exit(f"skipped: {PDFS} is not here")
    with tempfile.TemporaryDirectory() as home:
        folder = _copied(Path(home) / "pdfs", copies)
        models = apart(prepare_models, Path(home) / "models")
        print(f"{sum(1 for _ in folder.iterdir())} PDFs")
        plain, parsed, whole = {}, {}, {}
        for workers in (1, 2):
            plain[workers] = _pool(folder, models.parent, workers)
            print(f"pool of {workers}             {plain[workers]:6.1f} s", flush=True)
            parsed[workers] = apart(_parse, folder, with_models(Path(home) / f"parsed-{workers}", models), workers)
            print(f"{workers} workers on Ray Data {parsed[workers]:6.1f} s", flush=True)
            data_dir = with_models(Path(home) / f"whole-{workers}", models)
            run = apart(ingest_once, folder, data_dir, embed="later", parse_workers=workers, ocr="off")
            whole[workers] = run.working_s
            print(f"ingest with {workers}         {whole[workers]:6.1f} s", flush=True)
    of_pool = plain[1] / plain[2]
    for name, seconds, goal in (("parsing", parsed, " (goal 0.9)"), ("the whole ingest", whole, "")):
        gain = seconds[1] / seconds[2]
        print(f"gain of the pool {of_pool:.2f}, of {name} {gain:.2f}: ratio {gain / of_pool:.2f}{goal}")


def _copied(folder: Path, copies: int) -> Path:
    folder.mkdir()
    for number, path in enumerate(sorted(PDFS.rglob("*.pdf"))):
        for copy in range(copies):
            (folder / f"{number:03}-{copy}.pdf").write_bytes(path.read_bytes() + f"\n% {copy}\n".encode())
    return folder


def _pool(folder: Path, data_dir: Path, workers: int) -> float:
    """Seconds once the processes have started."""
    refs = list(sources.list_files(str(folder), "pdfs", "default"))
    with multiprocessing.get_context("spawn").Pool(workers, _open, (data_dir,)) as pool:
        pool.map(_ready, range(workers), chunksize=1)
        started = time.perf_counter()
        for _ in pool.imap_unordered(_read, refs, chunksize=4):
            pass
        return time.perf_counter() - started


def _parse(folder: Path, data_dir: Path, workers: int) -> float:
    """Seconds of the first stage of an ingest alone, once its first worker is ready."""
    import pyarrow as pa
    import ray

    from ray_app.cluster.session import ray_session
    from ray_app.ingest.dataset import Blocks, Plan, extracted, prepare_context
    from ray_app.ingest.listing import Listing, blocks, list_changed
    from ray_app.ingest.progress import start_progress
    from ray_app.ingest.resources import cluster_resources, share_out
    from ray_app.store import open_store

    settings = Settings(data_dir=data_dir, ingest=IngestSettings(parse_workers=workers), parsing=NO_OCR)
    model = prepare_model(settings)
    version = pipeline.pipeline_version(model, settings.chunking)

    async def listed() -> Blocks:
        store = await open_store(settings)
        await store.ensure(fingerprint=model.manifest.fingerprint, dimension=model.manifest.dimension)
        listing = Listing(str(folder), "pdfs", settings.tenant)
        files = list_changed(store, listing, pipeline=version, limit=None)
        refs = [
            ray.put(pa.Table.from_pylist([asdict(ref) for ref in block]))
            async for block in blocks(files, settings.ingest, embed=False)
        ]
        await store.close()
        return Blocks(refs, listing.documents)

    with ray_session(settings):
        prepare_context()
        found = asyncio.run(listed())
        progress = start_progress("ingest", ("extract",))
        progress.begin.remote(found.documents, more=False)
        plan = Plan("parsing", version, embed=False, keep_originals=False)
        shares = share_out(cluster_resources(), model.weights.bytes, settings, embedding=False)
        for _ in extracted(found, plan, settings, shares, progress).iter_internal_ref_bundles():
            pass
        working_s: float = ray.get(progress.snapshot.remote()).working_s
    return working_s


class _Worker:
    """What a process of the pool keeps."""

    def __init__(self, data_dir: Path) -> None:
        settings = Settings(data_dir=data_dir)
        self.sandbox = Sandbox(NO_OCR)
        self.sandbox.start()
        self.splitter = pipeline.open_splitter(prepare_model(settings), settings.chunking)
        self.enricher = pipeline.Enricher(
            languages=settings.languages,
            privacy=settings.privacy,
            allowed={},
            names=open_name_finder(settings.names),
            version="",
            watched=None,
        )


_workers: list[_Worker] = []


def _open(data_dir: Path) -> None:
    _workers.append(_Worker(data_dir))


def _ready(_: int) -> None:
    time.sleep(1)  # so that each process takes one


def _read(ref: FileRef) -> int:
    file = pipeline.fetch(ref, NO_OCR.max_file_mb << 20)
    worker = _workers[0]
    most = NO_OCR.max_children_mb
    documents = pipeline.extract([file], lambda _: (), worker.sandbox, worker.splitter, depth=3, children_mb=most)
    return len(pipeline.enrich(documents, worker.enricher))


if __name__ == "__main__":
    main()
