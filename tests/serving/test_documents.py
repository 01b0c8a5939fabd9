"""Uploads over HTTP: a real application, a real index, a real online worker."""

from __future__ import annotations

import asyncio
import io
import socket
import time
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from ray_app.sources.incoming import Incoming
from ray_app.store.collections import DOCUMENTS
from ray_app.store.owner import find_owner
from ray_app.store.queue import count_waiting, enqueue, keep_for_retry, upload_entry
from tests.conftest import run_cli
from tests.serving.pdfs import pdf
from tests.serving.test_api import problem

pytestmark = pytest.mark.slow

DAMAGED = b"%PDF-1.7\nnothing of a PDF follows"


def ask(uploads, work):
    """Runs `work(store)` on the index that the server has."""
    return asyncio.run(work(find_owner(uploads.settings.index_dir)))


def nothing_waits(uploads):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not ask(uploads, lambda store: count_waiting(store, "default")):
            return
        time.sleep(0.05)
    raise AssertionError("the queue is not empty")


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.txt", text)
    return buffer.getvalue()


def gone(uploads, document):
    return uploads.client.get(f"/v1/documents/{document['id']}").status_code == 404


def test_an_upload_is_indexed_and_found(uploads):
    (accepted,) = uploads.post(("memo.txt", b"The zeppelin leaves on Thursday."), folder="notes/2025", tags="a, b")
    assert accepted["outcome"] in ("queued", "processing")
    assert accepted["uri"] == "upload://uploads/notes/2025/memo.txt"
    done = uploads.settled(accepted)
    assert (done["outcome"], done["folder"], done["tags"], done["attempts"]) == ("indexed", "notes/2025", ["a", "b"], 1)
    assert done["queued"] <= done["finished"]
    assert done["title"] == "memo"
    assert uploads.found("zeppelin") == {accepted["uri"]}


def test_the_answer_names_the_new_document(uploads):
    response = uploads.client.post("/v1/documents", files={"file": ("named.txt", b"whom to thank")})
    assert response.status_code == 202
    assert response.headers["location"] == f"/v1/documents/{response.json()['documents'][0]['id']}"


def test_a_pdf_is_found_with_its_page_and_its_text_is_given_in_order(uploads):
    done = uploads.add(
        "voyage.pdf", pdf([(72, 700, "Departure of the barkentine")], [(72, 700, "Arrival in Valparaiso")])
    )
    (hit,) = uploads.client.post("/v1/search", json={"query": "valparaiso", "mode": "lexical"}).json()["hits"]
    assert (hit["document_id"], hit["page"]) == (done["id"], 2)
    text = uploads.client.get(f"/v1/documents/{done['id']}/text").json()
    assert [(one["page"], one["text"].strip()) for one in text["passages"]] == [
        (1, "Departure of the barkentine"),
        (2, "Arrival in Valparaiso"),
    ]
    assert text["next"] is None


def test_text_comes_page_by_page(uploads):
    done = uploads.add("pages.pdf", pdf(*([(72, 700, f"Chapter number {number}")] for number in range(5))))
    seen, start = [], 0
    while start is not None:
        page = uploads.client.get(f"/v1/documents/{done['id']}/text", params={"limit": 2, "start": start}).json()
        seen += [one["page"] for one in page["passages"]]
        start = page["next"]
    assert seen == [1, 2, 3, 4, 5]


def test_several_files_of_one_request_are_documents_of_their_own(uploads):
    accepted = uploads.post(("one.txt", b"first of several"), ("two.txt", b"second of several"), source="batch")
    assert [uploads.settled(one)["outcome"] for one in accepted] == ["indexed", "indexed"]
    listed = uploads.client.get("/v1/documents", params={"source": "batch"}).json()["documents"]
    assert {one["uri"] for one in listed} == {"upload://batch/one.txt", "upload://batch/two.txt"}


def test_documents_can_be_listed_by_tag(uploads):
    uploads.add("tagged.txt", b"marked for later", tags="urgent")
    listed = uploads.client.get("/v1/documents", params={"tag": "urgent"}).json()["documents"]
    assert [one["uri"] for one in listed] == ["upload://uploads/tagged.txt"]


