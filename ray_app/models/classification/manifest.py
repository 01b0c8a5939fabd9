"""What a trained classifier says of itself."""

from __future__ import annotations

from pydantic import BaseModel

from ray_app.models.classification.calibration import ReliabilityBin
from ray_app.models.classification.examples import Kind
from ray_app.models.classification.features import Choice
from ray_app.models.classification.selection import CandidateScore
from ray_app.models.classification.tree import Fork


class LabelScore(BaseModel):
    """How well one label was recognised on documents that were held out.

    From the probability `threshold` on it is told as sure; 1 where it never was right often enough.
    """

    documents: int
    precision: float
    recall: float
    f1: float
    threshold: float


class DecisionRecord(BaseModel):
    """A decision between labels, the candidate that takes it, and what all candidates scored.

    Its scores become calibrated logits by `power` (see `calibration.soften`): 1 for kind "multi", and in versions of an
    older release.
    """

    fork: Fork
    chosen: str
    power: float = 1.0
    candidates: list[CandidateScore]


class SureScore(BaseModel):
    """What the thresholds give on held-out documents: the share of answers told as sure, and how many are right."""

    wanted_precision: float
    share: float
    precision: float


class LanguageScore(BaseModel):
    """How good a language's own classifier was on held-out documents of the language."""

    documents: int
    accuracy: float
    macro_f1: float
    expected_calibration_error: float


class Confusion(BaseModel):
    """So many held-out documents of a label were given this one, the same or another."""

    given: str
    told: str
    documents: int


class CurvePoint(BaseModel):
    """Macro-F1 on held-out documents of what had learnt from so many."""

    documents: int
    macro_f1: float


class ClassifierManifest(BaseModel):
    """What a classifier was made of, and how good it was on held-out documents.

    `reliability` is of the likeliest label, for kind "multi" of every label of every document; so is
    `expected_calibration_error`. `accuracy` counts documents all of whose labels are right. `distinct` counts
    near-duplicates once. `languages` counts documents by language; those in `own` have a classifier of their own, and
    all other figures are of the one for all languages. `confusions` has no pairs of labels that never met, and none for
    kind "multi"; it and `learning_curve` are empty in versions of an older release.
    """

    version: str
    created: str
    kind: Kind
    features: Choice
    feature_count: int
    documents: int
    distinct: int
    languages: dict[str, int]
    own: dict[str, LanguageScore] = {}
    labels: dict[str, LabelScore]
    decisions: list[DecisionRecord]
    accuracy: float
    macro_f1: float
    expected_calibration_error: float
    reliability: list[ReliabilityBin]
    sure: SureScore
    folds: int
    fold_macro_f1: list[float]
    confusions: list[Confusion] = []
    learning_curve: list[CurvePoint] = []
    seed: int
    data_sha256: str
    embedding: str
    licence: str
    libraries: dict[str, str]

    @property
    def forks(self) -> list[Fork]:
        return [one.fork for one in self.decisions]
