"""What each candidate of a classifier reaches when it alone is trained: macro-F1 on the test part.

    python -m benchmarks.candidates COLLECTION.jsonl.gz ...

Each collection is one that `ray-app evaluate classification` reads; its choice is to be compared with the best here.
Only the training part decides which terms are counted and what they weigh.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np

from ray_app.evaluation.classification import LabelledTexts, read_texts
from ray_app.ingest.labelled import of_texts
from ray_app.ingest.training import trainer
from ray_app.models.classification.features import count, find_features, fit_weights, weigh
from ray_app.models.classification.folds import Fold, Job
from ray_app.models.classification.selection import candidates_for, macro_f1
from ray_app.models.classification.tree import find_decisions
from ray_app.models.prepared import prepare_model
from ray_app.settings import Settings


def main() -> None:
    """Prints a row for each candidate, the best one first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    for path in parser.parse_args().files:
        texts = read_texts(path)
        reached = _reached(texts, Settings())
        for name in sorted(reached, key=lambda name: -reached[name]):
            sys.stdout.write(f"{texts.name:<24} {name:<22} {reached[name]:.3f}\n")
        sys.stdout.flush()


def _reached(texts: LabelledTexts, settings: Settings) -> dict[str, float]:
    pairs = [*texts.seen, *texts.unseen]
    model, cpus = prepare_model(settings), os.cpu_count() or 1
    examples = of_texts([text for text, _ in pairs], [(label,) for _, label in pairs], settings, model, threads=cpus)
    seen, unseen = np.split(np.arange(len(pairs)), [len(texts.seen)])
    (decision,) = find_decisions(examples.labels, examples.kind)
    features = find_features(
        examples.take(seen).texts,
        examples.take(seen).titles,
        choice=settings.classification.features,
        labels=len(decision.fork.labels),
        dimension=examples.vectors.shape[1],
    )
    counts = count(features, examples.texts, examples.titles)
    matrix = weigh(fit_weights(features, [part[seen] for part in counts]), counts, examples.vectors)
    fold = Fold(seen, unseen, matrix[seen], matrix[unseen], features.terms)
    candidates = candidates_for(decision, features)
    answers = trainer(len(seen), settings)([fold], [Job(0, decision, one) for one in candidates])
    truth = decision.truth[unseen]
    return {one.name: macro_f1(truth, logits) for one, logits in zip(candidates, answers, strict=True)}


if __name__ == "__main__":
    main()
