"""Jobs over real HTTP, on the job server of the session's Ray cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing

import httpx
import pytest
from httpx_sse import connect_sse

from ray_app.client import Client, LogEvent
from ray_app.cluster.session import ray_session
from ray_app.errors import NotFoundError, QueryError, RefusedError
from ray_app.serving.bodies.jobs import JobOut
from ray_app.settings import IngestSettings, JobSettings, Settings
from ray_app.store.keys import Grant, make_key, save_key
from ray_app.store.owner import find_owner, stop_owner
from tests.conftest import RAY_APP
from tests.serving.apps import required
from tests.serving.live import live

pytestmark = pytest.mark.slow

ECHO = '''"""Prints what it is given.

More about it.
"""
import json, os, sys
print(json.dumps(sys.argv[1:]), flush=True)
print(os.environ["RAY_APP_TENANT"], flush=True)
'''
SLEEP = '''"""Sleeps, and ends in order."""
import time
try:
    print("asleep", flush=True)
    time.sleep(300)
except KeyboardInterrupt:
    print("woken up", flush=True)
'''
BROKEN = """import nowhere
COMMAND = nowhere.command
"""
NASTY = ["two words", "; touch pwned", "$(id)", "`id`", "it's", '"quoted"', "*", "", "--flag=x", "æ–×", "a\nb", "\\"]


@pytest.fixture(scope="module")
def settings(cluster, make_data_dir, tmp_path_factory):
    """An index whose owner lives in the cluster, and scripts of one's own."""
    folder = tmp_path_factory.mktemp("scripts")
    for name, text in (("echo", ECHO), ("sleep", SLEEP), ("broken", BROKEN), ("_hidden", "")):
        (folder / f"{name}.py").write_text(text)
    settings = Settings(
        data_dir=make_data_dir("jobs"),
        jobs=JobSettings(folder=folder, stop_wait_s=30),
        ingest=IngestSettings(embed_workers=1, parse_workers=1, lease_s=3, progress_s=0.2),
    )
    with ray_session(settings):
        yield required(settings, requests_per_minute=None)
        stop_owner(settings.index_dir)


@pytest.fixture(scope="module")
def url(settings, embedder):
    with live(settings, embedder) as url:
        yield url


def key_of(settings, tenant, groups=None):
    import asyncio

    record, text = make_key(Grant(tenant=tenant, name=tenant, role="admin", groups=groups), created_by="t", days=None)
    asyncio.run(save_key(find_owner(settings.index_dir), record))
    return text


@pytest.fixture(scope="module")
def client(url, settings):
    with Client(url, api_key=key_of(settings, "north")) as client:
        yield client


@pytest.fixture(scope="module")
def stranger(url, settings):
    with Client(url, api_key=key_of(settings, "south")) as client:
        yield client


def ended(client, identity):
    """The job, when it has ended, and what it wrote."""
    *parts, last = client.follow_job(identity)
    assert isinstance(last, JobOut)
    assert all(isinstance(part, LogEvent) for part in parts)
    return last, "".join(part.text for part in parts)


def test_there_are_our_jobs_with_their_parameters_and_those_of_the_folder(client):
    kinds = {kind.name: kind for kind in client.jobs().kinds}
    assert {"ingest", "backfill", "crawl", "retry", "remove_source", "train", "echo", "sleep", "broken"} == set(kinds)
    takes = {one.name: one for one in kinds["ingest"].parameters}
    assert (takes["uris"].required, takes["uris"].many, takes["uris"].flags) == (True, True, [])
    assert (takes["embed"].type, takes["embed"].default, takes["embed"].flags) == ("now | later", "now", ["--embed"])
    assert kinds["echo"].parameters is None
    assert kinds["echo"].description.startswith("Prints what it is given.")
    assert "No module named" in kinds["broken"].fault


def test_a_script_that_is_put_into_the_folder_is_there_at_once(client, settings):
    script = settings.jobs.folder / "fresh.py"
    script.write_text('"""New."""')
    try:
        assert "fresh" in {kind.name for kind in client.jobs().kinds}
    finally:
        script.unlink()


