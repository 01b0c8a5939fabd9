"""Trains a classifier: candidates compared by cross-validation, probabilities calibrated, scores held out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ray_app.errors import ConfigurationError
from ray_app.models.classification import scores
from ray_app.models.classification.calibration import soften
from ray_app.models.classification.classifier import TrainedClassifier
from ray_app.models.classification.examples import Examples, check, counts, data_hash
from ray_app.models.classification.features import Choice, Features, find_features, fit_weights, weigh
from ray_app.models.classification.features import count as count_terms
from ray_app.models.classification.folds import Fold, Job, Rows, Run, in_process, learn, make_folds, sample
from ray_app.models.classification.learnt import Hashes, hash_texts
from ray_app.models.classification.linear import Candidate, Linear
from ray_app.models.classification.manifest import ClassifierManifest, CurvePoint, DecisionRecord, LanguageScore
from ray_app.models.classification.report import write_report
from ray_app.models.classification.scores import HeldOut
from ray_app.models.classification.selection import CandidateScore, Judged, candidates_for, choose, judge
from ray_app.models.classification.tree import Decision, find_decisions, label_probabilities
from ray_app.settings import ClassificationSettings

Say = Callable[[str], None]
# Of the documents that a fold learns from; what it makes of all of them is known already.
_SHARES = (0.25, 0.5)


class Trained(NamedTuple):
    """A classifier, its report as one page of HTML, and the hashes of the texts that it learnt from."""

    classifier: TrainedClassifier
    report: str
    learnt: Hashes


class Plan(NamedTuple):
    """How to train: what is read, how often a sure answer shall be right, under which licence the result stands.

    A language with at least `own_from` documents gets a classifier of its own beside the one for all.
    """

    features: Choice = "both"
    precision: float = 0.9
    licence: str = ""
    seed: int = 0
    own_from: int | None = None


def plan_of(settings: ClassificationSettings, *, features: Choice | None = None, seed: int = 0) -> Plan:
    """What the settings say; `features` are taken instead of theirs."""
    own_from = settings.language_documents
    return Plan(features or settings.features, settings.precision, settings.licence, seed, own_from)


class Chosen(NamedTuple):
    """A decision with the candidate that takes it, and the scores of all."""

    decision: Decision
    best: Judged
    scores: list[CandidateScore]


DEFAULT = Plan()


def train(
    examples: Examples,
    *,
    embedding: str,
    plan: Plan = DEFAULT,
    run: Run = in_process,
    say: Say = lambda _: None,
) -> Trained:
    """The classifier of all examples; its manifest tells scores on held-out ones.

    `embedding` is the fingerprint of the model that made the vectors. `run` does the folds' work, `say` hears of it.
    Raises ConfigurationError where there is too little to learn from.
    """
    general = _train_one(examples, embedding, plan, run, say)
    version = general.classifier.manifest.version
    own = {}
    for language, rows in _languages(examples, plan.own_from).items():
        say(f"{language}: {len(rows)} documents")
        try:
            trained = _train_one(examples.take(rows), embedding, plan, run, say)
        except ConfigurationError as error:  # a language's own classifier has to know all labels of its documents
            say(f"{language} gets no classifier of its own: {error}")
        else:
            named = trained.classifier.manifest.model_copy(update={"version": version})
            own[language] = replace(trained.classifier, manifest=named)
    scored = {language: _language_score(one.manifest) for language, one in own.items()}
    manifest = general.classifier.manifest.model_copy(update={"own": scored})
    return Trained(replace(general.classifier, manifest=manifest, own=own), general.report, general.learnt)


def _languages(examples: Examples, least: int | None) -> dict[str, list[int]]:
    """The rows of each language that has so many; none where all are in one, or that does not matter."""
    rows: dict[str, list[int]] = {}
    for row, language in enumerate(examples.languages if least else ()):
        rows.setdefault(language, []).append(row)
    many = {language: some for language, some in rows.items() if language and least and len(some) >= least}
    return many if len(rows) > 1 else {}


def _language_score(manifest: ClassifierManifest) -> LanguageScore:
    return LanguageScore(
        documents=manifest.documents,
        accuracy=manifest.accuracy,
        macro_f1=manifest.macro_f1,
        expected_calibration_error=manifest.expected_calibration_error,
    )


def _train_one(examples: Examples, embedding: str, plan: Plan, run: Run, say: Say) -> Trained:
    check(examples)
    columns = sum(len(decision.fork.labels) for decision in find_decisions(examples.labels, examples.kind))
    dimension = examples.vectors.shape[1]
    features = find_features(examples.texts, examples.titles, choice=plan.features, labels=columns, dimension=dimension)
    some = sample(examples, seed=plan.seed)
    folds = make_folds(some, features, seed=plan.seed)
    chosen = _choose(some, features, folds, run, say)
    if len(some.texts) < len(examples.texts):
        say(f"chosen on {len(some.texts)} documents; testing on all {len(examples.texts)}")
        folds = make_folds(examples, features, seed=plan.seed)
        chosen = _retried(examples, chosen, folds, run)
    held_out = _held_out(examples, slice(None), chosen, np.hstack([one.best.logits for one in chosen]))
    thresholds = scores.find_thresholds(held_out, precision=plan.precision)
    manifest = _manifest(examples, chosen, held_out, thresholds, folds, features, plan, embedding)
    say("learning from all documents")
    classifier = _fit_all(examples, features, chosen, manifest)
    report = write_report(manifest, scores.doubtful(held_out, examples.names))
    return Trained(classifier, report, hash_texts(examples.texts))


def _choose(examples: Examples, features: Features, folds: Sequence[Fold], run: Run, say: Say) -> list[Chosen]:
    decisions = find_decisions(examples.labels, examples.kind)
    plan = [(decision, candidate) for decision in decisions for candidate in candidates_for(decision, features)]
    judged: dict[str, list[Judged]] = {decision.fork.path: [] for decision in decisions}
    for decision, one in _judged(plan, folds, run):
        judged[decision.fork.path].append(one)
        where = f"{decision.fork.path}: " if decision.fork.path else ""
        say(f"{where}{one.candidate.name}: log loss {one.score.log_loss:.3f}, macro-F1 {one.score.macro_f1:.3f}")
    chosen = [(one, choose(judged[one.fork.path])) for one in decisions]
    return [Chosen(one, best, [other.score for other in judged[one.fork.path]]) for one, best in chosen]


def _retried(examples: Examples, chosen: Sequence[Chosen], folds: Sequence[Fold], run: Run) -> list[Chosen]:
    """The candidates that were chosen on some examples, held out on all; the scores stay those they were chosen by."""
    scores_of = {one.decision.fork.path: one.scores for one in chosen}
    best = {one.decision.fork.path: one.best.candidate for one in chosen}
    usual = chosen[0].best.candidate  # of a fork that the sample did not show
    plan = [(one, best.get(one.fork.path, usual)) for one in find_decisions(examples.labels, examples.kind)]
    return [Chosen(decision, one, scores_of.get(decision.fork.path, [])) for decision, one in _judged(plan, folds, run)]


def _judged(
    plan: Sequence[tuple[Decision, Candidate]], folds: Sequence[Fold], run: Run
) -> Iterator[tuple[Decision, Judged]]:
    jobs = [Job(fold, decision, candidate) for decision, candidate in plan for fold in range(len(folds))]
    answers = run(folds, jobs)
    for decision, candidate in plan:
        yield decision, judge(decision, candidate, folds, [next(answers) for _ in folds])


def _held_out(examples: Examples, rows: Rows | slice, chosen: Sequence[Chosen], logits: NDArray[np.float64]) -> HeldOut:
    """`logits` are calibrated, of the examples `rows` only."""
    labels = list(counts(examples))
    forks = [one.decision.fork for one in chosen]
    truth = np.array([[label in some for label in labels] for some in examples.labels])[rows]
    probabilities = label_probabilities(logits, forks, labels, examples.kind)
    return HeldOut(labels, probabilities, truth, examples.kind == "multi")


def _fit_all(
    examples: Examples, features: Features, chosen: Sequence[Chosen], manifest: ClassifierManifest
) -> TrainedClassifier:
    counted = count_terms(features, examples.texts, examples.titles)
    fitted = fit_weights(features, counted)
    matrix = weigh(fitted, counted, examples.vectors)
    linears = [_scoring(one, matrix, np.arange(len(examples.texts)), fitted.terms) for one in chosen]
    weights = np.hstack([one.weights for one in linears])
    intercept = np.concatenate([one.intercept for one in linears])
    return TrainedClassifier(fitted, Linear(weights, intercept), manifest)


def _scoring(one: Chosen, matrix: csr_matrix, rows: Rows, terms: int) -> Linear:
    """The model itself gives scores: calibrated logits but for their power."""
    linear = learn(one.best.candidate, one.decision, matrix, rows, terms=terms)
    scale = one.best.scale
    return Linear((linear.weights * scale.factor).astype(np.float32), linear.intercept * scale.factor + scale.shift)


def _curve(examples: Examples, chosen: Sequence[Chosen], fold: Fold, seed: int) -> list[CurvePoint]:
    """Documents learnt from, and macro-F1 on the fold's unseen ones."""
    order = np.random.default_rng(seed).permutation(len(fold.seen))
    points = []
    for share in _SHARES:
        some = np.sort(order[: int(share * len(order))])
        scored = [_scoring(one, fold.features[some], fold.seen[some], fold.terms).logits(fold.asked) for one in chosen]
        softened = [soften(part, one.best.scale.power) for part, one in zip(scored, chosen, strict=True)]
        points.append((len(some), np.hstack(softened)))
    points.append((len(order), np.hstack([one.best.logits[fold.unseen] for one in chosen])))
    return [
        CurvePoint(documents=count, macro_f1=scores.macro_f1(_held_out(examples, fold.unseen, chosen, logits)))
        for count, logits in points
    ]


