"""An ingest into a Qdrant server that does not answer for a moment, or stays away."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest
from rich.console import Console

from ray_app.errors import StoreUnavailableError
from ray_app.records import Document, Failure
from ray_app.settings import Settings
from tests.store.test_patience import REF, qdrant, settings_of

# The client looks at the server's version in a thread of its own, which may come too late.
pytestmark = pytest.mark.filterwarnings("ignore:Failed to obtain server version")


def sink_over(port, documents):
    """Writes one block of documents as an ingest does."""
    import ray

    from ray_app.ingest.display import Display, watched
    from ray_app.ingest.progress import start_progress
    from ray_app.ingest.workers import IndexSink, as_row

    progress = start_progress()
    settings = Settings(store=settings_of(port, attempts=3))
    sink = IndexSink(settings, run="r", version="v", progress=progress)
    block = ray.data.from_arrow_refs([ray.put(pa.table({"n": [1]}))])
    dataset = block.map_batches(lambda _: as_row(documents), batch_size=None)
    with watched(Display(Console(file=io.StringIO()), stall_warning_s=60), progress, 1, more=False, run="r"):
        dataset.write_datasink(sink, ray_remote_args={"num_cpus": 0.25})
    return sink.tally


BROKEN = Document(REF, "ab", failure=Failure("parse", "damaged", "cannot be opened"))


def test_an_ingest_goes_on_after_a_moment_without_a_server(cluster):
    with qdrant(503, 503) as server:
        tally = sink_over(server.server_port, [BROKEN])
        assert (tally.outcomes, tally.reasons) == ({"quarantined": 1}, {"damaged": 1})
        (payload,) = server.points["ray_app_documents"].values()
        assert (payload["uri"], payload["reason"]) == (REF.uri, "damaged")


def test_an_ingest_whose_server_stays_away_fails_with_the_stores_own_words(cluster):
    with (
        qdrant(*[503] * 99) as server,
        pytest.raises(StoreUnavailableError, match=r"^the Qdrant server does not answer as it should: [^\n]*503"),
    ):
        sink_over(server.server_port, [BROKEN])
