from __future__ import annotations

import pytest

from ray_app.errors import ConfigurationError
from ray_app.settings import ParsingSettings, Settings


def write(path, text):
    path.write_text(text)
    return path


def test_environment_goes_before_the_file_and_the_file_before_the_defaults(tmp_path, monkeypatch):
    config = write(tmp_path / "settings.yaml", "search: {fusion: rrf, candidates: 50}\n")
    monkeypatch.setenv("RAY_APP_SEARCH__CANDIDATES", "77")
    search = Settings.load(config).search
    assert (search.fusion, search.candidates, search.max_limit) == ("rrf", 77, 100)


def test_data_dir_comes_from_the_environment_as_an_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAY_APP_DATA_DIR", "here")
    assert Settings.load().index_dir == tmp_path / "here" / "index"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("serch: {}", "setting serch"),
        ("search: {fusoin: rrf}", "setting search.fusoin"),
        ("search: {fusion: best}", "setting search.fusion"),
        ("parsing: {timeout_s: -1}", "setting parsing.timeout_s"),
        ("- a\n- b", "must hold a mapping"),
        ("a: [", "not valid YAML"),
    ],
)
def test_a_wrong_file_is_refused_and_the_fault_is_named(tmp_path, text, message):
    with pytest.raises(ConfigurationError, match=message):
        Settings.load(write(tmp_path / "settings.yaml", text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml"):
        Settings.load(tmp_path / "nowhere.yaml")


def test_a_misspelt_setting_in_the_environment_is_refused(monkeypatch):
    monkeypatch.setenv("RAY_APP_SEARCH__FUSOIN", "rrf")
    with pytest.raises(ConfigurationError, match=r"search\.fusoin"):
        Settings.load()


def test_passwords_are_given_only_to_who_asks_for_them(monkeypatch):
    monkeypatch.setenv("RAY_APP_PARSING__PASSWORDS", '["sesame", "2024"]')
    parsing = Settings.load().parsing
    assert [password.get_secret_value() for password in parsing.passwords] == ["sesame", "2024"]
    assert "sesame" not in parsing.model_dump_json() + repr(parsing) + str(parsing.model_dump())
    assert ParsingSettings.model_validate_json(parsing.model_dump_json(context={"secrets": True})) == parsing
