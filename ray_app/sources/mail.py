"""What mailboxes of every kind have in common."""

from __future__ import annotations

from urllib.parse import quote


def message_path(*parts: str) -> str:
    """A message's path below its root: folders, and a name that says what it is."""
    return "/".join(escaped(part) for part in parts) + ".eml"


def escaped(part: str) -> str:
    """One part of a URI's path."""
    return quote(part, safe=" @+=,$&'()*~")
