"""The index in numbers, runs and sources: what each caller may see of them."""

from __future__ import annotations

import pytest

from ray_app.records import Document, Failure, FileRef
from ray_app.store.points import now
from ray_app.store.runs import Run, RunProgress, save_run
from ray_app.store.writer import write_documents
from tests.serving.apps import problem
from tests.serving.worlds import BOARD, NORTH, OPEN, world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def there(settings, embedder):
    async with world(settings, embedder) as made:
        yield made


async def asked(there, path, key="owner"):
    response = await there.api.request("GET", path, there.keys[key])
    assert response.status_code == 200, response.text
    return response.json()


async def test_documents_and_contents_are_counted_by_what_is_known_of_them(there):
    broken = FileRef("file:///x/big.pdf", "big.pdf", OPEN, NORTH, 20_000_000, 0.0)
    failed = Document(broken, failure=Failure("parse", "damaged", "no xref table"))
    await write_documents(there.api.store, [failed], run="r", pipeline="p")
    stats = await asked(there, "/v1/stats")
    assert stats["documents"] == {
        "total": 4,
        "by_outcome": {"indexed": 3, "quarantined": 1},
        "by_source": {OPEN: 2, f"{OPEN}-2": 1, BOARD: 1},
        "by_size": {"under 10 kB": 3, "10 MB and more": 1},
    }
    assert stats["contents"] == {
        "total": 3,
        "by_label": {"report": 3},
        "by_language": {"en": 3},
        "by_media_type": {"text/plain": 3},
    }


async def test_a_reader_is_told_of_what_they_see_and_not_of_the_machine(there):
    stats = await asked(there, "/v1/stats", "north reader")
    assert stats["documents"]["by_source"] == {OPEN: 1, f"{OPEN}-2": 1}
    assert (stats["documents"]["total"], stats["contents"]["total"]) == (2, 2)
    assert (stats["queue"], stats["index"]) == (None, None)
    everything = await asked(there, "/v1/stats", "board reader")
    assert everything["documents"]["by_source"][BOARD] == 1


async def test_what_waits_is_what_runs_at_work_have_listed_and_not_finished(there):
    for identity, at in (("alive", now()), ("killed", "2026-01-01T00:00:00Z")):
        progress = RunProgress(done=30, total=100, at=at)
        await save_run(there.api.store, Run(id=identity, tenant=NORTH, uris=[], started=now(), progress=progress))
    stats = await asked(there, "/v1/stats")
    assert stats["queue"] == {"documents": 70, "uploads": 0, "vectors": 0, "runs": ["alive"]}
    assert stats["index"]["points"] == {"documents": 3, "contents": 3, "chunks": 3}
    assert stats["index"]["disk_bytes"] is None  # the index holds other tenants too
    assert stats["index"]["layout"] == {}


async def test_a_run_at_work_is_told_of_however_many_came_and_went_since(there):
    progress = RunProgress(done=30, total=100, at=now())
    long = Run(id="long", tenant=NORTH, uris=[], started="2026-01-01T00:00:00Z", progress=progress)
    await save_run(there.api.store, long)
    for number in range(60):
        later = Run(id=f"{number}", tenant=NORTH, uris=[], started=now(), state="finished", progress=progress)
        await save_run(there.api.store, later)
    assert (await asked(there, "/v1/stats"))["queue"]["runs"] == ["long"]


async def test_documents_in_quarantine_are_counted_by_stage_and_reason(there):
    refs = [FileRef(f"file:///x/{name}.pdf", f"{name}.pdf", OPEN, NORTH, 10, 0.0) for name in "abc"]
    failures = [Failure("parse", "damaged", "a"), Failure("parse", "damaged", "b"), Failure("fetch", "timeout", "c")]
    failed = [Document(ref, failure=failure) for ref, failure in zip(refs, failures, strict=True)]
    failed += [Document(FileRef("file:///x/d.pdf", "d.pdf", BOARD, NORTH, 10, 0.0), failure=failures[0])]
    await write_documents(there.api.store, failed, run="r", pipeline="p")
    found = await asked(there, "/v1/quarantine")
    counts = [(one["stage"], one["reason"], one["documents"]) for one in found["reasons"]]
    assert (found["documents"], counts) == (4, [("parse", "damaged", 3), ("fetch", "timeout", 1)])
    assert "broken" in found["reasons"][0]["advice"]
    assert (await asked(there, "/v1/quarantine", "north reader"))["documents"] == 3
    assert (await asked(there, f"/v1/quarantine?source={BOARD}"))["documents"] == 1
    listed = await asked(there, "/v1/documents?outcome=quarantined&reason=timeout")
    assert [one["detail"] for one in listed["documents"]] == ["c"]


async def test_uploads_that_wait_are_counted(there):
    key = await there.api.key("admin")
    response = await there.api.request("POST", "/v1/documents", key, files={"file": ("note.txt", b"The crane is new.")})
    assert response.status_code == 202
    response = await there.api.request("GET", "/v1/stats", key)
    assert response.json()["queue"]["uploads"] == 1


