"""Whole ingests on real Ray, with files that come, change, move, break and go."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
from dataclasses import replace

import pytest
from rich.console import Console

from ray_app.backfill.run import fill
from ray_app.errors import ConfigurationError, DeletionRefusedError, SourceBusyError, SourceError
from ray_app.ingest.display import Display
from ray_app.ingest.hold import sources_held
from ray_app.ingest.run import Work, ingest
from ray_app.models.classification.training import train
from ray_app.models.embedder import open_embedder
from ray_app.models.registry import current_version, publish
from ray_app.search.request import SearchRequest
from ray_app.search.searcher import Searcher, answer
from ray_app.settings import NamesSettings, OcrSettings, ParsingSettings
from ray_app.store import open_store
from ray_app.store.annotations import Stated, state_labels
from ray_app.store.collections import CHUNKS, CONTENTS, DOCUMENTS
from ray_app.store.protocol import AnyOf, Filter
from ray_app.store.runs import latest_runs, outcomes, quarantined
from ray_app.store.scope import Scope
from tests.conftest import EXAMPLES
from tests.models.letters import letters

TEXTS = (
    "The lease of the warehouse ends with a notice period of six months.",
    "The salinity probe drifts when its electrode is dry.",
    "A good bread needs flour, water, salt and a long night.",
    "The compass shows north on the steel hull too.",
    "Invoices are paid within thirty days of their date.",
)
COUNTS = ("documents", "indexed", "unchanged", "duplicate", "quarantined", "deleted")


def run(settings, *uris, **work):
    display = Display(Console(file=io.StringIO()), stall_warning_s=60)
    return ingest(Work([str(uri) for uri in uris], **work), settings, display)


def counts(summary):
    return tuple(getattr(summary, name) for name in COUNTS)


def asked(settings, question):
    async def ask():
        store = await open_store(settings)
        try:
            return await question(store)
        finally:
            await store.close()

    return asyncio.run(ask())


def stored(settings, collection):
    found, _ = asked(settings, lambda store: store.scroll(collection, limit=1000))
    return {one.id: one.payload for one in found}


def state(settings):
    """All points but for times and runs."""
    return [
        {
            identity: {
                name: rounded(value) for name, value in payload.items() if name not in ("updated", "run", "doubt")
            }
            for identity, payload in stored(settings, collection).items()
        }
        for collection in (DOCUMENTS, CONTENTS, CHUNKS)
    ]


def rounded(value):
    """Probabilities but for the last digits, which depend on what else was in the batch."""
    if isinstance(value, list) and value and isinstance(value[0], dict) and "probability" in value[0]:
        return [{**label, "probability": round(label["probability"], 3)} for label in value]
    return value


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "papers"
    for name in (
        "letter/recall-notice-customers.pdf",
        "policy/sygefravaer.html",
        "technical-note/TN-044-potting-compound.md",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(EXAMPLES / "documents" / name, folder / name)
    (folder / "note.txt").write_text("The salinity probe drifts when its electrode is dry.")
    shutil.copy(EXAMPLES / "inbox" / "0017.pdf", folder / "broken.pdf")
    (folder / "empty.txt").write_text("")
    return folder


@pytest.fixture
def listed(folder):
    return sum(1 for path in folder.rglob("*") if path.is_file())


def test_the_life_of_a_folder(owned, folder, listed):
    """One index through all that can happen to files; each run starts a pipeline, so they share one test."""
    first = run(owned, folder)
    assert counts(first) == (listed, listed - 1, 0, 0, 1, 0)
    assert first.chunks == len(stored(owned, CHUNKS)) > listed
    (failed,) = asked(owned, lambda store: quarantined(store, owned.tenant, limit=10))[0]
    assert (failed.payload["stage"], failed.payload["reason"]) == ("parse", "damaged")
    (empty,) = [one for one in stored(owned, CONTENTS).values() if not one["has_text"]]
    assert (empty["title"], empty["labels"], empty["chunks"]) == ("empty", [], 1)

    before = state(owned)
    again = run(owned, folder)
    assert counts(again) == (listed, 0, listed, 0, 0, 0)
    assert again.chunks == 0
    assert state(owned) == before

    (folder / "note.txt").write_text("The compass shows north.")
    shutil.copy(folder / "policy" / "sygefravaer.html", folder / "copy.html")
    os.utime(folder / "empty.txt", (1, 1))
    changed = run(owned, folder)
    assert counts(changed) == (listed + 1, 1, listed - 1, 1, 0, 0)
    texts = [chunk["text"] for chunk in stored(owned, CHUNKS).values()]
    assert "The compass shows north." in texts
    assert not any("salinity probe drifts when" in text for text in texts)

    (folder / "copy.html").unlink()
    (folder / "note.txt").unlink()
    kept = run(owned, folder)
    assert counts(kept) == (listed - 1, 0, listed - 1, 0, 0, 0)
    assert len(stored(owned, DOCUMENTS)) == listed + 1
    cleaned = run(owned, folder, delete_missing=True)
    assert counts(cleaned) == (listed - 1, 0, listed - 1, 0, 0, 2)
    assert len(stored(owned, DOCUMENTS)) == listed - 1
    assert "The compass shows north." not in [chunk["text"] for chunk in stored(owned, CHUNKS).values()]
    assert asked(owned, lambda store: outcomes(store, owned.tenant)) == {"indexed": listed - 2, "quarantined": 1}

    runs = asked(owned, lambda store: latest_runs(store, owned.tenant, limit=10))
    assert [one.state for one in runs] == ["finished"] * 5
    assert {one.id for one in runs} == {one.run_id for one in (first, again, changed, kept, cleaned)}


@pytest.mark.slow
def test_words_are_searchable_at_once_and_meaning_after_a_backfill(owned, tmp_path, model):
    """In passes of two documents each, so that a source takes several."""
    for number, text in enumerate(TEXTS):
        (tmp_path / f"{number}.txt").write_text(text)
        os.utime(tmp_path / f"{number}.txt", (number * 86400, number * 86400))
    small = owned.model_copy(update={"ingest": owned.ingest.model_copy(update={"round_documents": 2})})
    summary = run(small, tmp_path, embed="later")
    assert counts(summary) == (5, 5, 0, 0, 0, 0)
    assert summary.chunks == 5
    assert found(owned, model, "how is a loaf made", mode="dense") == []
    assert found(owned, model, "notice period of the lease")[0].endswith("/0.txt")
    display = Display(Console(file=io.StringIO()), stall_warning_s=60)
    newest = fill("embedding", small, display, limit=2)
    assert (newest.contents, newest.chunks, newest.failed) == (2, 2, 0)
    assert sorted(one.rsplit("/", 1)[1] for one in found(owned, model, "x", mode="dense")) == ["3.txt", "4.txt"]
    assert fill("embedding", small, display).contents == 3
    assert found(owned, model, "how is a loaf made", mode="dense")[0].endswith("/2.txt")
    assert all(one["labels"] and not one["pending"] for one in stored(owned, CONTENTS).values())
    assert fill("embedding", small, display).contents == 0


@pytest.mark.slow
def test_a_new_classifier_judges_what_is_indexed_and_touches_nothing_else(owned, tmp_path, model, embedder):
    for number, text in enumerate(TEXTS):
        (tmp_path / f"{number}.txt").write_text(text)
    run(owned, tmp_path)
    before = stored(owned, CONTENTS)
    stated = next(iter(before))
    said = Stated(tenant="default", content=stated, labels=("letter",), who="u1 (Ulla)")
    asked(owned, lambda store: state_labels(store, said))
    publish(train(letters_of(embedder), embedding=embedder.manifest.fingerprint), owned)
    display = Display(Console(file=io.StringIO()), stall_warning_s=60)
    filled = fill("labels", owned, display)
    assert (filled.contents, filled.failed) == (5, 0)
    after = stored(owned, CONTENTS)
    version = current_version(owned)
    assert {one["labels"][0]["method"] for one in after.values()} == {version}
    assert after[stated]["label"] == ["letter"]
    touched = {"labels", "label", "doubt", "judged_by", "stated", "risk", "reasons"}
    for identity, content in after.items():
        assert {name for name in content if content[name] != before[identity].get(name)} <= touched
    assert fill("labels", owned, display).contents == 0


@pytest.mark.slow
def test_entities_are_looked_for_anew_where_the_model_has_changed(owned, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Anna Jensen, please write to anna.jensen@example.com before Friday.")
    without = owned.model_copy(update={"names": NamesSettings(model="off")})
    run(without, tmp_path)
    (content,) = stored(owned, CONTENTS).values()
    assert content["kinds"] == ["email"]
    display = Display(Console(file=io.StringIO()), stall_warning_s=60)
    assert fill("entities", without, display).contents == 0
    assert fill("entities", owned, display).contents == 1
    (content,) = stored(owned, CONTENTS).values()
    assert content["kinds"] == ["email", "person"]
    assert content["risk"] == "personal"
    assert content["mentions"][1]["value"] == "a***@example.com"


def letters_of(embedder):
    """The letters of `tests.models.letters`, with vectors of the real model."""
    examples = letters()
    return replace(examples, vectors=embedder.embed_passages(list(examples.texts)))


@pytest.mark.slow
def test_an_empty_mount_is_no_deletion_unless_it_is_said_to_be(owned, tmp_path):
    (tmp_path / "note.txt").write_text("Some words.")
    run(owned, tmp_path, embed="later")
    (tmp_path / "note.txt").unlink()
    with pytest.raises(DeletionRefusedError, match=r"1 of 1 documents .* are gone: is it mounted"):
        run(owned, tmp_path, delete_missing=True)
    assert len(stored(owned, DOCUMENTS)) == 1
    assert counts(run(owned, tmp_path, delete_missing=True, force=True)) == (0, 0, 0, 0, 0, 1)
    assert stored(owned, DOCUMENTS) == stored(owned, CHUNKS) == {}


def test_a_second_run_over_a_source_is_refused_while_the_first_is_at_work(owned, tmp_path):
    run(owned, tmp_path)
    with (
        sources_held(owned, [tmp_path.name], run="first"),
        pytest.raises(SourceBusyError, match=rf"run first .* is at work on source '{tmp_path.name}'"),
    ):
        run(owned, tmp_path)
    assert counts(run(owned, tmp_path)) == (0, 0, 0, 0, 0, 0)


@pytest.mark.slow
def test_sources_and_tenants_keep_apart(owned, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "note.txt").write_text("The same words.")
    summary = run(owned, tmp_path / "one", tmp_path / "two")
    assert (summary.indexed, summary.duplicate) == (1, 1)
    (chunk,) = stored(owned, CHUNKS).values()
    assert chunk["sources"] == ["one", "two"]
    other = owned.model_copy(update={"tenant": "other"})
    assert counts(run(other, tmp_path / "one", source="named"))[:2] == (1, 1)
    of_other = Filter([AnyOf("tenant", ["other"])])
    (place,) = asked(owned, lambda store: store.scroll(DOCUMENTS, filter=of_other))[0]
    assert place.payload["source"] == "named"
    assert asked(owned, lambda store: store.count(CHUNKS)) == 2


@pytest.mark.slow
def test_a_limit_takes_the_first_files(owned, tmp_path):
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text(f"Note number {number} about something.")
    assert counts(run(owned, tmp_path, limit=2)) == (2, 2, 0, 0, 0, 0)
    with pytest.raises(ConfigurationError, match="leave out --limit"):
        run(owned, tmp_path, limit=2, delete_missing=True)


def test_a_folder_that_is_not_there_is_named_before_anything_starts(owned):
    with pytest.raises(SourceError, match="/no/such/folder"):
        run(owned, "/no/such/folder")


def test_an_empty_folder_is_no_error(owned, tmp_path):
    assert counts(run(owned, tmp_path)) == (0, 0, 0, 0, 0, 0)


def without_ocr(settings):
    """It has tests of its own, and takes seconds a page."""
    return settings.model_copy(update={"parsing": ParsingSettings(ocr=OcrSettings(engine="off"))})


def test_poison_documents_do_not_stop_the_job(owned, shared_data):
    summary = run(without_ocr(owned), shared_data / "A_pdf_poison", embed="later")
    assert summary.documents == 79
    assert summary.indexed + summary.duplicate + summary.quarantined == 79
    reasons = {one.payload["reason"] for one in asked(owned, lambda store: quarantined(store, "default", limit=99))[0]}
    assert reasons <= {"password", "damaged"}


@pytest.mark.slow
def test_real_pdfs_have_the_expected_outcomes(owned, shared_data):
    summary = run(without_ocr(owned), shared_data / "A_pdf", embed="later")
    assert (summary.documents, summary.quarantined) == (118, 17)
    contents = stored(owned, CONTENTS).values()
    assert sum(not one["has_text"] for one in contents) <= 18


def answered(settings, model, query, *, groups=None, **options):
    embedder = open_embedder(model, settings.embedding)

    async def find(store):
        return await answer(
            Searcher(store, embedder, settings), SearchRequest(query, **options), Scope(settings.tenant, groups)
        )

    return asked(settings, find)


def found(settings, model, query, **options):
    return [hit["uri"] for hit in answered(settings, model, query, **options)["hits"]]


def test_a_search_finds_what_was_ingested(owned, folder, model):
    run(owned, folder)
    first = answered(owned, model, "hvornår skal sygemelding ske")["hits"][0]
    assert first["uri"].endswith("policy/sygefravaer.html")
    assert first["language"] == "da"
    assert first["labels"][0]["method"] == "zero-shot"


@pytest.mark.slow
def test_the_configuration_of_two_models_is_not_mixed(owned, tmp_path):
    (tmp_path / "note.txt").write_text("Some words.")
    run(owned, tmp_path)
    shorter = owned.model_copy(update={"chunking": replace_chunking(owned, max_tokens=32)})
    assert counts(run(shorter, tmp_path))[:3] == (1, 1, 0)


def replace_chunking(settings, **changes):
    return settings.chunking.model_copy(update=changes)
