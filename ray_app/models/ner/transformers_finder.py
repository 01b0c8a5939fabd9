"""Names by a token classifier of the transformers library."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ray_app.errors import ConfigurationError
from ray_app.models.ner.finder import mention
from ray_app.models.ner.foreign import kind_of_label, pieces
from ray_app.records import Mention

_BATCH = 8
# What a tokenizer that names no limit is held to: the length that BERT and its like read.
_MOST_TOKENS = 512


class TransformersFinder:
    """Finds names with a model in memory. A name's confidence is the mean of its tokens' probabilities."""

    def __init__(self, model: str, min_confidence: float) -> None:
        """`model` is a folder or a hub's name. Raises ConfigurationError where it cannot be had or finds no names."""
        self._classify = _load(model)
        self._name = f"transformers:{model}@{_version(model, self._classify.model.config)}"
        self._least = min_confidence

    @property
    def name(self) -> str:
        return self._name

    def find(self, texts: Sequence[str]) -> list[list[Mention]]:
        return [self._find(text) for text in texts]

    def _find(self, text: str) -> list[Mention]:
        spans = list(pieces(text))
        if not spans:
            return []
        answers = self._classify([text[start:end] for start, end in spans], batch_size=_BATCH)
        found = (
            self._mention(text, start, group)
            for (start, _), groups in zip(spans, answers, strict=True)
            for group in groups
        )
        return [one for one in found if one]

    def _mention(self, text: str, start: int, group: dict[str, Any]) -> Mention | None:
        kind, confidence = kind_of_label(group["entity_group"]), float(group["score"])
        begin, end = start + group["start"], start + group["end"]
        begin += len(text[begin:end]) - len(text[begin:end].lstrip())  # some tokenizers count the blank before a word
        if not kind or begin >= end or confidence < self._least:
            return None
        return mention(text, kind, begin, end, min(confidence, 1.0), self._name)


def _load(model: str) -> Any:
    try:
        from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline
    except ImportError as error:
        raise ConfigurationError(
            f"names.model is transformers:{model}, but the library is not installed: pip install transformers"
        ) from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(model)
        network = AutoModelForTokenClassification.from_pretrained(model)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"names.model is transformers:{model}, but neither a folder nor the model hub gives that token classifier "
            f"({type(error).__name__}); download it, and name its folder"
        ) from error
    labels = network.config.id2label.values()
    if not any(kind_of_label(label) for label in labels):
        raise ConfigurationError(
            f"names.model is transformers:{model}, but its labels are no names: {', '.join(labels)}"
        )
    if not tokenizer.is_fast:
        raise ConfigurationError(f"names.model is transformers:{model}, whose tokenizer cannot say where words stand")
    tokenizer.model_max_length = min(tokenizer.model_max_length, _MOST_TOKENS)
    return pipeline("token-classification", model=network, tokenizer=tokenizer, aggregation_strategy="simple")


def _version(model: str, config: Any) -> str:
    """The hub's commit, or the hash of a folder's weights."""
    weights = sorted(Path(model).glob("*.safetensors")) + sorted(Path(model).glob("pytorch_model*.bin"))
    if not weights:
        return str(getattr(config, "_commit_hash", None) or "unknown")[:8]
    digest = hashlib.sha256()
    for file in weights:
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:8]
