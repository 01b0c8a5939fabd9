"""Whatever is asked with a foreign key, nothing of the other tenant, or of a hidden group, is found or changed.

Every endpoint of the schema has a row in `RULES`: who may use it at least, and requests that name what is the other's.
A new endpoint without one fails, so that somebody thinks about it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from ray_app.records import Role
from ray_app.serving.http import create_app
from ray_app.settings import Settings
from tests.serving.apps import problem
from tests.serving.worlds import BOARD, World, world

pytestmark = pytest.mark.anyio

SSE = {"Accept": "text/event-stream"}
STRANGERS = ("south reader", "south editor", "south admin", "north reader", "north editor")


@dataclass(frozen=True)
class Ask:
    """One request: what stands in the path's braces, the query string, the body, and further headers."""

    path: dict[str, str] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    files: dict[str, Any] | None = None

    def said(self) -> str:
        """All that the one who asks knows already: an answer may repeat it."""
        return json.dumps([self.path, self.params, self.body, str(self.files)])


@dataclass(frozen=True)
class Rule:
    """`role`: who may use it at least, None for everybody. `shows`: whether its owner is shown something of theirs."""

    role: Role | None
    asks: Callable[[World], list[Ask]]
    shows: bool = True


def nothing_to_fill(world: World) -> list[Ask]:
    return [Ask()]


def searches(world: World) -> list[Ask]:
    bodies = [
        {"query": "harbour merger", "filters": {"source": BOARD}},
        *({"query": "harbour merger zebrafinch", "mode": mode} for mode in ("hybrid", "dense", "lexical")),
    ]
    return [Ask(body=body, headers=headers) for body in bodies for headers in ({}, SSE)]


def uploads(world: World) -> list[Ask]:
    return [Ask(files={"source": (None, BOARD), "file": ("harbour.txt", b"A harbour.")})]


def the_document(world: World) -> list[Ask]:
    return [Ask({"document_id": world.document})]


def a_source(name: str) -> Ask:
    return Ask(body={"name": name, "uri": "/tmp", "groups": ["board"]})


