"""Versions of the classifier: which is in use, and how one goes back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ray_app.errors import ModelError
from ray_app.models import registry
from ray_app.models.classification.training import train
from tests.models.letters import letters


@pytest.fixture(scope="module")
def made():
    """Three versions, with names of their own."""
    names = ("v1", "v2", "v3")
    done = train(letters(), embedding="x")

    def named(name):
        manifest = done.classifier.manifest.model_copy(update={"version": name})
        return done._replace(classifier=replace(done.classifier, manifest=manifest))

    return [named(name) for name in names]


@pytest.fixture
def published(made, settings):
    for one in made:
        registry.publish(one, settings)
    return settings


def test_two_trainings_of_the_same_documents_are_two_versions(settings):
    first, second = (train(letters(), embedding="x") for _ in range(2))
    registry.publish(first, settings)
    registry.publish(second, settings)
    assert list(registry.versions(settings)) == [one.classifier.manifest.version for one in (first, second)]


def test_going_back_goes_further_each_time_and_ends(published):
    assert list(registry.versions(published)) == ["v1", "v2", "v3"]
    assert registry.current_version(published) == "v3"
    assert [registry.rollback(published), registry.rollback(published)] == ["v2", "v1"]
    assert registry.current_version(published) == "v1"
    with pytest.raises(ModelError, match="no other classifier was in use"):
        registry.rollback(published)


def test_a_version_that_is_promoted_can_be_taken_back(published):
    registry.promote("v1", published)
    assert registry.current_version(published) == "v1"
    assert registry.rollback(published) == "v3"


@pytest.mark.parametrize("version", ["v4", "..", "", "v1/../v2"])
def test_what_is_no_version_is_not_promoted(published, version):
    with pytest.raises(ModelError, match="there is no classifier"):
        registry.promote(version, published)
    assert registry.current_version(published) == "v3"


def test_a_pointer_of_an_older_release_is_read(published):
    (published.models_dir / "classifier" / "default" / "current.json").write_text('{"version": "v2"}')
    assert registry.current_version(published) == "v2"


def test_a_damaged_manifest_is_named(published):
    (published.models_dir / "classifier" / "default" / "v2" / "manifest.json").write_text("{}")
    with pytest.raises(ModelError, match=r"v2 holds no readable classifier"):
        registry.promote("v2", published)
    assert [bool(one) for one in registry.versions(published).values()] == [True, False, True]