def _manifest(
    examples: Examples,
    chosen: Sequence[Chosen],
    held_out: HeldOut,
    thresholds: NDArray[np.float64],
    folds: Sequence[Fold],
    features: Features,
    plan: Plan,
    embedding: str,
) -> ClassifierManifest:
    now, digest = datetime.now(UTC), data_hash(examples)
    error, bins = scores.calibration(held_out)
    return ClassifierManifest(
        version=f"{now:%Y%m%d-%H%M%S-%f}-{digest[:8]}",
        created=now.isoformat(timespec="seconds"),
        kind=examples.kind,
        features=plan.features,
        feature_count=features.size,
        documents=len(examples.texts),
        distinct=len(set(examples.groups.tolist())),
        languages=dict(Counter(examples.languages).most_common()),
        labels=scores.label_scores(held_out, thresholds),
        decisions=[_record(one) for one in chosen],
        accuracy=scores.accuracy(held_out),
        macro_f1=scores.macro_f1(held_out),
        expected_calibration_error=error,
        reliability=bins,
        sure=scores.sure_score(held_out, thresholds, precision=plan.precision),
        folds=len(folds),
        fold_macro_f1=[scores.macro_f1(held_out, fold.unseen) for fold in folds],
        confusions=scores.confusions(held_out),
        learning_curve=_curve(examples, chosen, folds[0], plan.seed),
        seed=plan.seed,
        data_sha256=digest,
        embedding=embedding,
        licence=plan.licence,
        libraries={name: installed_version(name) for name in ("scikit-learn", "skops", "numpy", "scipy")},
    )


def _record(one: Chosen) -> DecisionRecord:
    return DecisionRecord(
        fork=one.decision.fork,
        chosen=one.best.candidate.name,
        power=one.best.scale.power,
        candidates=one.scores,
    )