RULES: dict[str, Rule] = {
    "POST /v1/search": Rule("reader", searches),
    "POST /v1/answer": Rule(
        "reader",
        lambda w: [Ask(body={"question": "what of the harbour merger"}, headers=kind) for kind in ({}, SSE)],
    ),
    "GET /v1/suggest": Rule("reader", lambda w: [Ask(params={"prefix": "zebraf"}), Ask(params={"prefix": "quokkaf"})]),
    "POST /v1/documents": Rule("editor", uploads, shows=False),
    "DELETE /v1/documents/{document_id}": Rule("editor", the_document, shows=False),
    "GET /v1/documents/{document_id}/text": Rule("reader", the_document),
    "GET /v1/documents/{document_id}/hits": Rule(
        "reader", lambda w: [Ask({"document_id": w.document}, {"q": "harbour merger"})]
    ),
    "PUT /v1/documents/{document_id}/content": Rule("editor", the_document, shows=False),
    "POST /v1/documents/{document_id}/reprocess": Rule("editor", the_document, shows=False),
    "GET /v1/documents/{document_id}/original": Rule("reader", the_document, shows=False),
    "GET /v1/documents/{document_id}/pages/{number}.png": Rule(
        "reader", lambda w: [Ask({"document_id": w.document, "number": "1"})], shows=False
    ),
    "GET /v1/webhooks": Rule("admin", nothing_to_fill, shows=False),
    "POST /v1/webhooks": Rule("admin", lambda w: [Ask(body={"url": "https://example.com/hook"})], shows=False),
    "DELETE /v1/webhooks/{webhook_id}": Rule("admin", lambda w: [Ask({"webhook_id": w.run})], shows=False),
    "POST /v1/webhooks/{webhook_id}/enable": Rule("admin", lambda w: [Ask({"webhook_id": w.run})], shows=False),
    "PUT /v1/documents/{document_id}/labels": Rule(
        "editor", lambda w: [Ask({"document_id": w.document}, body={"labels": ["letter"]})], shows=False
    ),
    "DELETE /v1/documents/{document_id}/labels": Rule("editor", the_document, shows=False),
    "GET /v1/documents/{document_id}/history": Rule("reader", the_document),
    "GET /v1/documents/{document_id}/entities": Rule("reader", the_document),
    "GET /v1/documents/{document_id}/key-phrases": Rule("reader", the_document),
    "GET /v1/duplicates": Rule("reader", nothing_to_fill, shows=False),
    "GET /v1/documents/{document_id}/redacted": Rule("reader", the_document),
    "GET /v1/privacy/report": Rule(
        "reader", lambda w: [Ask(), Ask(params={"source": w.source}), Ask(params={"format": "csv"})]
    ),
    "POST /v1/privacy/subject-access": Rule("admin", lambda w: [Ask(body={"name": "Nora Quokkafield"})], shows=False),
    "POST /v1/privacy/erasures": Rule(
        "admin", lambda w: [Ask(body={"document_ids": [w.document], "reason": "asked"})], shows=False
    ),
    "GET /v1/watch": Rule("admin", nothing_to_fill),
    "POST /v1/watch": Rule("admin", lambda w: [Ask(body={"name": "Somebody Else"})], shows=False),
    "PUT /v1/watch/{person_id}": Rule("admin", lambda w: [Ask({"person_id": "x"}, body={"name": "Ann"})], shows=False),
    "DELETE /v1/watch/{person_id}": Rule("admin", lambda w: [Ask({"person_id": "x"})], shows=False),
    "GET /v1/watch/{person_id}/documents": Rule("admin", lambda w: [Ask({"person_id": "x"})], shows=False),
    "GET /v1/models": Rule("admin", nothing_to_fill, shows=False),
    "GET /v1/models/{version}": Rule("admin", lambda w: [Ask({"version": "x"})], shows=False),
    "GET /v1/models/{version}/report": Rule("admin", lambda w: [Ask({"version": "x"})], shows=False),
    "POST /v1/models/{version}/promote": Rule("admin", lambda w: [Ask({"version": "x"})], shows=False),
    "POST /v1/models/rollback": Rule("admin", nothing_to_fill, shows=False),
    "GET /v1/documents/{document_id}/labels": Rule("reader", the_document),
    "GET /v1/labels": Rule("reader", nothing_to_fill, shows=False),
    "GET /v1/review": Rule("reader", lambda w: [Ask(), Ask(params={"source": w.source})]),
    "GET /v1/documents": Rule("reader", lambda w: [Ask(), Ask(params={"source": BOARD}), Ask(params={"limit": 1})]),
    "GET /v1/quarantine": Rule("reader", lambda w: [Ask(), Ask(params={"source": w.source})], shows=False),
    "GET /v1/documents/{document_id}": Rule("reader", lambda w: [Ask({"document_id": w.document})]),
    "POST /v1/classify": Rule("reader", lambda w: [Ask(body={"texts": ["harbour"]})], shows=False),
    "POST /v1/embeddings": Rule("reader", lambda w: [Ask(body={"input": "harbour"})], shows=False),
    "GET /v1/me": Rule("reader", nothing_to_fill),
    "GET /v1/keys": Rule("admin", nothing_to_fill),
    "POST /v1/keys": Rule("admin", lambda w: [Ask(body={"name": "x"})]),
    "DELETE /v1/keys/{key_id}": Rule("admin", lambda w: [Ask({"key_id": w.key_id})], shows=False),
    "GET /v1/invitations": Rule("admin", nothing_to_fill),
    "POST /v1/invitations": Rule("admin", lambda w: [Ask(body={"name": "x"})]),
    "DELETE /v1/invitations/{invitation_id}": Rule(
        "admin", lambda w: [Ask({"invitation_id": w.invitation})], shows=False
    ),
    "GET /v1/audit": Rule("admin", nothing_to_fill),
    # What is submitted belongs to Ray, not to the index: tests/serving/test_jobs.py tells tenants apart.
    "GET /v1/jobs": Rule("admin", nothing_to_fill, shows=False),
    "POST /v1/jobs": Rule("admin", lambda w: [Ask(body={"job": "crawl", "arguments": []})], shows=False),
    "GET /v1/jobs/{job_id}": Rule("admin", lambda w: [Ask({"job_id": "north-job"})], shows=False),
    "GET /v1/jobs/{job_id}/logs": Rule("admin", lambda w: [Ask({"job_id": "north-job"})], shows=False),
    "POST /v1/jobs/{job_id}/cancel": Rule("admin", lambda w: [Ask({"job_id": "north-job"})], shows=False),
    "GET /v1/runs": Rule("admin", nothing_to_fill),
    "GET /v1/runs/{run_id}": Rule("admin", lambda w: [Ask({"run_id": w.run})]),
    "GET /v1/sources": Rule("reader", nothing_to_fill),
    "GET /v1/sources/{name}": Rule("reader", lambda w: [Ask({"name": w.source})]),
    "POST /v1/sources": Rule("admin", lambda w: [a_source("south-second"), a_source(w.source)], shows=False),
    "POST /v1/sources/check": Rule("admin", lambda w: [Ask(body={"uri": f"file:///{w.source}"})], shows=False),
    "PUT /v1/sources/{name}": Rule(
        "admin", lambda w: [Ask({"name": w.source}, body={"uri": f"file:///{w.source}", "groups": []})], shows=False
    ),
    "DELETE /v1/sources/{name}": Rule("admin", lambda w: [Ask({"name": w.source})], shows=False),
    "POST /v1/sources/{name}/crawl": Rule("admin", lambda w: [Ask({"name": w.source}, body={})], shows=False),
    "GET /v1/stats": Rule("reader", nothing_to_fill),
    "POST /v1/invitations/redeem": Rule(
        None, lambda w: [Ask(body={"token": f"invite_{w.invitation}_{'0' * 64}"})], shows=False
    ),
    "POST /v1/session": Rule(None, lambda w: [Ask(body={"key": "ray_" + "0" * 16 + "_" + "0" * 64})], shows=False),
    "GET /v1/session": Rule(None, nothing_to_fill, shows=False),
    "GET /v1/session/provider": Rule(None, nothing_to_fill, shows=False),
    "GET /v1/session/callback": Rule(None, nothing_to_fill, shows=False),
    "DELETE /v1/session": Rule(None, nothing_to_fill, shows=False),
    "GET /healthz": Rule(None, nothing_to_fill, shows=False),
    "GET /readyz": Rule(None, nothing_to_fill, shows=False),
}


