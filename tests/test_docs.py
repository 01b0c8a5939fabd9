"""The documentation says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.generate import REFERENCE, pages
from ray_app.cli.main import app
from ray_app.settings import Settings

ROOT = Path(__file__).parents[1]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


@pytest.mark.parametrize("name", pages())
def test_generated_pages_are_up_to_date(name):
    assert (REFERENCE / name).read_text(encoding="utf-8") == pages()[name], "run: make docs"


def undescribed(group):
    """Settings without a word of explanation, in this group and in those within."""
    for name, field in group.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            yield from undescribed(field.annotation)
        elif not field.description:
            yield name


def test_every_setting_is_described():
    assert list(undescribed(Settings)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    targets = re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_and_commands_that_a_page_names_exist(page):
    text = page.read_text(encoding="utf-8")
    known = set(re.findall(r"RAY_APP_[A-Z_]+", pages()["settings.md"]))
    assert set(re.findall(r"RAY_APP_[A-Z_]*[A-Z]\b", text)) <= known
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    commands |= {group.name for group in app.registered_groups}
    assert set(re.findall(r"(?:^|`)(?:\$ )?(?:\.venv/bin/)?ray-app ([a-z]+)", text, re.MULTILINE)) <= commands
