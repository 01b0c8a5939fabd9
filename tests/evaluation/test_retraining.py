"""What people label becomes a classifier, and the better one is used."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

import numpy as np
import pytest

from ray_app.errors import ConfigurationError
from ray_app.evaluation.retraining import retrain, split, unknown_to, watch
from ray_app.ingest.labelled import Labelled, read_index, together
from ray_app.models.classification.examples import plain
from ray_app.models.classification.learnt import hash_texts, save_learnt
from ray_app.models.classification.training import train
from ray_app.models.registry import current_version, promote, publish, version_folder, versions
from ray_app.records import Chunk, Content, Document, FileRef, content_id
from ray_app.store import open_store
from ray_app.store.annotations import Stated, count_stated, state_labels
from ray_app.store.events import read_events
from ray_app.store.scope import Scope
from ray_app.store.writer import write_documents

WORDS = {
    "invoice": ["amount", "due", "pay", "total", "account", "bank", "tax", "price", "order", "number"],
    "minutes": ["meeting", "agenda", "present", "chair", "decided", "action", "vote", "item", "discussed", "next"],
}
WHO = "u1 (Ulla)"


def text(label, number):
    words = WORDS[label]
    some = " ".join(words[(number * step) % len(words)] for step in range(1, 9))
    return f"{some}. Page {number} of {hashlib.sha256(f'{label}{number}'.encode()).hexdigest()[:12]}."


def document(label, number, embedder):
    written = text(label, number)
    sha256 = hashlib.sha256(written.encode()).hexdigest()
    content = Content(
        sha256, "text/plain", f"{label[0]}{number}", "2025-01-01T00:00:00Z", 1, True,
        (Chunk(0, written, 1, 0, len(written)),), "en", 0.9, embedder.embed_passages([written]),
    )  # fmt: skip
    return Document(
        FileRef(f"file:///{label}/{number}", f"{label}/{number}", "src", "default", 1, 0.0), sha256, content
    )


def fill(settings, embedder, *, each=30):
    """Documents of two labels, none of them labelled; returns the contents' ids by label."""

    async def write():
        store = await open_store(settings)
        manifest = embedder.manifest
        await store.ensure(fingerprint=manifest.fingerprint, dimension=manifest.dimension)
        documents = [document(label, number, embedder) for label in WORDS for number in range(each)]
        await write_documents(store, documents, run="r", pipeline="p")
        await store.close()

    asyncio.run(write())
    return {
        label: [content_id("default", hashlib.sha256(text(label, n).encode()).hexdigest()) for n in range(each)]
        for label in WORDS
    }


def state(settings, ids, label):
    async def work():
        store = await open_store(settings)
        for identity in ids:
            await state_labels(store, Stated(tenant="default", content=identity, labels=(label,), who=WHO))
        counted = await count_stated(store, "default")
        await store.close()
        return counted

    return asyncio.run(work())


def state_both(settings, identity):
    async def work():
        store = await open_store(settings)
        await state_labels(store, Stated(tenant="default", content=identity, labels=tuple(WORDS), who=WHO))
        await store.close()

    asyncio.run(work())


def said(line):
    return None


def test_what_people_stated_is_learnt_and_put_into_use(settings, model, embedder):
    ids = fill(settings, embedder)
    for label, some in ids.items():
        state(settings, some, label)
    done = retrain(settings, model, said)
    assert (done.verdict.promoted, done.verdict.compared) == (True, None)
    assert current_version(settings) == done.version
    assert done.examples < 60, "some are held out"


def test_a_classifier_that_is_no_better_is_kept_beside(settings, model, embedder):
    ids = fill(settings, embedder)
    for label, some in ids.items():
        state(settings, some, label)
    first = retrain(settings, model, said).version
    again = retrain(settings, model, said)
    assert (again.verdict.promoted, current_version(settings)) == (False, first)
    assert again.verdict.why == "not better than the one in use"
    assert again.verdict.compared.difference.difference == 0


def test_corrections_make_a_better_one_which_is_used(settings, model, embedder):
    ids = fill(settings, embedder, each=60)
    wrong = {"invoice": "minutes", "minutes": "invoice"}
    for label, some in ids.items():
        state(settings, some, wrong[label])
    first = retrain(settings, model, said).version
    for label, some in ids.items():
        state(settings, some, label)
    done = retrain(settings, model, said)
    compared = done.verdict.compared
    assert compared.new > compared.old
    assert compared.difference.p <= 0.05
    assert (done.verdict.promoted, current_version(settings)) == (True, done.version)
    promote(first, settings)
    assert set(versions(settings)) == {first, done.version}


def train_by_hand(settings, embedder):
    """As `ray-app train --from-index` and the web page do: on all that was stated."""
    trained = train(read_index(settings).examples, embedding=embedder.manifest.fingerprint)
    publish(trained, settings)
    return trained.classifier.manifest.version


