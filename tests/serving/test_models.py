"""Classifier versions over HTTP: shown, put into use, taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ray_app.models.classification.training import train
from ray_app.models.registry import publish
from tests.models.letters import letters
from tests.serving.apps import api_over, problem, required

pytestmark = pytest.mark.anyio

NAMES = ("v1", "v2")


@pytest.fixture(scope="module")
def trained():
    return train(letters(), embedding="x")


@pytest.fixture
async def api(settings, embedder, trained):
    for name in NAMES:
        manifest = trained.classifier.manifest.model_copy(update={"version": name})
        publish(trained._replace(classifier=replace(trained.classifier, manifest=manifest)), settings)
    async with api_over(required(settings, requests_per_minute=None), embedder) as api:
        yield api


async def in_use(api, key):
    models = (await api.request("GET", "/v1/models", key)).json()["models"]
    assert [one["version"] for one in models] == list(NAMES)
    return [one["version"] for one in models if one["in_use"]]


async def test_versions_are_listed_promoted_and_taken_back(api):
    key = await api.key("admin")
    assert await in_use(api, key) == ["v2"]
    assert (await api.request("POST", "/v1/models/v1/promote", key)).json() == {"version": "v1"}
    assert await in_use(api, key) == ["v1"]
    assert (await api.request("POST", "/v1/models/rollback", key)).json() == {"version": "v2"}
    assert await in_use(api, key) == ["v2"]
    entries = (await api.request("GET", "/v1/audit", key)).json()["entries"]
    assert [one["what"] for one in entries] == ["model.rollback", "model.promote"]


async def test_a_version_tells_its_scores_and_shows_its_report_without_scripts(api):
    key = await api.key("admin")
    told = (await api.request("GET", "/v1/models/v2", key)).json()
    assert set(told["labels"]) == {"invoice", "letter", "minutes"}
    assert sum(one["documents"] for one in told["confusions"]) == told["documents"]
    assert [one["documents"] for one in told["learning_curve"]] == sorted(
        one["documents"] for one in told["learning_curve"]
    )
    page = await api.request("GET", "/v1/models/v2/report", key)
    assert "script" not in page.headers["content-security-policy"].replace("default-src 'none'", "")
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert "<svg" in page.text


@pytest.mark.parametrize("version", ["v9", "..", "../v1", "%2e%2e"])
async def test_what_is_no_version_is_not_found(api, version):
    key = await api.key("admin")
    for method, path in (("GET", f"/v1/models/{version}"), ("POST", f"/v1/models/{version}/promote")):
        assert (await api.request(method, path, key)).status_code in (404, 405)


async def test_another_tenant_has_classifiers_of_its_own(api):
    other = await api.key("admin", "south")
    assert (await api.request("GET", "/v1/models", other)).json() == {"models": []}
    problem(await api.request("GET", "/v1/models/v1", other), 404, "not-found")
    problem(await api.request("POST", "/v1/models/rollback", other), 409, "conflict")
