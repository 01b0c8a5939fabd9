"""The online worker dies in the middle of its work: nothing is lost."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.serving.pdfs import pdf
from tests.system.test_crashes import workers

pytestmark = pytest.mark.slow


@pytest.mark.timeout(400)
def test_a_worker_that_is_killed_in_the_middle_loses_nothing(uploads):
    files = [
        (f"storm-{number}.pdf", pdf(*([(72, 700, f"Storm {number} sheet {sheet}")] for sheet in range(20))))
        for number in range(24)
    ]
    accepted = uploads.post(*files)
    killed = 0
    while killed < 2:  # the second time in its first work after the first
        assert [one for one in map(uploads.client.get, urls(accepted)) if waits(one)], "all was done before the kill"
        if any(one.json()["outcome"] == "processing" for one in map(uploads.client.get, urls(accepted))):
            for pid in workers("ray::Online"):
                os.kill(pid, signal.SIGKILL)
            killed += 1
            time.sleep(1)
    done = [uploads.settled(one) for one in accepted]
    assert {one["outcome"] for one in done} == {"indexed"}
    assert {one["pages"] for one in done} == {20}
    assert len(uploads.found("storm", limit=100)) == 24
    assert uploads.client.get(f"/v1/documents/{done[7]['id']}/original").content == files[7][1]


def urls(documents):
    return [f"/v1/documents/{one['id']}" for one in documents]


def waits(response):
    return response.json()["outcome"] in ("queued", "processing")
