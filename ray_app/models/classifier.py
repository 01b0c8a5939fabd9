"""A trained classifier: words and meaning of a text to labels with calibrated probabilities."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from ray_app.errors import ModelError
from ray_app.records import Label

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_WEIGHTS = "model.skops"
_MANIFEST = "manifest.json"
# A book's worth; beyond it the label does not change any more.
MAX_CHARS = 200_000


class LabelScore(BaseModel):
    """How well one label was recognised on documents that were held out."""

    documents: int
    precision: float
    recall: float
    f1: float


class ClassifierManifest(BaseModel):
    """What a classifier was made of, and how good it was on held-out documents."""

    version: str
    created: str
    documents: int
    labels: dict[str, LabelScore]
    accuracy: float
    macro_f1: float
    expected_calibration_error: float
    regularization: float
    folds: int
    data_sha256: str
    embedding: str
    libraries: dict[str, str]


class Classifier(Protocol):
    """`method` is what a label says of its origin: a version, or "zero-shot"."""

    @property
    def method(self) -> str: ...

    def classify(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> list[tuple[Label, ...]]:
        """Labels for each text, the most probable first; probabilities sum to 1.

        `vectors` has the texts' embeddings: shape (texts, dimension), rows of length 1.
        """
        ...


@dataclass(frozen=True, slots=True)
class TrainedClassifier:
    """Logistic regression over TF-IDF of words and the embedding, side by side."""

    vectorizer: Any
    model: Any
    manifest: ClassifierManifest

    @property
    def method(self) -> str:
        return self.manifest.version

    def classify(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> list[tuple[Label, ...]]:
        if not len(texts):
            return []
        probabilities = self.model.predict_proba(features(self.vectorizer, texts, vectors))
        return [ranked(self.model.classes_, row, self.method) for row in probabilities]


def features(vectorizer: Any, texts: Sequence[str], vectors: NDArray[np.float32]) -> csr_matrix:
    """TF-IDF and embedding side by side. Both have length 1, so that neither drowns the other."""
    import scipy.sparse

    words = vectorizer.transform([text[:MAX_CHARS] for text in texts])
    return scipy.sparse.hstack([words, scipy.sparse.csr_matrix(vectors)], format="csr")


def ranked(classes: Sequence[str], probabilities: NDArray[np.floating[Any]], method: str) -> tuple[Label, ...]:
    """Labels in falling order of probability."""
    order = np.argsort(-probabilities, kind="stable")
    return tuple(Label(str(classes[i]), round(float(probabilities[i]), 6), method) for i in order)


def save(classifier: TrainedClassifier, folder: Path) -> None:
    """Writes weights and manifest; the manifest last, so that a folder with one is whole."""
    import skops.io  # takes two seconds

    folder.mkdir(parents=True)
    skops.io.dump({"vectorizer": classifier.vectorizer, "model": classifier.model}, folder / _WEIGHTS)
    (folder / _MANIFEST).write_text(classifier.manifest.model_dump_json(indent=2), encoding="utf-8")


def load(folder: Path) -> TrainedClassifier:
    """Reads a folder that `save` wrote. Raises ModelError where it is damaged, or holds foreign types."""
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    weights = folder / _WEIGHTS
    try:
        manifest = ClassifierManifest.model_validate_json((folder / _MANIFEST).read_bytes())
        parts = skops.io.load(weights)  # refuses every type outside skops' list of harmless ones
    except (OSError, ValueError, ValidationError, UntrustedTypesFoundException, zipfile.BadZipFile) as error:
        raise ModelError(f"{folder} holds no readable classifier ({error}); train it again") from error
    return TrainedClassifier(parts["vectorizer"], parts["model"], manifest)