@pytest.mark.parametrize("size", [(2 << 20) + 1, 5 << 20])
def test_a_file_over_the_limit_is_refused_and_leaves_nothing(uploads, size):
    before = uploads.stored()
    response = uploads.post(("fine.txt", b"this one would be fine"), ("large.txt", b"x" * size), status=413)
    problem(response, 413, "too-large")
    assert uploads.stored() == before
    assert not uploads.found("fine")


def test_a_file_at_the_limit_is_taken(uploads):
    data = b"little text in much space".ljust(2 << 20, b"\n")
    assert uploads.add("limit.txt", data, source="limits")["size"] == 2 << 20


@pytest.mark.parametrize("name", ["program", "invoice.pdf", "page.html"])
def test_what_no_parser_reads_is_refused_by_its_content_whatever_its_name(uploads, name):
    before = uploads.stored()
    response = uploads.post((name, b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 40), status=415)
    problem(response, 415, "unsupported-media-type")
    assert uploads.stored() == before


@pytest.mark.parametrize(
    ("content", "headers", "status", "kind"),
    [
        (b"{}", {"Content-Type": "application/json"}, 415, "unsupported-media-type"),
        (b"", {}, 415, "unsupported-media-type"),
        (b"no boundary", {"Content-Type": "multipart/form-data; boundary=xx"}, 400, "invalid-request"),
        (b"--xx--\r\n", {"Content-Type": "multipart/form-data; boundary=xx"}, 400, "invalid-request"),
        (
            b'--xx\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\ncut off',
            {"Content-Type": "multipart/form-data; boundary=xx"},
            400,
            "invalid-request",
        ),
    ],
)
def test_a_body_that_is_no_form_is_a_problem_document(uploads, content, headers, status, kind):
    before = uploads.stored()
    problem(uploads.client.post("/v1/documents", content=content, headers=headers), status, kind)
    assert uploads.stored() == before


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"source": "../other"}, "invalid-name"),
        ({"colour": "red"}, "invalid-request"),
        ({"folder": "f" * 1001}, "invalid-name"),
    ],
)
def test_wrong_fields_are_named(uploads, fields, kind):
    problem(uploads.post(("field.txt", b"of no use"), status=422, **fields), 422, kind)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("../../etc/passwd", "passwd"),
        ("/etc/shadow", "shadow"),
        ("C:\\temp\\evil.txt", "evil.txt"),
        ("a!/b.txt", "b.txt"),
        ("bang!.txt", "bang!.txt"),
        ("smørrebrød 100%.txt", "smørrebrød 100%.txt"),
        ('quo"te;x=y.txt', None),
    ],
)
def test_hostile_names_stay_below_their_source(uploads, name, path):
    done = uploads.add(name, f"content of {name}".encode(), source="hostile")
    assert done["outcome"] == "indexed"
    assert done["uri"].startswith("upload://hostile/")
    assert "/" not in done["uri"].removeprefix("upload://hostile/")
    assert "!/" not in done["uri"]
    if path:
        downloaded = uploads.client.get(f"/v1/documents/{done['id']}/original")
        assert (
            httpx.QueryParams(f"n={downloaded.headers['content-disposition'].partition(chr(39) * 2)[2]}")["n"] == path
        )


def test_a_second_upload_replaces_the_first_under_the_same_id(uploads):
    first = uploads.add("draft.txt", b"The first version speaks of marmalade.")
    kept = uploads.stored()
    second = uploads.add("draft.txt", b"The second version speaks of chutney.")
    assert second["id"] == first["id"]
    assert (uploads.found("marmalade"), uploads.found("chutney")) == (set(), {first["uri"]})
    nothing_waits(uploads)
    assert len(uploads.stored()) == len(kept), "the first version's original is erased"


def test_content_can_be_put_under_an_id(uploads):
    first = uploads.add("put.txt", b"Before, there were lanterns.", tags="kept")
    response = uploads.client.put(f"/v1/documents/{first['id']}/content", content=b"Afterwards, there were torches.")
    assert response.status_code == 202
    assert uploads.settled(first)["tags"] == ["kept"]
    assert (uploads.found("lanterns"), uploads.found("torches")) == (set(), {first["uri"]})
    too_large = uploads.client.put(f"/v1/documents/{first['id']}/content", content=b"x" * (3 << 20))
    problem(too_large, 413, "too-large")


