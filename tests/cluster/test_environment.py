"""Settings on their way into a job: all that are not the default, no secret, and one tenant for good."""

from __future__ import annotations

from pathlib import Path

import pytest

from ray_app.cluster.environment import as_environment
from ray_app.errors import ConfigurationError
from ray_app.settings import (
    AuthSettings,
    ClassificationSettings,
    JobSettings,
    OidcSettings,
    ParsingSettings,
    SearchSettings,
    Settings,
    SourceSettings,
    StoreSettings,
)

CHANGED = [
    Settings(),
    Settings(data_dir=Path("/data"), tenant="north"),
    Settings(search=SearchSettings(fusion="rrf", max_limit=7)),
    Settings(store=StoreSettings(url="http://qdrant:6333"), sources=SourceSettings(local_folders=(Path("/in"),))),
    Settings(auth=AuthSettings(mode="required", requests_per_minute=None, oidc=OidcSettings(audience="x"))),
    Settings(classification=ClassificationSettings(descriptions={"note": 'a note, "quoted" æ'})),
    Settings(jobs=JobSettings(folder=Path("/scripts"), submission="nightly")),
]


@pytest.mark.parametrize("settings", CHANGED)
def test_a_process_with_these_variables_has_the_same_settings(monkeypatch, settings):
    for name, value in as_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert Settings.load() == settings.model_copy(update={"config_file": None})


def test_no_secret_is_among_them():
    secret = Settings(
        store=StoreSettings(api_key="s3cret", prefix="x"),
        parsing=ParsingSettings(passwords=("s3cret",), cpu_s=7),
        sources=SourceSettings(passwords={"anna@mail": "s3cret"}),
        auth=AuthSettings(redis_url="redis://:s3cret@host"),
        client={"api_key": "s3cret"},
    )
    handed = as_environment(secret)
    assert "s3cret" not in str(handed)
    assert "*" not in str(handed)
    assert set(handed) - {"RAY_APP_DATA_DIR"} == {"RAY_APP_STORE", "RAY_APP_PARSING"}


def test_secrets_come_from_the_settings_file_whose_name_is_handed_on(monkeypatch, tmp_path):
    config = tmp_path / "settings.yaml"
    config.write_text("store: {api_key: s3cret, prefix: mine}\n")
    handed = as_environment(Settings.load(config))
    assert handed["RAY_APP_CONFIG_FILE"] == str(config)
    for name, value in handed.items():
        monkeypatch.setenv(name, value)
    loaded = Settings.load()
    assert (loaded.store.api_key.get_secret_value(), loaded.store.prefix) == ("s3cret", "mine")


def test_a_tenant_that_is_fixed_is_not_changed():
    fixed = Settings(tenant="north", tenant_fixed=True)
    assert fixed.of_tenant(None).tenant == fixed.of_tenant("north").tenant == "north"
    with pytest.raises(ConfigurationError, match="works for the tenant 'north', not for 'south'"):
        fixed.of_tenant("south")
    assert Settings().of_tenant("south").tenant == "south"
