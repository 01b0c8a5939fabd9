"""Names by an installed spaCy pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ray_app.errors import ConfigurationError
from ray_app.models.ner.finder import mention
from ray_app.models.ner.foreign import kind_of_label, pieces
from ray_app.records import Mention

# spaCy's pipelines decide without a probability.
_CONFIDENCE = 1.0


class SpacyFinder:
    """Finds names with a pipeline in memory."""

    def __init__(self, model: str) -> None:
        """`model` is a package or a folder. Raises ConfigurationError where spaCy or the pipeline is not installed."""
        self._pipeline = _load(model)
        meta = self._pipeline.meta
        self._name = f"spacy:{meta['lang']}_{meta['name']}-{meta['version']}"

    @property
    def name(self) -> str:
        return self._name

    def find(self, texts: Sequence[str]) -> list[list[Mention]]:
        return [self._find(text) for text in texts]

    def _find(self, text: str) -> list[Mention]:
        spans = list(pieces(text))
        found: list[Mention] = []
        documents = self._pipeline.pipe([text[start:end] for start, end in spans])
        for (start, _), document in zip(spans, documents, strict=True):
            for entity in document.ents:
                kind = kind_of_label(entity.label_)
                if kind:
                    begin, end = start + entity.start_char, start + entity.end_char
                    found.append(mention(text, kind, begin, end, _CONFIDENCE, self._name))
        return found


def _load(model: str) -> Any:
    try:
        import spacy
    except ImportError as error:
        raise ConfigurationError(
            f"names.model is spacy:{model}, but spaCy is not installed: pip install spacy"
        ) from error
    try:
        return spacy.load(model)
    except OSError as error:
        raise ConfigurationError(
            f"names.model is spacy:{model}, but there is no such pipeline: install it with "
            f"python -m spacy download {model}, or name a pipeline's folder"
        ) from error