def test_a_replacement_that_fails_leaves_the_old_version_found_and_stale(uploads):
    first = uploads.add("contract.pdf", pdf([(72, 700, "The ombudsman decides")]))
    failed = uploads.add("contract.pdf", DAMAGED)
    assert (failed["outcome"], failed["stage"], failed["reason"], failed["stale"]) == (
        "quarantined",
        "parse",
        "damaged",
        True,
    )
    assert uploads.found("ombudsman") == {first["uri"]}
    original = uploads.client.get(f"/v1/documents/{first['id']}/original").content
    assert original == pdf([(72, 700, "The ombudsman decides")])
    repaired = uploads.add("contract.pdf", pdf([(72, 700, "The ombudsman decides")]))
    assert (repaired["outcome"], repaired["stale"], repaired["reason"]) == ("indexed", False, None)


def test_the_same_content_at_a_second_path_is_a_duplicate(uploads):
    first = uploads.add("copy-1.txt", b"one text at two places")
    second = uploads.add("copy-2.txt", b"one text at two places")
    assert (first["outcome"], second["outcome"]) == ("indexed", "duplicate")
    assert uploads.found("places", filters={"source": "uploads"}) >= {first["uri"], second["uri"]}


def test_erasing_removes_the_text_and_the_original(uploads):
    nothing_waits(uploads)
    before = uploads.stored()
    document = uploads.add("secret.txt", b"The combination is kumquat.")
    assert len(uploads.stored() - before) == 1
    assert uploads.client.delete(f"/v1/documents/{document['id']}").status_code == 204
    assert uploads.stored() == before
    assert gone(uploads, document)
    assert uploads.found("kumquat") == set()
    assert left_of(uploads, document) == (0, 0)


def left_of(uploads, document):
    """Contents and passages with the document's hash."""
    from ray_app.records import content_id
    from ray_app.store.protocol import AnyOf, Filter

    identity = content_id("default", document["sha256"])

    async def count(store):
        passages = await store.count("chunks", Filter([AnyOf("content", [identity])]))
        return len(await store.retrieve("contents", [identity])), passages

    return ask(uploads, count)


def test_erasing_one_of_two_places_keeps_what_the_other_has(uploads):
    first = uploads.add("twin-1.txt", b"twins in two places: persimmon")
    second = uploads.add("twin-2.txt", b"twins in two places: persimmon")
    assert uploads.client.delete(f"/v1/documents/{first['id']}").status_code == 204
    assert uploads.found("persimmon") == {second["uri"]}
    assert uploads.client.get(f"/v1/documents/{second['id']}/original").content.endswith(b"persimmon")
    assert uploads.client.delete(f"/v1/documents/{second['id']}").status_code == 204
    assert left_of(uploads, second) == (0, 0)


def test_erasing_an_archive_erases_what_lies_inside(uploads):
    archive = uploads.add("box.zip", zipped(pear="a pear called conference", plum="a plum called mirabelle"))
    listed = uploads.client.get("/v1/documents", params={"limit": 1000}).json()["documents"]
    inside = [one for one in listed if one["parent"] == archive["id"]]
    assert len(inside) == 2
    problem(uploads.client.delete(f"/v1/documents/{inside[0]['id']}"), 409, "conflict")
    assert uploads.client.delete(f"/v1/documents/{archive['id']}").status_code == 204
    assert (uploads.found("conference"), uploads.found("mirabelle")) == (set(), set())
    assert all(gone(uploads, one) for one in inside)


def test_erasing_what_could_not_be_read_erases_its_original(uploads):
    nothing_waits(uploads)
    before = uploads.stored()
    document = uploads.add("damaged.pdf", DAMAGED + b" at all")
    assert (document["outcome"], document["reason"]) == ("quarantined", "damaged")
    assert len(uploads.stored() - before) == 1, "it is kept for another try"
    assert uploads.client.delete(f"/v1/documents/{document['id']}").status_code == 204
    assert uploads.stored() == before


