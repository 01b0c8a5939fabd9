"""How well names are found: precision, recall and F1 of exact spans, by kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import BaseModel

from ray_app.models.ner.corpus import Annotated, Name
from ray_app.models.ner.crf import KINDS
from ray_app.records import Mention


class NameScore(BaseModel):
    """`names` are the set's, `found` the finder's; a found one is right where kind, start and end are."""

    names: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.names if self.names else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.names + self.found) if self.names + self.found else 0.0


def score(texts: Sequence[Annotated], found: Sequence[Sequence[Mention]]) -> dict[str, NameScore]:
    """By kind, and "all". What touches a span that is not judged does not count."""
    pairs = list(zip(texts, found, strict=True))
    truth = [(number, name) for number, (text, _) in enumerate(pairs) for name in text.judged]
    answers = [(number, name) for number, (text, mentions) in enumerate(pairs) for name in judged(text, mentions)]
    return {"all": _score(truth, answers)} | {
        kind: _score([one for one in truth if one[1].kind == kind], [one for one in answers if one[1].kind == kind])
        for kind in KINDS
    }


def _score(truth: Iterable[tuple[int, Name]], answers: Iterable[tuple[int, Name]]) -> NameScore:
    wanted, given = set(truth), set(answers)
    return NameScore(names=len(wanted), found=len(given), right=len(wanted & given))


def judged(text: Annotated, mentions: Sequence[Mention]) -> list[Name]:
    """The mentions that do not touch a span which is not judged."""
    unknown = [name for name in text.names if not name.kind]
    return [
        Name(one.kind, one.start, one.end)
        for one in mentions
        if not any(one.start < name.end and name.start < one.end for name in unknown)
    ]