# An answer without an end cannot be walked through: tests/serving/test_events.py tells tenants and groups apart.
ENDLESS = {"GET /v1/events"}


def operations() -> list[str]:
    """Method and path of every endpoint that ends."""
    paths = create_app(Settings(), None, None).openapi()["paths"]  # type: ignore[arg-type]
    found = [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]
    return [operation for operation in found if operation not in ENDLESS]


@pytest.fixture
async def there(settings, embedder, cluster):
    """Beside a Ray cluster, which answers for jobs."""
    async with world(settings, embedder) as made:
        yield made


async def send(there: World, operation: str, ask: Ask, key: str | None):
    method, path = operation.split()
    return await there.api.request(
        method, path.format(**ask.path), key, params=ask.params, json=ask.body, headers=ask.headers, files=ask.files
    )


def seen(response, markers: frozenset[str], ask: Ask) -> set[str]:
    told = response.text + str(response.headers)
    return {marker for marker in markers if marker in told and marker not in ask.said()}


def test_every_endpoint_has_a_rule_and_every_rule_an_endpoint():
    assert set(operations()) == set(RULES)


@pytest.mark.parametrize("operation", operations())
async def test_a_foreign_key_finds_and_changes_nothing(there, operation):
    rule = RULES[operation]
    before = await there.state()
    for stranger in STRANGERS:
        for ask in rule.asks(there):
            response = await send(there, operation, ask, there.keys[stranger])
            assert response.status_code < 500, response.text
            assert seen(response, there.markers[stranger], ask) == set(), f"{stranger}: {ask}"
    assert await there.state() == before


@pytest.mark.parametrize("operation", operations())
async def test_an_administrator_finds_and_changes_nothing_of_what_is_hidden_from_them(there, operation):
    """They may change much else of their own tenant."""
    markers = there.markers["north admin"]
    hidden = {one: kept for one, kept in (await there.state()).items() if any(word in str(kept) for word in markers)}
    for ask in RULES[operation].asks(there):
        response = await send(there, operation, ask, there.keys["north admin"])
        assert response.status_code < 500, response.text
        assert seen(response, markers, ask) == set(), ask
    after = await there.state()
    assert {one: after.get(one) for one in hidden} == hidden


@pytest.mark.parametrize("operation", operations())
async def test_without_a_key_there_is_nothing_but_what_is_for_everybody(there, operation):
    before = await there.state()
    for ask in RULES[operation].asks(there):
        response = await send(there, operation, ask, None)
        if RULES[operation].role is None:
            assert seen(response, there.markers["owner"], ask) == set()
        else:
            problem(response, 401, "unauthenticated")
    assert await there.state() == before


@pytest.mark.parametrize("operation", [one for one in operations() if RULES[one].role in ("editor", "admin")])
async def test_what_is_not_for_readers_is_refused_to_them(there, operation):
    before = await there.state()
    lower = ["board reader"] if RULES[operation].role == "editor" else ["board reader", "north editor"]
    for caller in lower:
        for ask in RULES[operation].asks(there):
            problem(await send(there, operation, ask, there.keys[caller]), 403, "forbidden")
    assert await there.state() == before


@pytest.mark.parametrize("operation", [one for one in operations() if RULES[one].shows])
async def test_the_owner_sees_it_so_that_the_walk_above_looks_for_what_is_there(there, operation):
    for ask in RULES[operation].asks(there):
        response = await send(there, operation, ask, there.keys["owner"])
        assert response.is_success, response.text
        told = response.text
        assert any(marker in told for marker in there.markers["owner"]) or "north" in told


async def test_a_member_of_the_group_sees_its_source(there):
    for ask in searches(there):
        response = await send(there, "POST /v1/search", ask, there.keys["board reader"])
        assert "zebrafinch" in response.text
