"""BM25 vectors of passages and queries, made by Qdrant Edge's model for every engine.

The vector of a passage holds its words' term frequencies, saturated and normalised by length; the engine
multiplies with the inverse document frequency (Robertson & Zaragoza 2009, equation 3.15).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache

from qdrant_edge import Bm25, Bm25Config, DisabledStemmer, StopwordsSet

from ray_app.store.protocol import SparseVector

# ISO 639-1 codes to the names of Edge's stemmers and stop words; other languages are cut into words only.
_STEMMED = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
_WORD = re.compile(r"\w+")
# Part of the pipeline's version: bump it when the same passage would get another vector.
BM25_VERSION = "3"
# Mean words of a passage after stop words: about 250 tokens of the default model.
_AVERAGE_LENGTH = 110.0
# A title's words count as if they stood so often in each passage (docs/quality.md).
TITLE_WEIGHT = 3
# The same for a word that a query repeats: 8 is what Robertson & Zaragoza give (k3).
_K3 = 8.0
# Words whose stems are remembered, 33 MB when full: of the words on a page of hits nearly all were on others before.
_REMEMBERED = 1 << 16


def passage_vector(text: str, language: str, title: str = "", *, title_weight: int = TITLE_WEIGHT) -> SparseVector:
    """The words of a passage and of its document's title, stemmed for its language."""
    vector = _model(_STEMMED.get(language, "")).embed_document("\n".join([title] * title_weight + [text]))
    return SparseVector(vector.indices, vector.values)


def query_vector(text: str, languages: Iterable[str]) -> SparseVector:
    """The words of a query, stemmed for each language that it may be matched in; what it repeats counts more."""
    models = [_model(name) for name in sorted({_STEMMED.get(language, "") for language in languages} or {"english"})]
    counts = Counter(_WORD.findall(text.lower()))
    words = set(counts)
    # The query's own language is the one that takes the most of its words for stop words. They are none in
    # the others: there they would be rare words, and outweigh the rest.
    stop_words = max(({word for word in words if not model.embed_query(word).indices} for model in models), key=len)
    weights: Counter[int] = Counter()
    for model in models:
        of_model: Counter[int] = Counter()
        for word in words - stop_words:
            for index in model.embed_query(word).indices:
                of_model[index] += counts[word]
        weights |= of_model
    indices = sorted(weights)
    return SparseVector(indices, [weights[one] * (_K3 + 1) / (weights[one] + _K3) for one in indices])


@lru_cache(_REMEMBERED)
def word_indices(word: str, language: str) -> frozenset[int]:
    """What one word becomes in a passage of this language; empty for a stop word."""
    return frozenset(_model(_STEMMED.get(language, "")).embed_query(word).indices)


@cache
def _model(language: str) -> Bm25:
    """A model for an English name of a language, "" for none."""
    if language:
        return Bm25(Bm25Config(language=language, avg_len=_AVERAGE_LENGTH))
    return Bm25(Bm25Config(stemmer=DisabledStemmer(), stopwords=StopwordsSet(), avg_len=_AVERAGE_LENGTH))
