"""The parts of an ingest that need no cluster."""

from __future__ import annotations

import io
import time
from collections import Counter

import pytest
from rich.console import Console

from ray_app.ingest.display import Display
from ray_app.ingest.listing import blocks
from ray_app.ingest.progress import Progress, Snapshot, slowest_stage
from ray_app.ingest.resources import EXTRACT_CPUS, share_out
from ray_app.ingest.workers import isolated
from ray_app.records import Document, FileRef
from ray_app.settings import EmbeddingSettings, IngestSettings, Settings


def ref(number, size=10):
    return FileRef(f"file:///{number}", str(number), "s", "t", size, 0.0)


async def refs(*sizes):
    for number, size in enumerate(sizes):
        yield ref(number, size)


async def cut(*sizes, **settings):
    return [[one.size for one in block] async for block in blocks(refs(*sizes), IngestSettings(**settings))]


@pytest.mark.anyio
async def test_blocks_begin_small_and_grow_up_to_the_setting():
    assert [len(block) for block in await cut(*[1] * 60, block_documents=16)] == [4, 8, 16, 16, 16]


@pytest.mark.anyio
async def test_blocks_are_limited_by_size_and_a_large_file_has_one_of_its_own():
    megabyte = 2**20
    assert await cut(megabyte, 5 * megabyte, megabyte, megabyte, block_mb=2) == [
        [megabyte],
        [5 * megabyte],
        [megabyte, megabyte],
    ]


@pytest.mark.parametrize("cpus", [1, 2, 4, 8, 16, 64])
def test_pools_leave_processors_for_tasks_and_services(cpus):
    shares = share_out({"CPU": cpus}, 90_000_000, Settings())
    claimed = shares.extract_workers * EXTRACT_CPUS + shares.embed_workers * shares.embed_cpus
    assert claimed <= max(0.6 * cpus, 0.6)
    assert shares.extract_workers >= 1
    assert shares.embed_workers >= 1


def test_settings_go_before_the_shares():
    settings = Settings(ingest=IngestSettings(parse_workers=3, embed_workers=2), embedding=EmbeddingSettings(threads=1))
    shares = share_out({"CPU": 16}, 90_000_000, settings)
    assert (shares.extract_workers, shares.embed_workers, shares.embed_threads) == (3, 2, 1)


def test_a_large_model_gets_fewer_workers_with_more_threads():
    small = share_out({"CPU": 8, "memory": 16 << 30}, 90_000_000, Settings())
    large = share_out({"CPU": 8, "memory": 16 << 30}, 1_500_000_000, Settings())
    assert (small.embed_workers, small.embed_threads) == (8, 1)
    assert (large.embed_workers, large.embed_threads) == (2, 4)


def test_each_gpu_gets_one_embedding_worker_unless_onnx_is_wanted():
    cluster = {"CPU": 16, "GPU": 2}
    shares = share_out(cluster, 90_000_000, Settings())
    assert (shares.embed_workers, shares.embed_gpus) == (2, 1)
    onnx = share_out(cluster, 90_000_000, Settings(embedding=EmbeddingSettings(backend="onnx")))
    assert (onnx.embed_workers, onnx.embed_gpus) == (16, 0)


def failing_on(bad):
    def work(documents):
        if any(document.ref.uri == bad for document in documents):
            raise ValueError("odd text")
        return documents

    return work


def test_one_document_that_a_stage_fails_at_does_not_take_the_others_along():
    documents = [Document(ref(number)) for number in range(3)]
    done = isolated("embed", failing_on("file:///1"), documents)
    assert [document.failure for document in (done[0], done[2])] == [None, None]
    assert done[1].failure
    assert (done[1].failure.stage, done[1].failure.reason) == ("embed", "error")
    assert "odd text" in done[1].failure.detail


def test_progress_counts_what_left_each_stage():
    progress = Progress()
    progress.passed("extract", 10)
    progress.passed("embed", 4)
    progress.written(Counter({"indexed": 2, "quarantined": 1}), 7)
    snapshot = progress.snapshot()
    assert snapshot.documents == {"extract": 10, "embed": 4, "write": 3}
    assert (snapshot.outcomes["quarantined"], snapshot.chunks) == (1, 7)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ({"extract": 0}, "extract"),
        ({"extract": 9, "embed": 2, "write": 2}, "embed"),
        ({"extract": 9, "embed": 8, "write": 2}, "write"),
        ({"extract": 9, "embed": 9, "write": 9}, "extract"),
    ],
)
def test_the_stage_that_documents_wait_for_is_named(left, expected):
    assert slowest_stage(Snapshot(documents=Counter(left))) == expected


def shown(snapshot, *, terminal, seconds, stall=60.0):
    output = io.StringIO()
    display = Display(Console(file=output, force_terminal=terminal, width=200), stall_warning_s=stall)
    with display.watching(10, lambda: snapshot):
        time.sleep(seconds)
    return output.getvalue()


def test_a_terminal_shows_a_bar_with_counts():
    snapshot = Snapshot(Counter(write=4), Counter(quarantined=1), chunks=9, working_s=2)
    output = shown(snapshot, terminal=True, seconds=1.2)
    assert "4/10" in output
    assert "9 chunks" in output
    assert "1 quarantined" in output


def test_elsewhere_there_is_a_plain_line_now_and_then():
    snapshot = Snapshot(Counter(write=4), Counter(quarantined=1), chunks=9, working_s=2)
    output = shown(snapshot, terminal=False, seconds=5.3)
    assert output.startswith("4/10 documents, 9 chunks, 2.0 documents/s, 1 quarantined, 3 s left\n")
    assert "\x1b" not in output


def test_a_run_that_stands_still_says_which_stage_is_waited_for():
    snapshot = Snapshot(Counter(extract=4), idle_s=99, working_s=100)
    output = shown(snapshot, terminal=True, seconds=1.2, stall=10)
    assert output.count("no document has moved for 99 s; they wait for 'embed'") == 1


def test_before_the_model_is_loaded_the_display_says_that_workers_start():
    assert "starting workers" in shown(Snapshot(), terminal=True, seconds=1.2)


def test_a_warning_is_said_once():
    snapshot = Snapshot(warnings=("the parsing process has network access",))
    assert shown(snapshot, terminal=True, seconds=1.6).count("warning: the parsing process has network access") == 1
    assert shown(snapshot, terminal=False, seconds=0) == "warning: the parsing process has network access\n"
