"""Which languages documents are written in, and what becomes of those in others."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ray_app.settings.group import Fraction, Group


class LanguageSettings(Group):
    """Telling the languages of documents and pages. A source may take some only: `ray-app sources add --language`."""

    min_confidence: Fraction = Field(
        0.5, description="Below this confidence a document or page has no language: no filter finds it by one."
    )
    not_allowed: Literal["quarantine", "plain"] = Field(
        "quarantine",
        description="What becomes of a document whose language its source does not take: quarantine, or plain: it is "
        "found by its words and meaning, without labels and entities.",
    )
