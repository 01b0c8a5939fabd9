"""Training on Ray gives what training in one process gives."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from ray_app.ingest.training import on_ray, trainer
from ray_app.models.classification.features import find_features
from ray_app.models.classification.folds import Job, do, in_process, make_folds
from ray_app.models.classification.selection import CANDIDATES
from ray_app.models.classification.tree import find_decisions
from tests.models.letters import letters


@pytest.fixture(scope="module")
def work():
    """Folds, and a job for each fold and candidate."""
    examples = letters()
    features = find_features(examples.texts, examples.titles, choice="both", labels=3, dimension=16)
    folds = make_folds(examples, features, seed=0)
    (decision,) = find_decisions(examples.labels, "flat")
    return folds, [Job(fold, decision, candidate) for candidate in CANDIDATES for fold in range(len(folds))]


def test_few_examples_are_not_worth_a_cluster(settings):
    assert trainer(100, settings) is in_process
    assert trainer(100_000, settings) is not in_process


def test_a_job_can_be_sent_away_and_changes_nothing_of_what_all_share(work):
    folds, jobs = work
    (fold,) = pickle.loads(pickle.dumps(folds[:1]))
    for part in (fold.features, fold.asked):
        part.data.setflags(write=False)
        part.indices.setflags(write=False)
        part.indptr.setflags(write=False)
    for job in pickle.loads(pickle.dumps([job for job in jobs if job.fold == 0])):
        assert np.isfinite(do(fold, job)).all()


@pytest.mark.slow
def test_tasks_answer_in_order_what_one_process_answers(owned, work):
    folds, jobs = work
    for here, there in zip(in_process(folds, jobs), on_ray(folds, jobs), strict=True):
        assert there == pytest.approx(here)
