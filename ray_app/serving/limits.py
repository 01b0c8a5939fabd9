"""Limits of a request's size."""

from __future__ import annotations

from collections.abc import Sequence

from ray_app.errors import ConfigurationError
from ray_app.settings import ServingSettings


def check_texts(texts: Sequence[str], settings: ServingSettings) -> None:
    """Raises ConfigurationError where there are too many texts, or one is too long."""
    if len(texts) > settings.max_texts:
        raise ConfigurationError(f"{len(texts)} texts, but at most {settings.max_texts} are allowed in a request")
    longest = max(map(len, texts), default=0)
    if longest > settings.max_text_chars:
        raise ConfigurationError(f"a text of {longest} characters, but at most {settings.max_text_chars} are allowed")
