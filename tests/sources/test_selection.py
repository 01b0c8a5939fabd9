"""Which files of a source are wanted."""

from __future__ import annotations

import pytest

from ray_app.errors import ConfigurationError
from ray_app.records import FileRef, Selection
from ray_app.sources.selection import select

PATHS = ["a.pdf", "b.TXT", "old/a.pdf", "old/keep/b.docx", "mail/1.eml", "pics/x.png"]


def selected(**selection):
    refs = [FileRef(f"file:///{path}", path, "s", "t", 10 * number, 0.0) for number, path in enumerate(PATHS)]
    return [ref.path for ref in select(refs, Selection(**selection))]


@pytest.mark.parametrize(
    ("selection", "paths"),
    [
        ({}, PATHS),
        ({"include": ("*.pdf",)}, ["a.pdf", "old/a.pdf"]),
        ({"include": ("/*.pdf", "mail/")}, ["a.pdf", "mail/1.eml"]),
        ({"exclude": ("old/",)}, ["a.pdf", "b.TXT", "mail/1.eml", "pics/x.png"]),
        ({"exclude": ("old/*", "!old/keep/")}, ["a.pdf", "b.TXT", "old/keep/b.docx", "mail/1.eml", "pics/x.png"]),
        ({"include": ("old/",), "exclude": ("*.pdf",)}, ["old/keep/b.docx"]),
        ({"types": ("pdf", ".txt")}, ["a.pdf", "b.TXT", "old/a.pdf"]),
        ({"types": ("message/rfc822", "image/*")}, ["mail/1.eml", "pics/x.png"]),
        ({"max_bytes": 10}, ["a.pdf", "b.TXT"]),
    ],
)
def test_only_wanted_files_come_through(selection, paths):
    assert selected(**selection) == paths


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(ConfigurationError, match="pattern"):
        selected(include=("!",))
