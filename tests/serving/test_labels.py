"""Labels that people give over HTTP, what becomes of them, and which documents they are asked for."""

from __future__ import annotations

import pytest

from ray_app.store.events import read_events
from ray_app.store.points import STATED
from ray_app.store.scope import Scope
from tests.serving.apps import problem
from tests.serving.worlds import BOARD, NORTH, OPEN, world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def there(settings, embedder):
    async with world(settings, embedder) as made:
        yield made


async def ask(there, method, path, key="owner", **options):
    response = await there.api.request(method, path, there.keys[key], **options)
    assert response.status_code == 200, response.text
    return response.json()


async def label(there, *labels, key="owner"):
    path = f"/v1/documents/{there.document}/labels"
    return (await ask(there, "PUT", path, key, json={"labels": labels}))["labels"]


async def test_a_stated_label_is_shown_first_and_found(there):
    assert await label(there, "minutes") == [
        {"label": "minutes", "probability": 1.0, "method": STATED, "sure": True},
        {"label": "report", "probability": 0.9, "method": "v1", "sure": True},
    ]
    body = {"query": "harbour merger", "filters": {"label": "minutes"}}
    (hit,) = (await ask(there, "POST", "/v1/search", json=body))["hits"]
    assert (hit["document_id"], hit["labels"][0]["label"]) == (there.document, "minutes")
    assert {"label": "minutes", "documents": 1, "stated": 1} in (await ask(there, "GET", "/v1/labels"))["labels"]
    detail = await ask(there, "GET", f"/v1/documents/{there.document}")
    assert [one["label"] for one in detail["labels"]] == ["minutes", "report"]


async def test_a_label_is_explained_by_what_the_classifier_in_use_makes_of_the_text(there):
    path = f"/v1/documents/{there.document}/labels"
    assert (await ask(there, "GET", path))["judged"] is None
    judged = (await ask(there, "GET", path, params={"explain": True}))["judged"]
    assert judged["method"] == "zero-shot"
    assert sum(one["probability"] for one in [judged, *judged["alternatives"]]) == pytest.approx(1, abs=1e-4)
    assert judged["terms"]


async def test_the_history_says_who_said_what_when(there):
    await label(there, "minutes")
    await label(there, "contract", " minutes ", "contract")
    told = await ask(there, "GET", f"/v1/documents/{there.document}/history")
    later, earlier = told["labelled"]
    assert (later["labels"], later["before"]) == (["contract", "minutes"], ["minutes"])
    assert (earlier["labels"], earlier["before"]) == (["minutes"], ["report"])
    assert later["at"] >= earlier["at"]
    assert "somebody" in later["who"]
    assert (told["run"], bool(told["indexed"])) == ("r", True)


async def test_what_is_withdrawn_is_the_classifiers_again_and_stays_in_the_history(there):
    await label(there, "minutes")
    left = await ask(there, "DELETE", f"/v1/documents/{there.document}/labels")
    assert [one["label"] for one in left["labels"]] == ["report"]
    told = await ask(there, "GET", f"/v1/documents/{there.document}/history")
    assert [one["labels"] for one in told["labelled"]] == [[], ["minutes"]]


async def test_a_change_is_an_event_for_those_who_may_see_the_source(there):
    await label(there, "minutes")
    (event,) = await read_events(there.api.store, Scope(NORTH, ("board",)), topics=["label"])
    assert event.source == BOARD
    assert event.data == {"document": there.document, "labels": ["minutes"], "before": ["report"], "who": "somebody"}
    assert await read_events(there.api.store, Scope(NORTH, ("others",)), topics=["label"]) == []


async def test_labels_take_an_editor_and_a_label(there):
    path = f"/v1/documents/{there.document}/labels"
    refused = await there.api.request("PUT", path, there.keys["board reader"], json={"labels": ["x"]})
    problem(refused, 403, "forbidden")
    for labels in ([], [" "], ["x" * 201], ["x"] * 21):
        told = await there.api.request("PUT", path, there.keys["owner"], json={"labels": labels})
        problem(told, 422, "invalid-request")


async def test_the_queue_has_what_nobody_labelled(there):
    queue = (await ask(there, "GET", "/v1/review"))["documents"]
    assert {one["document"]["source"] for one in queue} == {OPEN, f"{OPEN}-2", BOARD}
    assert queue == sorted(queue, key=lambda one: -one["value"])
    await label(there, "minutes")
    left = (await ask(there, "GET", "/v1/review"))["documents"]
    assert {one["document"]["source"] for one in left} == {OPEN, f"{OPEN}-2"}
    only = (await ask(there, "GET", "/v1/review", params={"source": OPEN}))["documents"]
    assert [one["document"]["source"] for one in only] == [OPEN]


async def test_the_queue_shows_nothing_of_hidden_sources(there):
    queue = (await ask(there, "GET", "/v1/review", "north reader"))["documents"]
    assert BOARD not in {one["document"]["source"] for one in queue}


async def test_the_audit_log_names_the_change(there):
    await label(there, "minutes")
    entries = (await ask(there, "GET", "/v1/audit"))["entries"]
    assert ("document.label", there.document, "minutes") in [
        (one["what"], one["which"], one["detail"]) for one in entries
    ]
