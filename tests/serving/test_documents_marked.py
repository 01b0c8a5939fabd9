"""Where a document lies, and where in it the words of a query stand."""

from __future__ import annotations

import uuid

import pytest

from tests.serving.apps import problem
from tests.serving.pdfs import pdf

pytestmark = pytest.mark.slow

PAGES = (
    [(72, 700, "The heron keeps to the reeds")],
    [(72, 700, "Nothing of the kind here")],
    [(72, 700, "Two herons left the reeds")],
)


@pytest.fixture(scope="module")
def document(uploads):
    return uploads.add("herons.pdf", pdf(*PAGES))


def hits(uploads, document, query):
    response = uploads.client.get(f"/v1/documents/{document['id']}/hits", params={"q": query})
    assert response.status_code == 200, response.text
    return response.json()["hits"]


def words(hit):
    return [hit["passage"][start:end] for start, end in hit["highlights"]]


def test_hits_come_in_the_order_of_the_document_with_the_words_of_the_query(uploads, document):
    found = hits(uploads, document, "reeds")
    assert [(hit["page"], words(hit)) for hit in found] == [(1, ["reeds"]), (3, ["reeds"])]


def test_other_forms_of_a_word_are_hits_as_in_a_search(uploads, document):
    assert [words(hit) for hit in hits(uploads, document, "heron")] == [["heron"], ["herons"]]


def test_a_hit_has_the_span_of_the_passage_that_is_indexed(uploads, document):
    passages = uploads.client.get(f"/v1/documents/{document['id']}/text").json()["passages"]
    spans = {(one["page"], one["start"], one["end"]): one["text"] for one in passages}
    for hit in hits(uploads, document, "heron reeds"):
        assert spans[hit["page"], hit["start"], hit["end"]] == hit["passage"]


@pytest.mark.parametrize("query", ["", "  ", "albatross", "the"])
def test_a_query_none_of_whose_words_are_there_has_no_hits(uploads, document, query):
    assert hits(uploads, document, query) == []


def test_a_document_that_could_not_be_read_has_no_hits(uploads):
    assert hits(uploads, uploads.add("torn.pdf", b"%PDF-1.7\nnothing of a heron follows"), "heron") == []


def test_hits_of_a_document_that_is_not_there_are_a_problem_document(uploads):
    response = uploads.client.get(f"/v1/documents/{uuid.UUID(int=1)}/hits", params={"q": "heron"})
    problem(response, 404, "not-found")


def test_a_query_must_be_given_and_have_an_end(uploads, document):
    path = f"/v1/documents/{document['id']}/hits"
    problem(uploads.client.get(path), 422, "invalid-request")
    problem(uploads.client.get(path, params={"q": "h" * 1001}), 422, "invalid-request")


def places(uploads, document):
    return uploads.client.get(f"/v1/documents/{document['id']}").json()["places"]


def test_a_document_tells_all_places_of_its_content(uploads):
    first = uploads.add("bittern.txt", b"a bittern in two places")
    second = uploads.add("bittern.txt", b"a bittern in two places", folder="copies")
    expected = [
        {"document_id": one["id"], "uri": one["uri"], "source": "uploads"}
        for one in sorted((first, second), key=lambda one: one["uri"])
    ]
    assert places(uploads, first) == places(uploads, second) == expected
    assert uploads.client.delete(f"/v1/documents/{second['id']}").status_code == 204
    assert [one["uri"] for one in places(uploads, first)] == [first["uri"]]


def test_what_could_not_be_read_has_no_content_and_no_places(uploads):
    assert places(uploads, uploads.add("rent.pdf", b"%PDF-1.7\nno bittern follows")) == []
