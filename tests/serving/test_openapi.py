"""Whatever the schema allows and forbids is sent: nothing breaks the API, and every answer is one that it promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ray_app.store.keys import Grant, make_key, save_key
from tests.conftest import EXAMPLES
from tests.ingest.test_run import asked, run
from tests.serving.apps import required
from tests.serving.conftest import served_here

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_no_request_breaks_the_api(owned, embedder, tmp_path):
    """An administrator's requests, as Schemathesis makes them up, over an index with documents."""
    settings = required(owned, requests_per_minute=None)
    run(settings, EXAMPLES / "documents" / "contract")
    record, key = make_key(Grant(tenant="default", name="fuzz", role="admin"), created_by="test", days=None)
    asked(settings, lambda store: save_key(store, record))
    with served_here(settings, embedder) as url:
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")), "run", f"{url}/openapi.json",
                "--header", f"Authorization: Bearer {key}", "--checks", CHECKS,
                "--phases", "examples,coverage,fuzzing", "--max-examples", "5", "--seed", "1",
                "--request-timeout", "30", "--no-color",
                "--exclude-name", "DELETE /v1/keys/{key_id}",  # it would find the key it is asked with, and revoke it
            ],
            capture_output=True, text=True, timeout=800, check=False, cwd=tmp_path,  # it leaves a folder of its own
        )  # fmt: skip
    sys.stdout.write(done.stdout[-4000:])  # its summary: pytest -s shows it
    assert done.returncode == 0, done.stdout[-8000:]
