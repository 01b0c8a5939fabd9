"""Bodies that are wrong in ways that JSON allows are refused, and say why."""

from __future__ import annotations

import pytest

from tests.serving.apps import api_over, problem

pytestmark = pytest.mark.anyio


@pytest.fixture
async def api(settings, embedder):
    async with api_over(settings, embedder) as one:
        yield one


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("search", r'{"query": "a\ud800"}'),
        ("search", r'{"like": {"text": "\udfff"}}'),
        ("search", r'{"query": "a", "filters": {"or": [{"label": ["b", "\ud800"]}]}}'),
        ("search", r'{"query": "a", "filters": {"\ud800": "b"}}'),
        ("answer", r'{"question": "\ud800"}'),
        ("classify", r'{"texts": ["a", "\ud800"]}'),
        ("embeddings", r'{"input": ["a", "\ud800"]}'),
        ("embeddings", r'{"input": "\ud800"}'),
    ],
)
async def test_half_a_character_is_refused_wherever_it_stands(api, path, body):
    response = await api.request("POST", f"/v1/{path}", content=body, headers={"Content-Type": "application/json"})
    assert "surrogate" in problem(response, 422, "invalid-request")["detail"]


async def test_a_character_that_json_writes_in_two_halves_is_one(api):
    body = r'{"input": "\ud83d\ude80"}'
    response = await api.request("POST", "/v1/embeddings", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 200


async def test_embeddings_of_no_texts_are_refused(api):
    response = await api.request("POST", "/v1/embeddings", json={"input": []})
    assert "at least 1 item" in problem(response, 422, "invalid-request")["detail"]
