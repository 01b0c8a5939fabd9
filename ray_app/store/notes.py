"""Notes on places, for the sweep: which contents it is to look after. They lie in a place's field `sweep`.

A note is a content's id with some letters of its own. So one that was made since a sweep read the place is another
than the one it read, even where it is about the same content, and is not wiped out with it. Places of new contents
have the note `NEW` for a moment, about the content that they name; it is the same for all, to cost little.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable

from ray_app.store.protocol import Filter, NotOnly, Payload

NEW = "new"


def with_notes(before: Collection[str] | None, contents: Collection[str]) -> list[str]:
    """The notes that a place has, and a new one about each of these contents. Called for each place by itself."""
    kept = [note for note in before or () if _content(note) not in contents]
    return sorted([*kept, *(f"{content} {secrets.token_hex(4)}" for content in contents)])


def noted(places: Iterable[Payload]) -> set[str]:
    """The contents that the notes on these places are about."""
    ids = {place.get("content") if note == NEW else _content(note) for place in places for note in place["sweep"]}
    return {identity for identity in ids if identity}


def no_others(notes: Collection[str]) -> Filter:
    """Places that have no notes but these."""
    return Filter(must_not=[NotOnly("sweep", sorted(notes))])


def _content(note: str) -> str:
    return note.partition(" ")[0]