def test_an_upload_erased_while_it_waits_does_not_come_back(uploads):
    nothing_waits(uploads)
    before = uploads.stored()
    accepted = uploads.post(*((f"hasty-{number}.txt", f"hasty text {number}".encode()) for number in range(12)))
    for one in accepted:
        assert uploads.client.delete(f"/v1/documents/{one['id']}").status_code == 204
    nothing_waits(uploads)
    assert all(gone(uploads, one) for one in accepted)
    assert uploads.found("hasty") == set()
    assert uploads.stored() == before


def test_a_document_is_processed_again(uploads):
    document = uploads.add("again.txt", b"once more with feeling")
    response = uploads.client.post(f"/v1/documents/{document['id']}/reprocess")
    assert response.status_code == 202
    assert response.json()["outcome"] in ("queued", "processing", "indexed")
    again = uploads.settled(document)
    nothing_waits(uploads)
    assert again["outcome"] == "indexed"
    assert uploads.client.get(f"/v1/documents/{document['id']}").json()["finished"] > document["finished"]
    assert uploads.found("feeling") == {document["uri"]}
    assert uploads.client.get(f"/v1/documents/{document['id']}/original").content == b"once more with feeling"


def test_an_ingest_that_deletes_what_is_missing_leaves_uploads_alone(uploads, cluster, tmp_path):
    document = uploads.add("stays.txt", b"this quince stays")
    (tmp_path / "file.txt").write_text("a file of the folder, with rhubarb")
    environment = cluster.environment(uploads.settings.data_dir)
    run_cli("ingest", str(tmp_path), "--source", "uploads", environment=environment)
    (tmp_path / "file.txt").unlink()
    (tmp_path / "other.txt").write_text("another file")
    run_cli("ingest", str(tmp_path), "--source", "uploads", "--delete-missing", environment=environment)
    assert uploads.found("rhubarb") == set()
    assert uploads.found("quince") == {document["uri"]}
    assert uploads.client.get(f"/v1/documents/{document['id']}/original").content == b"this quince stays"


def test_many_uploads_at_once_are_all_indexed(uploads):
    def add(number):
        return uploads.post(*((f"c{number}-{i}.txt", f"concurrent text {number} {i}".encode()) for i in range(3)))

    with ThreadPoolExecutor(8) as pool:
        accepted = [one for some in pool.map(add, range(8)) for one in some]
    assert len({one["id"] for one in accepted}) == 24
    assert {uploads.settled(one)["outcome"] for one in accepted} == {"indexed"}


def test_uploads_to_one_path_at_once_end_with_one_of_them(uploads):
    nothing_waits(uploads)
    before = uploads.stored()
    with ThreadPoolExecutor(6) as pool:
        accepted = list(pool.map(lambda n: uploads.post(("race.txt", b"racing pigeon %d" % n))[0], range(6)))
    assert len({one["id"] for one in accepted}) == 1
    nothing_waits(uploads)
    assert uploads.settled(accepted[0])["outcome"] == "indexed"
    text = uploads.client.get(f"/v1/documents/{accepted[0]['id']}/text").json()["passages"]
    original = uploads.client.get(f"/v1/documents/{accepted[0]['id']}/original").content
    assert [one["text"].encode() for one in text] == [original]
    assert len(uploads.stored() - before) == 1


def test_a_client_that_goes_away_leaves_nothing(uploads):
    nothing_waits(uploads)
    before = uploads.stored()
    url = uploads.client.base_url
    with socket.create_connection((url.host, url.port)) as connection:
        connection.sendall(
            b"POST /v1/documents HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n"
            b"Content-Type: multipart/form-data; boundary=xx\r\n\r\n"
            b'--xx\r\nContent-Disposition: form-data; name="file"; filename="left.txt"\r\n\r\nhalf of it'
        )
        deadline = time.monotonic() + 30
        while uploads.stored() == before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert uploads.stored() != before, "it is being received"
    while uploads.stored() != before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert uploads.stored() == before


