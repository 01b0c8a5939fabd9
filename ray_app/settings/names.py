"""How names of people, organisations and places are found."""

from __future__ import annotations

from pydantic import Field

from ray_app.settings.group import Group


class NamesSettings(Group):
    """Finding names in texts."""

    model: str = Field(
        "default",
        pattern=r"^(default|off|spacy:.+|transformers:.+)$",
        description="What finds names: default (Danish and English, comes with ray-app), off, spacy:NAME for an "
        "installed spaCy pipeline, or transformers:NAME for a token classifier from a folder or a hub.",
    )
    min_confidence: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Names that the model is less sure of are left out. spaCy's pipelines do not say: theirs all stay.",
    )