def test_arguments_reach_the_job_as_they_are_and_no_shell_reads_them(client):
    submitted = client.submit_job("echo", NASTY)
    assert submitted.arguments == NASTY
    job, log = ended(client, submitted.id)
    assert job.state == "finished"
    assert job.submitted_by == "north"
    lines = log.splitlines()
    assert json.dumps(NASTY) in lines
    assert lines[-1] == "north"
    assert client.job_log(submitted.id) == log


def test_an_ingest_tells_how_far_it_is_and_what_came_of_it(client, settings, tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(f"Note {number}: the compass of the ship shows north. " * 20)
    submitted = client.submit_job("ingest", [str(tmp_path), "--source", "notes"], submission_id="notes-1")
    job, _ = ended(client, submitted.id)
    assert (job.id, job.state) == ("notes-1", "finished")
    (run,) = job.runs
    assert (run.state, run.counts["indexed"]) == ("finished", 3)
    assert (run.progress.done, run.progress.total, run.progress.more) == (3, 3, False)
    assert client.run(run.id).submission == "notes-1"
    assert {hit.source for hit in client.search("compass of the ship").hits} == {"notes"}


def test_a_job_that_fails_says_so(client):
    job, log = ended(client, client.submit_job("ingest", ["/no/such/folder"]).id)
    assert job.state == "failed"
    assert "no such file or folder" in log


def test_a_cancelled_job_ends_in_order(client):
    submitted = client.submit_job("sleep")
    with closing(client.follow_job(submitted.id)) as events:
        assert any("asleep" in event.text for event in events)
    client.cancel_job(submitted.id)
    job, log = ended(client, submitted.id)
    assert job.state == "cancelled"
    assert "woken up" in log
    assert client.cancel_job(submitted.id).state == "cancelled"


def test_an_id_is_used_once(client):
    submitted = client.submit_job("echo", submission_id="nightly")
    with pytest.raises(RefusedError, match="'nightly' was submitted before") as refused:
        client.submit_job("echo", submission_id="nightly")
    assert refused.value.type == "urn:ray-app:problem:conflict"
    ended(client, submitted.id)


def test_tenants_know_nothing_of_each_others_jobs(client, stranger):
    mine = client.submit_job("echo", submission_id="weekly")
    assert "weekly" not in {job.id for job in stranger.jobs().submitted}
    for ask in (stranger.job, stranger.job_log, stranger.cancel_job, lambda one: next(stranger.follow_job(one))):
        with pytest.raises(NotFoundError, match="'weekly'"):
            ask("weekly")
    theirs = stranger.submit_job("echo", submission_id="weekly")  # the same id is free there
    assert ended(client, mine.id)[1].splitlines()[-1] == "north"
    assert ended(stranger, theirs.id)[1].splitlines()[-1] == "south"


@pytest.mark.parametrize(
    ("job", "arguments", "said"),
    [
        ("nothing", [], "there are backfill, broken, crawl"),
        ("../ingest", [], "no job is called"),
        ("ingest", [], "Missing argument"),
        ("ingest", ["/tmp", "--limit", "many"], "--limit"),
        ("ingest", ["/tmp", "--tenant=south"], "works for its caller's tenant, which is 'north'"),
        ("ingest", ["--help"], "No such option"),
        ("echo", ["a\0b"], "zero byte"),
        ("echo", ["x" * 200_000], "more than 100 KB"),
    ],
)
def test_what_cannot_be_run_is_refused_before_it_is_started(client, job, arguments, said):
    before = len(client.jobs().submitted)
    with pytest.raises(QueryError, match=said):
        client.submit_job(job, arguments)
    assert len(client.jobs().submitted) == before


def test_a_job_stays_in_its_tenant_even_where_nobody_checked_its_arguments(client, settings):
    """A script that does not say what it takes, around a command that would."""
    script = settings.jobs.folder / "sly.py"
    script.write_text("import sys\nfrom ray_app.cli.main import main\nif __name__ == '__main__': main(['ingest'])\n")
    job, log = ended(client, client.submit_job("sly", ["/tmp", "--tenant", "south"]).id)
    script.unlink()
    assert job.state == "failed"
    assert "works for the tenant 'north'" in log


def test_a_stream_of_a_log_is_server_sent_events_that_end_with_the_job(url, settings, client):
    submitted = client.submit_job("echo", ["x"])
    headers = {"Authorization": f"Bearer {key_of(settings, 'north')}"}
    with (
        httpx.Client(base_url=url, headers=headers, timeout=60) as http,
        connect_sse(http, "GET", f"/v1/jobs/{submitted.id}/logs") as stream,
    ):
        events = [(one.event, json.loads(one.data)) for one in stream.iter_sse()]
    assert [name for name, _ in events[-2:]] == ["log", "done"]
    assert events[-1][1]["state"] == "finished"


def test_a_source_is_crawled_and_removed_by_jobs(client, tmp_path):
    from ray_app.serving.bodies.sources import NewSource

    (tmp_path / "a.txt").write_text("The lighthouse keeper counts the ships.")
    client.create_source(NewSource(name="coast", uri=str(tmp_path)))
    crawled, _ = ended(client, client.crawl_source("coast").id)
    assert (crawled.state, crawled.runs[0].counts["indexed"]) == ("finished", 1)
    assert client.source("coast").crawled
    assert [one.source for one in client.documents(source="coast").documents] == ["coast"]
    removed, _ = ended(client, client.delete_source("coast").id)
    assert removed.state == "finished"
    assert client.documents(source="coast").documents == []
    with pytest.raises(NotFoundError):
        client.source("coast")


def environment(settings, url):
    return {
        **os.environ,
        "RAY_APP_DATA_DIR": str(settings.data_dir),
        "RAY_APP_CLIENT__URL": url,
        "RAY_APP_API_KEY": key_of(settings, "north"),
    }


def run_here(settings, url, *arguments):
    return subprocess.run(
        [str(RAY_APP), *arguments], env=environment(settings, url), capture_output=True, text=True, check=False
    )


def test_a_terminal_submits_follows_lists_and_cancels(settings, url):
    done = run_here(settings, url, "submit", "echo", "--follow", "one two", "--flag", "x", "--id", "by-hand")
    assert done.returncode == 0, done.stderr
    assert json.dumps(["one two", "--flag", "x"]) in done.stdout
    assert "job by-hand finished" in done.stderr
    assert "by-hand  finished" in run_here(settings, url, "jobs", "list").stdout
    assert "required, several" in run_here(settings, url, "jobs", "kinds").stdout
    shown = run_here(settings, url, "jobs", "show", "by-hand", "--json")
    assert json.loads(shown.stdout)["state"] == "finished"
    assert run_here(settings, url, "jobs", "cancel", "by-hand").stdout.startswith("job by-hand  finished")
    failed = run_here(settings, url, "submit", "--follow", "ingest", "/no/such/folder")
    assert failed.returncode == 1
    assert "no such file or folder" in failed.stdout
    unknown = run_here(settings, url, "submit", "nothing")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "no job is called 'nothing'" in unknown.stderr


def test_where_there_is_no_cluster_jobs_say_so(alone):
    script = (
        "import asyncio\nfrom ray_app.cluster.jobs import JobServer\nfrom ray_app.settings import Settings\n"
        "try: asyncio.run(JobServer(Settings()).list('t'))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", script], env=alone, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("JobServerError there is no Ray cluster here to run jobs")


def test_an_administrator_from_whom_sources_are_hidden_is_refused(client, settings, url):
    from ray_app.errors import ForbiddenError
    from ray_app.serving.bodies.sources import NewSource, SourceBody

    client.create_source(NewSource(name="vault", uri="/tmp", groups=["board"]))
    with Client(url, api_key=key_of(settings, "north", groups=("others",))) as limited:
        for ask in (limited.jobs, limited.runs, lambda: limited.submit_job("echo")):
            with pytest.raises(ForbiddenError, match="hidden from you"):
                ask()
        assert "vault" not in {one.name for one in limited.sources().sources}
        with pytest.raises(NotFoundError):
            limited.change_source("vault", SourceBody(uri="/tmp"))
        with pytest.raises(RefusedError):
            limited.create_source(NewSource(name="vault", uri="/tmp"))
    assert client.source("vault").groups == ["board"]