def test_what_ended_the_worker_too_often_goes_into_quarantine(uploads):
    entry = put_aside(uploads, "deadly.txt", b"three workers died of this").model_copy(update={"begun": 3})
    ask(uploads, lambda store: enqueue(store, [entry]))
    about = uploads.settled({"id": entry.document})
    assert (about["outcome"], about["stage"], about["reason"], about["attempts"]) == (
        "quarantined",
        "online",
        "crashed",
        4,
    )
    assert uploads.client.post(f"/v1/documents/{entry.document}/reprocess").status_code == 202
    nothing_waits(uploads)
    assert uploads.settled({"id": entry.document})["outcome"] == "indexed", "by hand it is given another try"


def put_aside(uploads, path, data):
    """Bytes as an upload leaves them, and the entry that is not in the queue yet."""
    ticket, settings = str(uuid.uuid4()), uploads.settings
    incoming = Incoming(settings.originals_url, "default", ticket, settings.sources)
    incoming.write(data)
    incoming.finish()
    return upload_entry(
        ticket=ticket, tenant="default", source="uploads", path=path, sha256=incoming.sha256, size=len(data)
    )


@pytest.mark.anyio
async def test_an_upload_that_is_kept_for_another_try_does_not_count_as_waiting(guarded):
    entry = upload_entry(
        ticket=str(uuid.uuid4()), tenant="default", source="uploads", path="a.txt", sha256="0" * 64, size=1
    )
    await enqueue(guarded.store, [entry])
    await keep_for_retry(guarded.store, entry)
    await guarded.store.set_payload(DOCUMENTS, [entry.document], {"outcome": "quarantined"})
    about = await guarded.request("GET", f"/v1/documents/{entry.document}", await guarded.key())
    assert about.json()["outcome"] == "quarantined"


def test_a_failure_that_passes_is_tried_again(uploads):
    entry = put_aside(uploads, "late.txt", b"late but not lost: medlar")
    place = next(path for path in uploads.stored() if path.name == entry.id)
    data = place.read_bytes()
    place.unlink()
    place.mkdir()  # it cannot be read now
    ask(uploads, lambda store: enqueue(store, [entry]))
    deadline = time.monotonic() + 60
    while not uploads.client.get(f"/v1/documents/{entry.document}").json()["detail"]:
        assert time.monotonic() < deadline
    place.rmdir()
    place.write_bytes(data)
    about = uploads.settled({"id": entry.document})
    assert (about["outcome"], about["attempts"] > 1) == ("indexed", True)
    assert uploads.found("medlar") == {entry.uri}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/text"),
        ("GET", "/original"),
        ("GET", "/pages/1.png"),
        ("PUT", "/content"),
        ("POST", "/reprocess"),
        ("DELETE", ""),
    ],
)
def test_a_document_that_is_not_there_is_a_problem_document(uploads, method, path):
    for identity in (uuid.UUID(int=1), "nonsense"):
        problem(uploads.client.request(method, f"/v1/documents/{identity}{path}"), 404, "not-found")


def test_the_command_line_puts_uploads_back_into_the_queue(uploads, cluster):
    document = uploads.add("hopeless.pdf", DAMAGED + b", again")
    environment = cluster.environment(uploads.settings.data_dir)
    said = run_cli("quarantine", "retry", document["id"], environment=environment)
    assert "1 uploaded documents wait" in said.stdout
    nothing_waits(uploads)
    again = uploads.settled(document)
    assert (again["outcome"], again["reason"]) == ("quarantined", "damaged")
    assert again["finished"] > document["finished"]


def test_subscribers_hear_of_each_step_and_what_is_erased_leaves_one_event(uploads):
    from ray_app.store.events import end_of_log, read_events
    from ray_app.store.scope import Scope

    before = ask(uploads, end_of_log)
    document = uploads.add("heard.txt", b"heard by those who listen")

    def steps():
        events = ask(uploads, lambda store: read_events(store, Scope("default"), after=before, topics=["document"]))
        assert all(event.source == "uploads" for event in events)
        assert "heard" not in str(events)
        return [event.data["outcome"] for event in events if event.data["document"] == document["id"]]

    assert steps() == ["queued", "processing", "indexed"]
    assert uploads.client.delete(f"/v1/documents/{document['id']}").status_code == 204
    assert steps()[0] == "deleted"
