"""The parts of an ingest that need no cluster."""

from __future__ import annotations

import io
import sys
import time
from collections import Counter

import pytest
from rich.console import Console

from ray_app.errors import ParsingError, RayAppError
from ray_app.ingest.display import Display
from ray_app.ingest.figures import bottleneck, stage_figures
from ray_app.ingest.listing import blocks
from ray_app.ingest.progress import Failed, Progress, Snapshot, StageWork, Step, slowest_stage
from ray_app.ingest.reporting import PatientSandbox
from ray_app.ingest.resources import EXTRACT_CPUS, share_out
from ray_app.ingest.workers import isolated
from ray_app.records import Document, FileRef
from ray_app.settings import EmbeddingSettings, IngestSettings, ParsingSettings, Settings
from ray_app.timing import collected, timed


def ref(number, size=10):
    return FileRef(f"file:///{number}", str(number), "s", "t", size, 0.0)


async def refs(*sizes):
    for number, size in enumerate(sizes):
        yield ref(number, size)


async def cut(*sizes, embed=True, **settings):
    found = blocks(refs(*sizes), IngestSettings(**settings), embed=embed)
    return [[one.size for one in block] async for block in found]


@pytest.mark.anyio
async def test_blocks_begin_small_and_grow_up_to_the_setting():
    assert [len(block) for block in await cut(*[1] * 60, block_documents=16)] == [4, 8, 16, 16, 16]


@pytest.mark.anyio
async def test_blocks_of_documents_that_are_not_embedded_hold_eight_times_as_many():
    assert max([len(block) for block in await cut(*[1] * 600, block_documents=16, embed=False)]) == 128


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


def test_every_processor_reads_where_nothing_is_embedded():
    assert share_out({"CPU": 8}, 90_000_000, Settings(), embedding=False).extract_workers == 8


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
    assert shares.extract_workers == 14  # the CPUs are there for reading
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


BAD = Failed("id", "file:///bad.pdf", "papers", "parse", "damaged")


def test_progress_counts_what_left_each_stage_and_what_waits():
    progress = Progress()
    progress.begin(12, more=True)
    progress.worked(Step("extract", 10, 2.0, {"parse": 1.5}, worker="a"))
    progress.worked(Step("embed", 4, 6.0, worker="b"))
    progress.written(Step("write", 3, 0.5), Counter({("s", "indexed"): 2, ("s", "quarantined"): 1}), 7, [BAD])
    snapshot = progress.snapshot()
    assert snapshot.documents == {"extract": 10, "embed": 4, "write": 3}
    assert (snapshot.outcomes["quarantined"], snapshot.chunks) == (1, 7)
    assert (snapshot.total, snapshot.more) == (12, True)
    assert snapshot.stages["extract"] == StageWork(10, 2.0, {"parse": 1.5}, workers=1, most_waiting=2)
    assert snapshot.stages["embed"].most_waiting == 10
    assert (snapshot.failed, progress.snapshot().failed) == ((BAD,), ())


def test_start_up_and_work_of_several_passes_are_counted_apart():
    progress = Progress()
    for _ in range(2):
        progress.begin(1, more=False)
        time.sleep(0.1)
        progress.ready()
        time.sleep(0.2)
        progress.ready()  # a second worker changes nothing
        progress.end()
        time.sleep(0.2)
    snapshot = progress.snapshot()
    assert snapshot.startup_s == pytest.approx(0.2, abs=0.1)
    assert snapshot.working_s == pytest.approx(0.4, abs=0.1)


def figures(**seconds_and_workers):
    work = {
        stage: StageWork(documents=10, seconds=seconds, workers=workers)
        for stage, (seconds, workers) in seconds_and_workers.items()
    }
    return stage_figures(Snapshot(stages=work))


def test_the_bottleneck_is_said_in_words_with_what_would_help():
    stages = figures(extract=(9, 1), embed=(83, 2), write=(8, 1))
    assert bottleneck(stages, gpu=False) == (
        "embedding took 83 % of the working time: more CPUs or a GPU would help; reading and parsing 9 %, writing 8 %"
    )
    assert "more GPUs would help" in bottleneck(stages, gpu=True)


def test_a_stage_of_few_workers_may_be_the_bottleneck_with_a_small_share_of_the_work():
    said = bottleneck(figures(extract=(20, 1), embed=(80, 16)), gpu=False)
    assert said.startswith("reading and parsing was behind with the fewest workers: more CPUs and parsing workers")
    assert said.endswith("working time: embedding 80 %, reading and parsing 20 %")


def test_a_slow_source_is_told_from_slow_parsing():
    work = StageWork(documents=10, seconds=10, parts={"fetch": 8.0, "parse": 1.0}, workers=1)
    stages = stage_figures(Snapshot(stages={"extract": work}))
    assert "a faster way to the source" in bottleneck(stages, gpu=False)
    assert stages["extract"].documents_per_s == 1.0


def test_without_work_there_is_no_bottleneck():
    assert bottleneck(figures(), gpu=False) == ""


def test_the_parts_of_a_stage_are_timed_where_somebody_asks():
    with timed("fetch"):  # nobody asks
        pass
    with collected() as seconds:
        for _ in range(2):
            with timed("parse"):
                time.sleep(0.05)
    assert seconds == {"parse": pytest.approx(0.1, abs=0.05)}


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


def test_a_stage_that_the_run_leaves_out_is_not_waited_for():
    without_embed = Snapshot(Counter(extract=9), stages={"extract": StageWork(), "write": StageWork()})
    assert slowest_stage(without_embed) == "write"


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


def test_while_the_listing_goes_on_the_total_is_so_far_and_no_time_is_promised():
    output = shown(Snapshot(Counter(write=4), working_s=2, more=True), terminal=True, seconds=1.2)
    assert "4/10 so far, 0 chunks" in output
    assert "left" not in output


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


@pytest.fixture
def flaky_python(tmp_path, monkeypatch):
    """A Python that ends at once as often as is said, as one does that gets no memory."""

    def make(failures):
        count, script = tmp_path / "count", tmp_path / "python"
        count.write_text("0")
        script.write_text(
            f"""#!/bin/sh
n=$(cat {count})
echo $((n + 1)) > {count}
[ "$n" -ge {failures} ] || exit 1
exec {sys.executable} "$@"
"""
        )
        script.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(script))
        return count

    return make


def test_a_parsing_process_that_cannot_start_is_tried_again(flaky_python):
    count = flaky_python(failures=2)
    with PatientSandbox(ParsingSettings(start_wait_s=30)) as sandbox:
        assert sandbox.parse(b"Some words.", "note.txt").pages[0].text == "Some words."
    assert int(count.read_text()) >= 3


def test_one_that_never_starts_ends_the_run_with_a_reason_and_blames_no_document(flaky_python):
    count = flaky_python(failures=99)
    with (
        PatientSandbox(ParsingSettings(start_wait_s=0)) as sandbox,
        pytest.raises(RayAppError, match=r"is memory short"),
    ):
        sandbox.parse(b"Some words.", "note.txt")
    assert count.read_text() == "1\n"


def test_a_document_that_fails_for_itself_is_not_tried_again(flaky_python):
    count = flaky_python(failures=0)
    with PatientSandbox(ParsingSettings()) as sandbox, pytest.raises(ParsingError):
        sandbox.parse(b"%PDF-1.7 nothing", "a.pdf")
    assert int(count.read_text()) <= 2  # one, and the next one made ready