async def test_the_servers_own_tenant_is_told_how_large_the_index_is(there):
    key = await there.api.key("admin")
    response = await there.api.request("GET", "/v1/stats", key)
    assert response.json()["index"]["disk_bytes"] > 10_000
    assert response.json()["documents"]["total"] == 0


async def test_runs_are_shown_to_administrators(there):
    (run,) = (await asked(there, "/v1/runs"))["runs"]
    assert (run["id"], run["uris"]) == ("run-of-north", ["file:///north-secret"])
    assert (await asked(there, "/v1/runs/run-of-north"))["state"] == "ended without a word"
    problem(await there.api.request("GET", "/v1/runs/another", there.keys["owner"]), 404, "not-found")


async def test_sources_are_put_on_record_changed_and_told(there, tmp_path):
    request, key = there.api.request, there.keys["owner"]
    body = {"name": "files", "uri": str(tmp_path), "include": ["*.pdf"], "groups": ["board"], "schedule": "0 3 * * *"}
    made = (await request("POST", "/v1/sources", key, json=body)).json()
    assert (made["uri"], made["include"], made["due"], made["crawled"]) == (f"file://{tmp_path}", ["*.pdf"], True, None)
    problem(await request("POST", "/v1/sources", key, json=body), 409, "conflict")
    changed = await request("PUT", "/v1/sources/files", key, json={"uri": str(tmp_path)})
    assert (changed.json()["groups"], changed.json()["created"]) == ([], made["created"])
    assert (await asked(there, "/v1/sources/files", "north reader"))["groups"] is None
    moved = await request("PUT", "/v1/sources/files", key, json={"uri": str(tmp_path.parent)})
    assert "remove it first" in problem(moved, 409, "conflict")["detail"]
    log = (await asked(there, "/v1/audit"))["entries"]
    assert [(one["what"], one["which"]) for one in log[:2]] == [("source.change", "files"), ("source.create", "files")]


async def test_a_source_is_tried_out_before_it_is_put_on_record(there, tmp_path):
    for name, text in (("a.pdf", "one"), ("b.txt", "two"), ("drafts/c.pdf", "three"), ("d.pdf", "x" * (1 << 21))):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    body = {"uri": str(tmp_path), "types": ["pdf"], "exclude": ["drafts/"], "max_mb": 1}
    answer = await there.api.request("POST", "/v1/sources/check", there.keys["owner"], json=body)
    assert answer.json() == {
        "uri": f"file://{tmp_path}",
        "files": [{"path": "a.pdf", "size": 3}],
        "wanted": 1,
        "left_out": {"other-type": 1, "excluded": 1, "too-large": 1},
        "whole": True,
        "read": 3,
    }
    assert "files" not in [one["name"] for one in (await asked(there, "/v1/sources"))["sources"]]


@pytest.mark.parametrize(
    ("wrong", "status", "kind", "why"),
    [
        ({"uri": "/no/such/folder"}, 400, "invalid-request", "no such file or folder"),
        ({"include": ["!"]}, 400, "invalid-request", "pattern"),
        ({"schedule": "at noon"}, 422, "invalid-source", "cron"),
        ({"uri": "ftp://example.org/"}, 400, "invalid-request", "no reader"),
    ],
)
async def test_what_is_wrong_with_a_source_is_told_when_it_is_tried_out(there, wrong, status, kind, why):
    body = {"uri": "/tmp", **wrong}
    answer = await there.api.request("POST", "/v1/sources/check", there.keys["owner"], json=body)
    assert why in problem(answer, status, kind)["detail"]


@pytest.mark.parametrize(
    ("wrong", "status", "kind"),
    [
        ({"schedule": "at noon"}, 422, "invalid-source"),
        ({"uri": "https://anna:secret@example.org/"}, 422, "invalid-source"),
        ({"uri": "/no/such/folder"}, 400, "invalid-request"),
        ({"name": "../up"}, 422, "invalid-request"),
        ({"colour": "red"}, 422, "invalid-request"),
    ],
)
async def test_a_source_that_cannot_be_is_refused(there, wrong, status, kind):
    body = {"name": "files", "uri": "/tmp", **wrong}
    answer = await there.api.request("POST", "/v1/sources", there.keys["owner"], json=body)
    problem(answer, status, kind)
    assert "secret" not in answer.text


async def test_a_hidden_source_is_not_there(there):
    shown = await asked(there, "/v1/sources", "north reader")
    assert [one["name"] for one in shown["sources"]] == []
    problem(await there.api.request("GET", f"/v1/sources/{BOARD}", there.keys["north reader"]), 404, "not-found")
    assert (await asked(there, f"/v1/sources/{BOARD}", "board reader"))["name"] == BOARD
