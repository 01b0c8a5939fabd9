"""What a classifier sees of a document: words, parts of words and the title as TF-IDF, and the embedding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# Which parts are used: TF-IDF, the embedding, or both.
Choice = Literal["words", "embedding", "both"]
# A book's worth; beyond it the label does not change any more. Parts of words cost ten times as much as words.
MAX_CHARS = 200_000
_MAX_CHARS_OF_PARTS = 20_000
# Bound the model's size: weights of all labels together (40 MB), and features of one block.
_MAX_WEIGHTS = 10_000_000
_MAX_FEATURES = 30_000
_MIN_FEATURES = 2_000
_MAX_TITLE_WORDS = 5_000
# A text that comes without its title must not be another text.
_TITLE_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Block:
    """Counts one kind of term (a sklearn CountVectorizer) and weighs them (a TfidfTransformer).

    Its name is "words", "parts" (of words) or "title".
    """

    name: str
    vectorizer: Any
    weighting: Any

    @property
    def size(self) -> int:
        return len(self.vectorizer.vocabulary_)

    @property
    def terms(self) -> list[str]:
        """Column by column."""
        return sorted(self.vectorizer.vocabulary_, key=self.vectorizer.vocabulary_.__getitem__)


@dataclass(frozen=True, slots=True)
class Features:
    """Blocks of TF-IDF side by side, each of length 1 (the title of half), then the embedding, of length 1.

    So neither drowns the others. `dimension` is the embedding's, 0 where it is not used.
    """

    blocks: tuple[Block, ...]
    dimension: int

    @property
    def terms(self) -> int:
        """Columns that are no embedding."""
        return sum(block.size for block in self.blocks)

    @property
    def size(self) -> int:
        return self.terms + self.dimension

    def __call__(self, texts: Sequence[str], vectors: NDArray[np.float32], titles: Sequence[str]) -> csr_matrix:
        """A float32 matrix, shape (texts, size)."""
        return weigh(self, count(self, texts, titles), vectors)


def find_features(
    texts: Sequence[str], titles: Sequence[str], *, choice: Choice, labels: int, dimension: int
) -> Features:
    """The terms worth counting: the most frequent ones, fewer where many labels would make the model large."""
    from sklearn.feature_extraction.text import TfidfTransformer

    used = dimension if choice != "words" else 0
    if choice == "embedding":
        return Features((), used)
    most = int(np.clip(_MAX_WEIGHTS // labels // 2, _MIN_FEATURES, _MAX_FEATURES))
    blocks = []
    for name in ("words", "parts", "title"):
        vectorizer = _vectorizer(name, max_features=most)
        taken = read(name, texts, titles)
        if any(map(vectorizer.build_analyzer(), taken)):
            vectorizer.fit(taken)
            blocks.append(Block(name, vectorizer, TfidfTransformer(sublinear_tf=True)))
    return Features(tuple(blocks), used)


def block_of(name: str, terms: Sequence[str], worth: NDArray[np.float32]) -> Block:
    """A block that was fitted before: its terms, and what each is worth."""
    from sklearn.feature_extraction.text import TfidfTransformer

    vectorizer = _vectorizer(name, vocabulary={term: column for column, term in enumerate(terms)})
    vectorizer.fit([])  # takes the vocabulary as it is given
    weighting = TfidfTransformer(sublinear_tf=True)
    weighting.idf_ = worth
    return Block(name, vectorizer, weighting)


def count(features: Features, texts: Sequence[str], titles: Sequence[str]) -> list[csr_matrix]:
    """How often each term stands in each text, block by block."""
    return [block.vectorizer.transform(read(block.name, texts, titles)) for block in features.blocks]


def fit_weights(features: Features, counts: Sequence[csr_matrix]) -> Features:
    """Features that have learnt from these counts what a term is worth: those that few texts have, most."""
    from sklearn.base import clone

    blocks = [
        replace(block, weighting=clone(block.weighting).fit(counted))
        for block, counted in zip(features.blocks, counts, strict=True)
    ]
    return replace(features, blocks=tuple(blocks))


def weigh(features: Features, counts: Sequence[csr_matrix], vectors: NDArray[np.float32]) -> csr_matrix:
    """Counts and embeddings as features: float32, shape (texts, features)."""
    import scipy.sparse

    parts = []
    for block, counted in zip(features.blocks, counts, strict=True):
        weighed = block.weighting.transform(counted)
        parts.append(weighed * np.float32(_TITLE_WEIGHT) if block.name == "title" else weighed)
    if features.dimension:
        parts.append(scipy.sparse.csr_matrix(vectors))
    return scipy.sparse.csr_matrix(scipy.sparse.hstack(parts, format="csr", dtype=np.float32))


def read(name: str, texts: Sequence[str], titles: Sequence[str]) -> list[str]:
    """What a block reads of each text."""
    if name == "title":
        return [title.replace("_", " ") for title in titles]
    return [text[: MAX_CHARS if name == "words" else _MAX_CHARS_OF_PARTS] for text in texts]


def _vectorizer(name: str, *, max_features: int | None = None, vocabulary: dict[str, int] | None = None) -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    if name == "parts":
        return CountVectorizer(
            analyzer="char_wb",
            ngram_range=(3, 5),
            max_features=max_features,
            vocabulary=vocabulary,
            dtype=np.float32,
        )
    title = name == "title"
    return CountVectorizer(
        ngram_range=(1, 1) if title else (1, 2),
        token_pattern=r"(?u)\b\w+\b",
        max_features=min(max_features, _MAX_TITLE_WORDS) if max_features and title else max_features,
        vocabulary=vocabulary,
        dtype=np.float32,
    )