def test_only_what_the_one_in_use_has_not_learnt_is_compared_on(settings, model, embedder):
    ids = fill(settings, embedder, each=80)
    for label, some in ids.items():
        state(settings, some[:40], label)
    before = train_by_hand(settings, embedder)
    for label, some in ids.items():
        state(settings, some[40:], label)
    unseen = split(read_index(settings))[1]
    fresh = {text(label, number) for label in WORDS for number in range(40, 80)}
    done = retrain(settings, model, said)
    assert 6 <= done.verdict.held_out == len(fresh & set(unseen.texts)) < len(unseen.texts)
    assert done.verdict.compared.difference.queries == done.verdict.held_out
    assert current_version(settings) == before, "both are right on all of it"


def test_where_the_one_in_use_knows_what_is_held_out_it_stays_and_the_reason_is_told(settings, model, embedder):
    ids = fill(settings, embedder)
    for label, some in ids.items():
        state(settings, some, label)
    before = train_by_hand(settings, embedder)
    done = retrain(settings, model, said)
    assert (done.verdict.promoted, done.verdict.held_out, done.verdict.compared) == (False, 0, None)
    assert f"{before} has not learnt from 0 of the documents held out, a comparison needs 6" in done.verdict.why
    assert current_version(settings) == before
    promote(done.version, settings)
    assert retrain(settings, model, said).verdict.compared, "this one left the fifth out"


def test_a_version_that_does_not_tell_what_it_learnt_stays(settings, model, embedder):
    ids = fill(settings, embedder)
    for label, some in ids.items():
        state(settings, some, label)
    first = retrain(settings, model, said).version
    (version_folder(first, settings) / "learnt.npy").unlink()
    done = retrain(settings, model, said)
    assert "does not tell what it learnt from" in done.verdict.why
    assert current_version(settings) == first


def test_a_near_duplicate_of_what_was_learnt_is_known_too(settings, embedder):
    texts = ["one", "one, nearly", "two"]
    examples = replace(plain(texts, np.zeros((3, 2), np.float32), ["a", "b", "b"]), groups=np.array([0, 0, 1]))
    folder = settings.models_dir / "classifier" / "default" / "v1"
    folder.mkdir(parents=True)
    (folder / "manifest.json").touch()
    save_learnt(hash_texts([" one\n"]), folder)
    assert unknown_to("v1", examples.take([1, 2]), examples, settings).texts == ["two"]


def test_what_is_held_out_is_the_same_each_time_and_siblings_stay_together(settings, embedder):
    ids = fill(settings, embedder)
    for label, some in ids.items():
        state(settings, some, label)
    labelled = read_index(settings)
    seen, unseen = split(labelled)
    again = split(labelled)[1]
    assert list(again.texts) == list(unseen.texts)
    assert not set(seen.groups.tolist()) & set(unseen.groups.tolist())
    assert 3 <= len(unseen.texts) <= 24
    assert set(seen.texts) | set(unseen.texts) == set(labelled.examples.texts)


def test_too_few_labels_are_said_and_rare_ones_wait(settings, embedder):
    ids = fill(settings, embedder, each=5)
    with pytest.raises(ConfigurationError, match="no label was stated of 3 documents"):
        read_index(settings)
    assert state(settings, ids["invoice"][:2], "invoice") == 2
    with pytest.raises(ConfigurationError, match="no label was stated of 3 documents"):
        read_index(settings)
    state(settings, ids["minutes"][:3], "minutes")
    assert {one for labels in read_index(settings).examples.labels for one in labels} == {"minutes"}


def test_one_who_gives_two_labels_does_not_keep_the_others_from_being_learnt(settings, model, embedder):
    ids = fill(settings, embedder)
    for label, some in ids.items():
        state(settings, some, label)
    state_both(settings, ids["invoice"][0])
    assert len(read_index(settings).examples.texts) == 59
    assert len(read_index(settings, kind="multi").examples.texts) == 60
    assert retrain(settings, model, said).verdict.promoted


def test_stated_labels_go_before_those_of_a_file(settings, embedder):
    ids = fill(settings, embedder, each=5)
    state(settings, ids["invoice"], "invoice")
    stated = read_index(settings)
    wrong = Labelled(stated.examples, [])
    both = together(Labelled(wrong.examples.take([0, 1]), []), stated)
    assert len(both.examples.texts) == 5
    assert set(both.examples.labels) == {("invoice",)}


class Enough(Exception):
    """Ends a loop that would go on for ever."""


def test_watching_waits_for_labels_that_suffice_then_trains_uses_and_tells(settings, model, embedder):
    ids = fill(settings, embedder)
    state(settings, ids["invoice"], "invoice")
    heard: list[str] = []

    def say(line):
        heard.append(line)
        if "at least two labels" in line:
            state(settings, ids["minutes"], "minutes")
        if line.endswith("in use now"):
            raise Enough

    with pytest.raises(Enough):
        watch(settings, model, say, poll_s=0.1)
    assert "a classifier needs documents of at least two labels, there are 1" in heard
    assert heard[-1] == f"{current_version(settings)}: in use now"

    async def told():
        store = await open_store(settings)
        events = await read_events(store, Scope("default"), limit=10)
        await store.close()
        return [(one.topic, one.data["version"], one.data["promoted"]) for one in events]

    assert asyncio.run(told()) == [("model", current_version(settings), True)]
