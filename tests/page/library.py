"""The index that all tests of the page share: the example documents, a classifier, and files with hostile names."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np

from ray_app import pipeline, sources
from ray_app.models.classification.examples import Examples, plain
from ray_app.models.embedder import Embedder
from ray_app.models.prepared import PreparedModel
from ray_app.parsing.sandbox import Sandbox
from ray_app.settings import AuthSettings, IngestSettings, Settings, UploadSettings
from ray_app.store.keys import Grant, make_key, save_key
from tests.conftest import EXAMPLES
from tests.ingest.test_run import asked, run
from tests.serving.conftest import listening, served_here

ROLES = ("reader", "editor", "admin")
# Runs where a name, a title or a text becomes markup; tests look for what it leaves behind.
SCRIPT = "<script>window.pwned='script'</script>"
IMAGE = "<img src=x onerror=window.pwned='image'>"
HOSTILE = {
    f"{IMAGE}.txt": f"The zebrafinch sings. {SCRIPT} {IMAGE} \"quoted\" 'quoted' &amp; & </p></main>",
    '"\' onmouseover=window.pwned=1 x=".txt': "The zebrafinch nests behind a quoted name.",
    "evil\u202egnp.exe.txt": "The zebrafinch flies \u202ebackwards over the harbour.",
    f"{'long-name-without-a-break' * 8}.txt": f"The zebrafinch says {'a' * 4000} and https://example.com/{'b/' * 300}.",
    "title.html": f"<title>&lt;script&gt;window.pwned='title'&lt;/script&gt; {IMAGE.replace('<', '&lt;')}</title>"
    "<p>The zebrafinch of the title.</p><script>window.pwned='file'</script><img src=x onerror=window.pwned='file'>",
}


@dataclass(frozen=True)
class Library:
    """The same index served twice: open to this machine, and to those with a key. `keys` are by role."""

    url: str
    guarded: str
    keys: dict[str, str]
    settings: Settings

    def documents(self, **params: str | int) -> list[dict[str, str]]:
        """Documents as the API lists them."""
        found = httpx.get(f"{self.url}/v1/documents", params=params, timeout=30).raise_for_status()
        documents: list[dict[str, str]] = found.json()["documents"]
        return documents

    def named(self, name: str) -> dict[str, str]:
        """The document whose URI ends so."""
        (found,) = (one for one in self.documents(limit=1000) if one["uri"].endswith(name))
        return found


def fill(settings: Settings, folder: Path) -> None:
    """Trains from the examples' folders, and ingests them, the inbox, and the hostile files, which `folder` is for."""
    from ray_app.cluster.session import ray_session
    from ray_app.models.classification.training import Plan, train
    from ray_app.models.prepared import prepare_model
    from ray_app.models.registry import publish

    hostile_files(folder)
    model = prepare_model(settings)
    read = examples(settings, model, EXAMPLES / "documents")
    publish(train(read, embedding=model.manifest.fingerprint, plan=Plan("words")), settings)
    with ray_session(settings):  # the owner stays, for the servers
        run(settings, EXAMPLES / "documents", EXAMPLES / "inbox", folder)


def examples(settings: Settings, model: PreparedModel, folder: Path) -> Examples:
    """The documents of the folders, whose names are their labels, by words alone.

    `ray-app train` embeds them, too, which takes most of a minute; what the page shows of a classifier is the same.
    """
    places = sources.list_files(sources.root_of(str(folder)), "documents", settings.tenant)
    files = [pipeline.fetch(ref, 50 << 20, settings.sources) for ref in places]
    with Sandbox(settings.parsing) as sandbox:
        splitter = pipeline.open_splitter(model, settings.chunking)
        documents = pipeline.extract(files, lambda _: (), sandbox, splitter, depth=0, children_mb=512)
    read = [one for one in documents if one.content]
    texts = [pipeline.text_of(one.content.chunks) for one in read if one.content]
    labels = [one.ref.folder for one in read]
    return plain(texts, np.zeros((len(texts), model.manifest.dimension), np.float32), labels)


def hostile_files(folder: Path) -> None:
    """Each of another year, the first of them 2020: the examples are all as old as the checkout."""
    folder.mkdir()
    for year, (name, text) in enumerate(HOSTILE.items(), 2020):
        (folder / name).write_text(text, encoding="utf-8")
        noon = datetime(year, 6, 1, 12, tzinfo=UTC).timestamp()
        os.utime(folder / name, (noon, noon))


@contextmanager
def library(settings: Settings, embedder: Embedder) -> Iterator[Library]:
    """Serves a filled index."""
    small = settings.model_copy(
        update={
            "ingest": IngestSettings(embed_workers=1, parse_workers=1),
            "uploads": UploadSettings(poll_s=0.5, longest_wait_s=1),
        }
    )
    closed = small.model_copy(update={"auth": AuthSettings(mode="required", requests_per_minute=None)})
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(served_here(small, embedder))
        guarded = stack.enter_context(listening(closed, embedder))
        yield Library(url, guarded, {role: make(small, role) for role in ROLES}, small)


def make(settings: Settings, role: str, **grant: object) -> str:
    """A new key of this role."""
    record, text = make_key(
        Grant(tenant="default", name=f"the {role}", role=role, **grant),  # type: ignore[arg-type]
        created_by="test",
        days=None,
    )
    asked(settings, lambda store: save_key(store, record))
    return text
