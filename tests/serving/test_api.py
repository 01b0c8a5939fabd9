"""The HTTP API over the example documents: real Serve, real HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import subprocess
import uuid

import httpx
import pytest
from httpx_sse import connect_sse

HIT_FIELDS = {"document_id", "uri", "title", "score", "page", "start", "end", "passage", "highlights", "labels"}
QUERY = {"query": "who approved the warehouse move"}


@pytest.fixture(scope="module")
def client(served):
    with httpx.Client(base_url=served.url, timeout=30) as client:
        yield client


def search(client, **body):
    response = client.post("/v1/search", json={**QUERY, **body})
    assert response.status_code == 200, response.text
    return response.json()


def ndjson(client, body):
    headers = {"Accept": "application/x-ndjson"}
    with client.stream("POST", "/v1/search", json=body, headers=headers) as response:
        assert response.headers["content-type"].startswith("application/x-ndjson")
        return [json.loads(line) for line in response.iter_lines()]


def sse(client, body):
    with connect_sse(client, "POST", "/v1/search", json=body) as stream:
        return [{"event": one.event, "data": json.loads(one.data)} for one in stream.iter_sse()]


def test_every_example_has_an_outcome(served):
    summary = served.summary
    assert summary["documents"] == 107
    assert summary["indexed"] + summary["duplicate"] + summary["unchanged"] + summary["quarantined"] == 107
    assert (summary["duplicate"], summary["quarantined"], summary["children"]) == (1, 2, 1)


def test_json_gives_the_documents_that_answer(client):
    found = search(client)
    assert found["stage"] == "hybrid"
    assert found["hits"][0]["uri"].endswith("minutes/board-2024-04-18.pdf")
    assert set(found["hits"][0]) >= HIT_FIELDS
    assert len(found["hits"]) == 10
    assert {"embed_ms", "hybrid_ms", "facets_ms", "total_ms"} <= set(found["timings"])


def test_a_hit_can_be_found_on_its_page(client):
    (hit,) = search(client, limit=1)["hits"]
    assert hit["page"] == 1
    assert hit["end"] - hit["start"] == len(hit["passage"])
    words = {hit["passage"][start:end].lower() for start, end in hit["highlights"]}
    assert {"approved", "move"} <= words


def test_each_label_has_a_probability_and_says_who_judged(client):
    for hit in search(client)["hits"]:
        assert sum(one["probability"] for one in hit["labels"]) <= 1.0001
        assert {one["method"] for one in hit["labels"]} != {"zero-shot"}


@pytest.mark.parametrize("read", [sse, ndjson])
def test_a_stream_gives_words_first_then_meaning_then_counts(client, read):
    events = read(client, QUERY)
    assert [(one["event"], one["data"].get("stage")) for one in events] == [
        ("hits", "lexical"),
        ("hits", "hybrid"),
        ("facets", None),
        ("done", None),
    ]
    assert set(events[1]["data"]["hits"][0]) >= HIT_FIELDS


def test_all_three_forms_give_the_same_hits(client):
    whole = search(client)
    for read in (sse, ndjson):
        events = read(client, QUERY)
        assert events[1]["data"]["hits"] == whole["hits"]
        assert events[2]["data"]["facets"] == whole["facets"]


@pytest.mark.parametrize("mode", ["lexical", "dense"])
def test_a_single_mode_can_be_chosen(client, mode):
    assert search(client, mode=mode)["stage"] == mode


def test_filters_and_facets_agree(client):
    for name in ("label", "language", "media_type", "source", "folder"):
        for facet in search(client, facets=[name])["facets"][name]:
            narrowed = search(client, filters={name: facet["value"]}, facets=[])
            assert narrowed["total"] == 0, "no facets asked for, none counted"
            counted = search(client, filters={name: facet["value"]}, facets=[name])
            assert counted["total"] == facet["count"]


def test_danish_questions_are_stemmed_as_danish(client):
    found = search(client, query="hvornår skal sygemelding ske", mode="lexical")
    assert any(hit["uri"].endswith("policy/sygefravaer.html") for hit in found["hits"][:3])


def test_a_scan_is_found_by_its_name(client):
    found = search(client, query="tidewell court roof", mode="lexical")
    assert found["hits"][0]["uri"].endswith("letter/tidewell-court-roof.pdf")


@pytest.mark.parametrize(
    ("content", "status", "kind"),
    [
        ('{"query": ""}', 422, "empty-query"),
        ('{"query": " \\n"}', 422, "empty-query"),
        ('{"query": "x", "limit": 0}', 422, "limit-out-of-range"),
        ('{"query": "x", "limit": 1000}', 422, "limit-out-of-range"),
        ('{"query": "x", "limit": "many"}', 422, "invalid-request"),
        ('{"query": "x", "filters": {"colour": "red"}}', 422, "unknown-filter-field"),
        ('{"query": "x", "filters": {"date": "soon"}}', 422, "invalid-filter"),
        ('{"query": "x", "facets": ["colour"]}', 422, "unknown-facet"),
        ('{"query": "x", "colour": "red"}', 422, "invalid-request"),
        ('{"query": "x", "mode": "magic"}', 422, "invalid-request"),
        ('{"query": ', 400, "malformed-json"),
        ("", 422, "invalid-request"),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_wrong_search_is_a_problem_document(client, content, status, kind, accept):
    headers = {"Content-Type": "application/json", "Accept": accept}
    response = client.post("/v1/search", content=content, headers=headers)
    problem(response, status, kind)


def problem(response, status, kind):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["type"]) == (status, f"urn:ray-app:problem:{kind}")
    assert body["detail"]
    assert "Traceback" not in response.text


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", f"/v1/documents/{uuid.UUID(int=1)}", 404, "not-found"),
        ("GET", "/v1/documents/nonsense", 404, "not-found"),
        ("GET", "/v1/nothing", 404, "not-found"),
        ("GET", "/v1/search", 405, "method-not-allowed"),
        ("GET", "/v1/documents?limit=0", 422, "invalid-request"),
        ("GET", "/v1/documents?cursor=nonsense", 422, "invalid-cursor"),
    ],
)
def test_a_wrong_address_is_a_problem_document(client, method, path, status, kind):
    problem(client.request(method, path), status, kind)


def test_documents_are_listed_page_by_page_each_once(client):
    seen, cursor = [], None
    while True:
        parameters = {"limit": 40} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/documents", params=parameters).json()
        seen += [one["id"] for one in page["documents"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 108  # one lies inside another


def test_documents_can_be_narrowed_to_a_source_and_an_outcome(client):
    found = client.get("/v1/documents", params={"source": "inbox", "outcome": "quarantined"}).json()["documents"]
    (failed,) = found
    assert failed["uri"].endswith("inbox/0017.pdf")
    assert (failed["stage"], failed["reason"]) == ("parse", "damaged")


def test_a_document_tells_what_is_known_of_it(client):
    (hit,) = search(client, limit=1)["hits"]
    about = client.get(f"/v1/documents/{hit['document_id']}").json()
    assert about["title"] == "Minutes of the board meeting 18 April 2024"
    assert (about["language"], about["media_type"], about["folder"]) == ("en", "application/pdf", "minutes")
    assert about["pages"] >= 1
    assert about["labels"][0]["label"] == "minutes"


def test_texts_are_classified_by_the_trained_classifier(client):
    texts = ["Invoice no. 4711. Amount due DKK 12,500 including 25 % VAT, payable to our bank account.", "word " * 3000]
    results = client.post("/v1/classify", json={"texts": texts}).json()["results"]
    assert results[0]["label"] == "invoice"
    assert results[0]["method"] != "zero-shot"
    for one in results:
        assert one["probability"] + sum(other["probability"] for other in one["alternatives"]) == pytest.approx(
            1, abs=1e-4
        )
        assert (one["path"], one["terms"]) == ([], [])


def test_a_classification_is_explained_where_that_is_asked(client):
    text = "Invoice no. 4711. Amount due DKK 12,500 including 25 % VAT, payable to our bank account."
    (told,) = client.post("/v1/classify", json={"texts": [text], "explain": True}).json()["results"]
    terms = {one["term"]: one["weight"] for one in told["terms"]}
    assert {"[meaning]", "[before reading]"} <= set(terms) or "[other words]" in terms
    assert terms["invoice"] > 0
    assert len(terms) <= 21


@pytest.mark.parametrize("path", ["/v1/classify", "/v1/embeddings"])
def test_too_many_or_too_long_texts_are_refused(client, path):
    name = "texts" if path.endswith("classify") else "input"
    problem(client.post(path, json={name: ["x"] * 300}), 400, "invalid-request")
    problem(client.post(path, json={name: ["x" * 200_001]}), 400, "invalid-request")


def test_embeddings_have_the_form_that_openai_clients_expect(client):
    body = {"input": ["hello", "the notice period of the lease"], "model": "sentence-transformers/all-MiniLM-L6-v2"}
    answer = client.post("/v1/embeddings", json=body).json()
    assert answer["object"] == "list"
    assert [one["index"] for one in answer["data"]] == [0, 1]
    assert answer["data"][0]["embedding"][:2] == pytest.approx([-0.0627718, 0.0549589], abs=1e-5)
    assert answer["usage"] == {"prompt_tokens": 11, "total_tokens": 11}
    packed = client.post("/v1/embeddings", json={**body, "encoding_format": "base64"}).json()["data"][0]["embedding"]
    assert struct.unpack("<384f", base64.b64decode(packed)) == pytest.approx(answer["data"][0]["embedding"])


def test_a_model_that_is_not_served_is_named(client):
    problem(client.post("/v1/embeddings", json={"input": "x", "model": "gpt-9"}), 404, "not-found")


def test_many_requests_at_once_each_get_their_own_answer(client, served):
    async def ask():
        async with httpx.AsyncClient(base_url=served.url, timeout=30) as many:
            texts = [f"text number {number}" for number in range(40)]
            answers = await asyncio.gather(*(many.post("/v1/embeddings", json={"input": text}) for text in texts))
            return texts, [one.json()["data"][0]["embedding"] for one in answers]

    texts, vectors = asyncio.run(ask())
    alone = client.post("/v1/embeddings", json={"input": texts}).json()["data"]
    for vector, one in zip(vectors, alone, strict=True):
        assert vector == pytest.approx(one["embedding"], abs=1e-5)


def test_health_readiness_schema_and_documentation_are_there(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}
    schema = client.get("/openapi.json").json()
    assert {"/v1/search", "/v1/classify", "/v1/embeddings", "/v1/documents", "/v1/documents/{document_id}"} <= set(
        schema["paths"]
    )
    assert "text/event-stream" in schema["paths"]["/v1/search"]["post"]["responses"]["200"]["content"]
    assert client.get("/docs").status_code == 200


def test_the_server_listens_on_loopback_only(served):
    port = served.url.rsplit(":", 1)[1]
    listening = subprocess.run(["ss", "-Hltn", f"sport = :{port}"], capture_output=True, text=True, check=True).stdout
    assert {line.split()[3] for line in listening.splitlines()} == {f"127.0.0.1:{port}"}
