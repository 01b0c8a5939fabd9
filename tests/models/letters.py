"""Small examples for tests of classifiers: letters of a firm, with vectors that say something of their label."""

from __future__ import annotations

import numpy as np

from ray_app.models.classification.examples import Examples

TEXTS = {
    "invoice": "invoice number {} amount due payable within thirty days bank account vat total",
    "letter": "dear madam thank you for your letter of day {} with kind regards yours sincerely",
    "minutes": "present were six members agenda item {} it was decided the meeting closed at noon",
}
DIMENSION = 16


def vectors(labels, *, noise=0.3, seed=0):
    """Unit vectors that lie about one direction for each label."""
    rng = np.random.default_rng(seed)
    numbers = np.unique(labels, return_inverse=True)[1]
    found = np.eye(DIMENSION)[numbers] + noise * rng.normal(size=(len(labels), DIMENSION))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def letters(count=8, *, labels=None, kind="flat", groups=None, titles=None):
    """So many of each kind of letter; `labels` are given instead of its name, row by row."""
    pairs = [(text.format(number), label) for label, text in TEXTS.items() for number in range(count)]
    given = labels or [(label,) for _, label in pairs]
    return Examples(
        texts=[text for text, _ in pairs],
        vectors=vectors([label for _, label in pairs]),
        labels=given,
        titles=titles or [f"{label} {row}" for row, (_, label) in enumerate(pairs)],
        names=[f"{label}/{row}.txt" for row, (_, label) in enumerate(pairs)],
        groups=np.arange(len(pairs)) if groups is None else np.array(groups),
        kind=kind,
    )
