"""Personal data over HTTP: what documents hold, who is looked for, what goes when it is to go."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass, replace

import pytest

from ray_app import pipeline
from ray_app.enrichment.chunking import chunk
from ray_app.ingest.enriching import enricher_of
from ray_app.ingest.watching import scan_changes
from ray_app.records import Content, Document, FileRef, Page, document_id
from ray_app.serving.personal import Part, spans_of
from ray_app.sources import originals
from ray_app.store.audit import entries
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS, REGISTRY
from ray_app.store.events import append_events, new_event, read_events
from ray_app.store.named_sources import NamedSource, save_source
from ray_app.store.points import now
from ray_app.store.scope import Scope
from ray_app.store.watchlist import scan_again
from ray_app.store.writer import write_documents
from tests.serving.apps import Api, api_over, problem, required

pytestmark = pytest.mark.anyio

CPR = "070761-4285"
TEXTS = {
    "hr/sick.txt": f"Anna Maria Jensen, CPR-nr. {CPR}, was diagnosed with diabetes. Write to anna.jensen@example.com.",
    "hr/party.txt": "The party is on Friday. Jensen, Anna brings the cake, and Bo Holm the coffee.",
    "wiki/pumps.txt": "The pump is primed before it is started. Its bearings are greased once a month.",
}
ANNA = {"name": "Anna Maria Jensen", "emails": ["anna.jensen@example.com"]}


@dataclass(frozen=True)
class There:
    """An index with what its documents hold of personal data."""

    api: Api
    settings: object
    admin: str
    reader: str

    async def ask(self, method, path, key=None, **options):
        response = await self.api.request(method, path, key or self.admin, **options)
        assert response.status_code < 300, response.text
        return response

    async def get(self, path, key=None, **options):
        return (await self.ask("GET", path, key, **options)).json()

    async def watch(self, **person):
        made = (await self.ask("POST", "/v1/watch", json=person)).json()
        await scan_changes(self.api.store, self.settings)  # what the online worker does
        return made["id"]

    async def write(self, model, path, text, *, enricher=None):
        """As an ingest does, which knows the watch list of its start."""
        splitter = pipeline.open_splitter(model, self.settings.chunking)
        enricher = enricher or await enricher_of(self.api.store, self.settings)
        enriched = pipeline.enrich([document(path, [text], splitter)], enricher)
        await write_documents(self.api.store, enriched, run="r", pipeline="p")

    async def people(self, path):
        """Who was found in a document."""
        (place,) = await self.api.store.retrieve(DOCUMENTS, [identity(path)])
        return (await self.api.store.retrieve(CONTENTS, [place.payload["content"]]))[0].payload.get("people") or []

    async def named(self, person):
        found = (await self.get(f"/v1/watch/{person}/documents"))["documents"]
        return {one["uri"].rsplit("/", 1)[-1]: one["matches"] for one in found}


def identity(path):
    return document_id("default", path.split("/")[0], f"file:///{path}")


def document(path, texts, splitter):
    """Of a text for each page."""
    sha256 = hashlib.sha256("".join(texts).encode()).hexdigest()
    pages = [Page(number, text) for number, text in enumerate(texts, start=1)]
    content = Content(
        sha256, "text/plain", path, "2025-01-01T00:00:00Z", 1, True, chunk(pages, splitter), "en", 0.9,
        stemming="en",
    )  # fmt: skip
    source, name = path.split("/")
    return Document(FileRef(f"file:///{path}", name, source, "default", sum(map(len, texts)), 0.0), sha256, content)


@pytest.fixture
async def there(settings, embedder, model):
    async with api_over(required(settings, requests_per_minute=None), embedder) as api:
        splitter = pipeline.open_splitter(model, settings.chunking)
        found = [document(path, [text], splitter) for path, text in TEXTS.items()]
        enriched = pipeline.enrich(found, await enricher_of(api.store, settings))
        enriched = pipeline.for_keeping(enriched, settings.privacy)
        await write_documents(api.store, enriched, run="r", pipeline="p")
        yield There(api, settings, await api.key("admin"), await api.key("reader", groups=("x",)))


async def test_a_document_tells_what_it_holds_and_why_that_is_a_risk(there):
    told = await there.get(f"/v1/documents/{identity('hr/sick.txt')}/entities", there.reader)
    assert told["risk"] == "high"
    assert told["reasons"][0]["text"].startswith("Words of a special category")
    assert {"what": "dk.cpr", "count": 1} in told["reasons"][0]["evidence"]
    text = TEXTS["hr/sick.txt"]
    written = {one["kind"]: text[one["start"] : one["end"]] for one in told["mentions"]}
    assert (written["dk.cpr"], written["email"]) == (CPR, "anna.jensen@example.com")
    words = [(one["category"], text[one["start"] : one["end"]]) for one in told["words"]]
    assert words == [("health", "diagnosed"), ("health", "diabetes")]


async def test_values_are_kept_masked_and_no_passage_of_an_answer_has_them(there):
    told = json.dumps(await there.get(f"/v1/documents/{identity('hr/sick.txt')}/entities"))
    assert "070761-****" in told
    assert CPR not in told
    assert "anna.jensen@" not in told


async def test_documents_are_found_and_counted_by_risk_and_kind(there):
    body = {"query": "jensen", "filters": {"risk": "high", "entity": "dk.cpr"}, "facets": ["risk"]}
    found = (await there.ask("POST", "/v1/search", json=body)).json()
    assert [hit["document_id"] for hit in found["hits"]] == [identity("hr/sick.txt")]
    assert found["facets"]["risk"] == [{"value": "high", "count": 1}]


async def test_the_report_counts_by_risk_source_kind_and_person(there):
    await there.watch(**ANNA)
    report = await there.get("/v1/privacy/report")
    assert (report["documents"], report["risk"]["high"], report["risk"]["none"]) == (3, 1, 1)
    by_source = {one["source"]: one for one in report["sources"]}
    assert (by_source["hr"]["high"], by_source["wiki"]["none"]) == (1, 1)
    assert (report["kinds"]["dk.cpr"], report["kinds"]["email"]) == (1, 1)
    assert [(one["name"], one["documents"]) for one in report["people"]] == [("Anna Maria Jensen", 2)]
    assert (await there.get("/v1/privacy/report", there.reader))["people"] is None
    only = await there.get("/v1/privacy/report", params={"source": "wiki"})
    assert (only["documents"], [one["source"] for one in only["sources"]]) == (1, ["wiki"])


async def test_the_report_names_nobody_to_an_administrator_who_may_not_see_the_watch_list(there):
    await there.watch(**ANNA)
    await save_source(there.api.store, NamedSource(name="hr", tenant="default", uri="file:///hr", groups=("board",)))
    some = await there.api.key("admin", groups=("others",))
    problem(await there.api.request("GET", "/v1/watch", some), 403, "forbidden")
    report = await there.get("/v1/privacy/report", some)
    assert (report["documents"], report["people"]) == (1, None)
    assert "Jensen" not in (await there.ask("GET", "/v1/privacy/report", some, params={"format": "csv"})).text


async def test_the_report_is_a_table_too_and_none_of_its_cells_a_formula(there):
    await there.watch(name="=1+1 Jensen")
    answer = await there.ask("GET", "/v1/privacy/report", params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[:2] == [["what", "which", "risk", "documents"], ["all", "", "", "3"]]
    assert ["source", "hr", "high", "1"] in rows
    assert ["kind", "dk.cpr", "", "1"] in rows
    assert [row[1] for row in rows if row[0] == "person"] == ["'=1+1 Jensen"]


async def test_a_watched_person_is_found_however_they_are_named(there):
    named = await there.named(await there.watch(**ANNA))
    assert set(named) == {"sick.txt", "party.txt"}
    assert {one["how"] for one in named["sick.txt"]} == {"exact", "identifier"}
    (turned,) = named["party.txt"]
    assert TEXTS["hr/party.txt"][turned["start"] : turned["end"]] == "Jensen, Anna"
    assert turned["confidence"] < 1


async def test_a_watched_person_is_a_reason_for_risk_and_a_removed_one_is_none(there):
    async def reasons():
        told = await there.get(f"/v1/documents/{identity('hr/party.txt')}/entities")
        return [one["text"] for one in told["reasons"]]

    person = await there.watch(name="Bo Holm")
    assert "A person on a watch list is named" in await reasons()
    await there.ask("DELETE", f"/v1/watch/{person}")
    await scan_changes(there.api.store, there.settings)
    assert "A person on a watch list is named" not in await reasons()
    problem(await there.api.request("GET", f"/v1/watch/{person}/documents", there.admin), 404, "not-found")


async def test_a_change_revokes_what_no_longer_holds_and_tells_the_difference(there):
    person = await there.watch(**ANNA)
    await there.ask("PUT", f"/v1/watch/{person}", json={"name": "Bo Holm"})
    assert (await there.get("/v1/watch"))["people"][0]["state"] == "pending"
    await scan_changes(there.api.store, there.settings)
    assert set(await there.named(person)) == {"party.txt"}
    events = await read_events(there.api.store, Scope("default"), topics=["privacy"])
    last = {one.data["document"]: (one.data["added"], one.data["revoked"]) for one in events[2:]}
    assert last == {identity("hr/sick.txt"): (0, 2), identity("hr/party.txt"): (1, 1)}
    assert {one.data["person"] for one in events} == {person}


async def test_who_is_removed_before_the_first_look_is_found_nowhere(there, model):
    person = (await there.ask("POST", "/v1/watch", json={"name": "Bo Holm"})).json()["id"]
    await there.write(model, "hr/late.txt", "Bo Holm was late.")  # an ingest begins, and knows of him
    assert await there.people("hr/late.txt") == [person]
    await there.ask("DELETE", f"/v1/watch/{person}")
    await scan_changes(there.api.store, there.settings)
    assert await there.people("hr/late.txt") == []


async def test_what_a_run_writes_of_someone_removed_meanwhile_is_revoked_when_it_ends(there, model):
    begun = now()
    person = await there.watch(name="Bo Holm")
    known = await enricher_of(there.api.store, there.settings)
    await there.ask("DELETE", f"/v1/watch/{person}")
    await scan_changes(there.api.store, there.settings)
    await there.write(model, "hr/late.txt", "Bo Holm was late.", enricher=known)
    assert await there.people("hr/late.txt") == [person]
    await scan_again(there.api.store, "default", since=begun)
    await scan_changes(there.api.store, there.settings)
    assert await there.people("hr/late.txt") == []
    registry, _ = await there.api.store.scroll(REGISTRY, limit=1000)
    assert "Bo Holm" not in str([one.payload for one in registry])


async def test_only_documents_that_a_change_can_matter_to_are_looked_through(there):
    await there.ask("POST", "/v1/watch", json={"name": "Bo Holm"})
    assert await scan_changes(there.api.store, there.settings) == 1
    assert await scan_changes(there.api.store, there.settings) == 0
    assert [one["state"] for one in (await there.get("/v1/watch"))["people"]] == ["followed"]


async def test_a_text_without_personal_data_is_made_when_asked_for(there):
    await there.watch(name="Bo Holm")
    sick = await there.get(f"/v1/documents/{identity('hr/sick.txt')}/redacted", there.reader)
    text = sick["pages"][0]["text"]
    assert CPR not in text
    assert "[dk.cpr]" in text
    assert "[email]" in text
    assert sick["removed"]["email"] == 1
    party = (await there.get(f"/v1/documents/{identity('hr/party.txt')}/redacted"))["pages"][0]["text"]
    assert "Bo Holm" not in party
    kept = await there.get(f"/v1/documents/{identity('hr/sick.txt')}/redacted", params={"keep": "email"})
    assert "anna.jensen@example.com" in kept["pages"][0]["text"]


async def test_a_surname_alone_goes_from_every_part_where_the_full_name_stands_in_another(there, model):
    await there.watch(name="Kirstine Bramsn\u00e6s")
    texts = ["Kirstine Bramsn\u00e6s was appointed.", "The salary of Bramsn\u00e6s was raised."]
    splitter = pipeline.open_splitter(model, there.settings.chunking)
    await write_documents(there.api.store, [document("hr/pay.txt", texts, splitter)], run="r", pipeline="p")
    url = f"/v1/documents/{identity('hr/pay.txt')}/redacted"
    whole = await there.get(url)
    assert [page["text"] for page in whole["pages"]][1] == "The salary of [person] was raised."
    first = await there.get(url, params={"limit": 1})
    second = await there.get(url, params={"limit": 1, "start": first["next"]})
    assert [*first["pages"], *second["pages"]] == whole["pages"]
    assert second["next"] is None


async def test_what_stands_across_the_border_of_two_parts_goes_from_both(there):
    text = TEXTS["hr/sick.txt"]
    start, border = text.index(CPR), text.index(CPR) + 3
    parts = [Part(1, 0, border), Part(1, border, len(text))]
    enricher = await enricher_of(there.api.store, there.settings)
    before, behind = spans_of([Page(1, text)], parts, enricher, frozenset())
    assert (start, border, "dk.cpr") in before
    assert (border, start + len(CPR), "dk.cpr") in behind


async def test_subject_access_gives_all_that_names_somebody_without_watching_them(there):
    answer = await there.ask("POST", "/v1/privacy/subject-access", json=ANNA)
    *found, end = map(json.loads, answer.text.splitlines())
    assert end == {"done": True, "documents": 2, "read": 2}
    by_uri = {one["uri"]: one for one in found}
    assert set(by_uri) == {"file:///hr/sick.txt", "file:///hr/party.txt"}
    assert "diabetes" in by_uri["file:///hr/sick.txt"]["matches"][0]["text"]
    assert (await there.get("/v1/watch"))["people"] == []
    log, _ = await entries(there.api.store, "default", limit=10)
    assert "Jensen" not in log[0].model_dump_json()


async def test_no_document_is_left_out_because_another_lies_at_many_places(there, model):
    splitter = pipeline.open_splitter(model, there.settings.chunking)
    footer = document("hr/footer.txt", ["Kind regards, Anna Maria Jensen"], splitter)
    copies = [replace(footer, ref=replace(footer.ref, uri=f"file:///hr/{number}.txt")) for number in range(1200)]
    await write_documents(there.api.store, copies, run="r", pipeline="p")
    answer = await there.ask("POST", "/v1/privacy/subject-access", json=ANNA)
    *found, end = map(json.loads, answer.text.splitlines())
    assert end["documents"] == end["read"] == len(found) == 3
    assert sorted(len(one["places"]) for one in found) == [1, 1, 1200]
    person = await there.watch(**ANNA)
    assert len((await there.get(f"/v1/watch/{person}/documents"))["documents"]) == 3


async def test_an_erasure_proves_what_went_and_what_is_left(there):
    sha256 = hashlib.sha256(TEXTS["hr/sick.txt"].encode()).hexdigest()
    where = there.settings.originals_url, "default", sha256
    originals.put(*where, TEXTS["hr/sick.txt"].encode(), there.settings.sources)
    body = {"document_ids": [identity("hr/sick.txt")], "reason": "asked by letter of 1 May"}
    proof = (await there.ask("POST", "/v1/privacy/erasures", json=body)).json()
    (erased,) = proof["documents"]
    assert (erased["passages"], erased["original"], erased["left"]) == (1, True, [])
    assert erased["mentions"] >= 2
    assert originals.size(*where, there.settings.sources) is None
    assert await there.api.store.count(CHUNKS) == 2
    told = {name: value for name, value in proof.items() if name != "digest"}
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == proof["digest"]
    log, _ = await entries(there.api.store, "default", limit=10)
    assert proof["digest"] in log[0].detail


async def test_a_copy_elsewhere_is_named_by_the_proof(there, model):
    splitter = pipeline.open_splitter(model, there.settings.chunking)
    await write_documents(
        there.api.store, [document("wiki/copy.txt", TEXTS["hr/sick.txt"], splitter)], run="r", pipeline="p"
    )
    body = {"document_ids": [identity("hr/sick.txt")], "reason": "asked"}
    (erased,) = (await there.ask("POST", "/v1/privacy/erasures", json=body)).json()["documents"]
    assert (erased["passages"], erased["left"]) == (0, ["its content, which lies at 1 other places"])


async def test_files_inside_go_with_a_document_and_the_proof_tells_of_their_copies(there, model):
    splitter = pipeline.open_splitter(model, there.settings.chunking)
    letter, copy = document("hr/mail.eml", ["See attached."], splitter), document("wiki/cv.txt", ["Mine."], splitter)
    ref = replace(copy.ref, uri="file:///hr/mail.eml!/cv.txt", source="hr", parent=letter.ref.uri)
    inside = Document(ref, copy.sha256, copy.content)
    await write_documents(there.api.store, [replace(letter, children=(inside,)), copy], run="r", pipeline="p")
    attached = document_id("default", "hr", ref.uri)
    told = [new_event("privacy", tenant="default", source="hr", data={"document": one}) for one in (attached, "other")]
    await append_events(there.api.store, told)
    body = {"document_ids": [identity("hr/mail.eml")], "reason": "asked"}
    (erased,) = (await there.ask("POST", "/v1/privacy/erasures", json=body)).json()["documents"]
    assert (erased["passages"], erased["files_inside"]) == (1, 1)
    (left,) = erased["left"]
    assert "of a file inside it, which lies at 1 other places" in left
    events = await read_events(there.api.store, Scope("default"), topics=["privacy"])
    assert [one.data["document"] for one in events] == ["other"]
    body = {"document_ids": [identity("wiki/cv.txt")], "reason": "asked"}
    (erased,) = (await there.ask("POST", "/v1/privacy/erasures", json=body)).json()["documents"]
    assert (erased["passages"], erased["left"]) == (1, [])


async def test_nothing_is_erased_where_one_of_the_documents_is_not_there(there):
    body = {"document_ids": [identity("hr/sick.txt"), identity("hr/none.txt")], "reason": "asked"}
    refused = await there.api.request("POST", "/v1/privacy/erasures", there.admin, json=body)
    problem(refused, 404, "not-found")
    assert await there.api.store.count(CHUNKS) == 3


async def test_the_watch_list_is_for_administrators_who_see_every_source(there):
    problem(await there.api.request("GET", "/v1/watch", there.reader), 403, "forbidden")
    some = await there.api.key("admin", groups=("x",))
    await save_source(
        there.api.store, NamedSource(name="hr", tenant="default", uri="file:///hr", groups=("personnel",))
    )
    problem(await there.api.request("GET", "/v1/watch", some), 403, "forbidden")
