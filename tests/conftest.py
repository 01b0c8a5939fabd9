"""Fixtures that all tests share: one embedding model, one Ray cluster, one served index for the session."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from ray_app.models.embedder import Embedder, open_embedder
from ray_app.models.prepared import PreparedModel, prepare_model
from ray_app.settings import EmbeddingSettings, IngestSettings, RaySettings, Settings

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
SHARED = ROOT.parent / "shared" / "data"
RAY_APP = Path(sys.executable).with_name("ray-app")


# An index is made for almost every test, and written through to the disk a thousand times: in memory that takes a
# quarter of the time. So much has to be free there; the suite needs less.
_MEMORY, _MEMORY_BYTES = Path("/dev/shm"), 8 << 30


def pytest_configure() -> None:
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _MEMORY_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what uses the shared cluster, so that `make test` can run the others beside it."""
    for item in items:
        if "cluster" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.ray)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the shared document sets are not here")
    return SHARED


@pytest.fixture(scope="session")
def models_home(tmp_path_factory) -> Path:
    """A data directory whose embedding model is exported: the ten seconds are spent once."""
    home = tmp_path_factory.mktemp("models-home")
    prepare_model(Settings(data_dir=home))
    return home


@pytest.fixture(scope="session")
def model(models_home) -> PreparedModel:
    return prepare_model(Settings(data_dir=models_home))


@pytest.fixture(scope="session")
def embedder(model) -> Embedder:
    return open_embedder(model, EmbeddingSettings())


@pytest.fixture(scope="session")
def make_data_dir(tmp_path_factory, models_home) -> Callable[[str], Path]:
    """Makes empty data directories that share the exported model."""

    def make(name: str) -> Path:
        data_dir = tmp_path_factory.mktemp(name)
        (data_dir / "models").mkdir()
        (data_dir / "models" / "embedding").symlink_to(models_home / "models" / "embedding")
        return data_dir

    return make


@pytest.fixture
def provider() -> Iterator[Any]:
    """An OpenID Connect provider on this machine."""
    from tests.serving.providers import provider_here

    with provider_here() as one:
        yield one


@pytest.fixture
def data_dir(make_data_dir) -> Iterator[Path]:
    """One for this test alone."""
    made = make_data_dir("data")
    yield made
    shutil.rmtree(made, ignore_errors=True)  # a process may still be writing its last


@pytest.fixture
def settings(data_dir) -> Settings:
    return Settings(data_dir=data_dir)


@pytest.fixture
def alone(data_dir) -> dict[str, str]:
    """The environment of a process without a cluster or a server, with an index of its own."""
    hidden = ("RAY_ADDRESS", "RAY_AUTH_MODE")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**environment, "RAY_APP_DATA_DIR": str(data_dir), "PYTHONWARNINGS": "ignore"}


@dataclass(frozen=True)
class Cluster:
    """The session's Ray cluster, as other processes reach it."""

    address: str

    def environment(self, data_dir: Path) -> dict[str, str]:
        return {
            **os.environ,
            "RAY_APP_DATA_DIR": str(data_dir),
            "RAY_ADDRESS": self.address,
            "RAY_AUTH_MODE": "token",
            "PYTHONWARNINGS": "ignore",
        }


@pytest.fixture(scope="session")
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    import ray

    from ray_app.cluster.session import ray_session

    home = tmp_path_factory.mktemp("cluster")
    settings = Settings(data_dir=home, ray=RaySettings(cpus=4, object_store_mb=300))
    with ray_session(settings, job_server=True):
        yield Cluster(ray.get_runtime_context().gcs_address)


@pytest.fixture
def owned(cluster, settings) -> Iterator[Settings]:
    """Settings of an empty index whose owner lives in the session's cluster."""
    from ray_app.cluster.session import ray_session
    from ray_app.store.owner import stop_owner

    small = settings.model_copy(update={"ingest": IngestSettings(embed_workers=1, parse_workers=1, lease_s=3)})
    with ray_session(small):
        yield small
        stop_owner(small.index_dir)


def run_cli(*arguments: str, environment: dict[str, str], check: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs `ray-app` as a person would."""
    done = subprocess.run(
        [str(RAY_APP), *arguments], env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    if check:
        assert done.returncode == 0, done.stderr
    return done


def last_line_json(output: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    return value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Served:
    """A server on the session's cluster, and what its first ingest said."""

    url: str
    data_dir: Path
    environment: dict[str, str]
    summary: dict[str, Any]


@pytest.fixture(scope="session")
def served(cluster, make_data_dir) -> Iterator[Served]:
    """`ray-app train`, `serve` and `ingest` over the example documents, each as its own process."""
    data_dir = make_data_dir("served")
    environment = cluster.environment(data_dir)
    run_cli("train", "--labels-from-folders", str(EXAMPLES / "documents"), environment=environment)
    port = free_port()
    server = subprocess.Popen([str(RAY_APP), "serve", "--port", str(port)], env=environment)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, server)
        folders = [str(EXAMPLES / "documents"), str(EXAMPLES / "inbox")]
        ingested = run_cli("ingest", *folders, "--json", environment=environment)
        yield Served(url, data_dir, environment, last_line_json(ingested.stdout))
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=60) == 0


def wait_until_ready(url: str, server: subprocess.Popen[bytes], timeout_s: float = 180.0) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended"
        try:
            if httpx.get(f"{url}/readyz", timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError("the server was not ready in time")
