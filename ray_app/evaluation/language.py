"""Languages told from texts: how often rightly, and how often with enough confidence.

{"text": ..., "language": ISO 639-1}   one object a line
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sklearn.metrics import f1_score

from ray_app.enrichment.language import detect
from ray_app.errors import ConfigurationError
from ray_app.evaluation.rows import read_rows
from ray_app.settings import LanguageSettings


@dataclass(frozen=True, slots=True)
class Languages:
    """One collection's figures; `correct` says by row whether the likeliest language was right.

    They are `accuracy` and `macro_f1` of the likeliest language, `told`, the share of the texts whose language is told
    (setting languages.min_confidence), and `precision`, how many of those are right. `by_language` has the F1 of each.
    """

    collection: str
    figures: dict[str, float]
    by_language: dict[str, float]
    correct: dict[str, float]


def evaluate_language(path: Path, settings: LanguageSettings) -> Languages:
    """Raises ConfigurationError where the file has no rows, or a line is wrong."""
    rows = list(read_rows(path, ("text", "language")))
    if not rows:
        raise ConfigurationError(f"{path} has no lines")
    found = [detect(row["text"]) for row in rows]
    truth, likeliest = [row["language"] for row in rows], [one.language for one in found]
    right = [a == b for a, b in zip(truth, likeliest, strict=True)]
    told = [one.confidence >= settings.min_confidence for one in found]
    languages = sorted(set(truth))
    scores = f1_score(truth, likeliest, labels=languages, average=None, zero_division=0.0)
    figures = {
        "accuracy": sum(right) / len(rows),
        "macro_f1": float(scores.mean()),
        "told": sum(told) / len(rows),
        "precision": sum(a and b for a, b in zip(right, told, strict=True)) / max(sum(told), 1),
    }
    return Languages(
        collection=path.name.split(".")[0],
        figures=figures,
        by_language=dict(zip(languages, map(float, scores), strict=True)),
        correct={str(row): float(one) for row, one in enumerate(right)},
    )
