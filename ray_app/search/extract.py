"""An answer made of the documents' own sentences: no language model, and nothing that stands nowhere."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ray_app.models.embedder import Embedder
from ray_app.search.diversity import diverse_order
from ray_app.search.evidence import Evidence, Sentence, cite
from ray_app.search.sentences import sentence_spans
from ray_app.store.bm25 import word_indices

# Fewer words make a heading; it resembles its question most of all, and answers nothing.
_FEWEST_WORDS = 4
# Longer ones are lists and tables that hold no full stop.
_MOST_CHARS = 600
# A heading has few words, and no full stop. It says what the sentence below it is about, so that they answer together.
_HEADING_WORDS = 8
_ENDS = (".", "!", "?", ":", ";", ",", "…")
# How much a query's words in the sentence weigh beside meaning, and how unlike each other sentences must be. Chosen,
# not measured yet: `python -m benchmarks.answers` tells how well they work.
_WORDS_WEIGH = 0.5
_DIVERSITY = 0.3
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage, a heading with the one below it. `meaning` is the cosine with the question, `words` the
    share of its words held."""

    evidence: Evidence
    span: tuple[int, int]
    meaning: float
    words: float
    vector: NDArray[np.float32]

    @property
    def support(self) -> float:
        """How well it answers: from below 0 to 1."""
        return (1 - _WORDS_WEIGH) * self.meaning + _WORDS_WEIGH * self.words

    @property
    def text(self) -> str:
        """The sentence on one line."""
        return " ".join(self.evidence.passage.text[slice(*self.span)].split())


async def judge(
    evidence: Sequence[Evidence], question: NDArray[np.float32], words: Set[int], embedder: Embedder, *, most: int
) -> list[Candidate]:
    """The sentences of the passages, the best first; of the first `most` ones only, since each is embedded."""
    places = [(one, span) for one in evidence for span in sentence_spans(one.passage.text, one.hit.language)]
    places = [(one, span) for one, span in places if _may_answer(one.passage.text[slice(*span)])][:most]
    if not places:
        return []
    texts = [one.passage.text[slice(*span)] for one, span in places]
    vectors = await asyncio.to_thread(embedder.embed_passages, texts)
    judged = [
        Candidate(one, _with_body(one, span), float(vector @ question), _share(text, words, one.hit.language), vector)
        for (one, span), text, vector in zip(places, texts, vectors, strict=True)
    ]
    return sorted(judged, key=lambda candidate: -candidate.support)


def choose(candidates: Sequence[Candidate], *, limit: int, at_least: float) -> list[Sentence]:
    """The sentences of the answer, each with its exact span; none where no sentence has that much support."""
    good = _apart(one for one in candidates if one.support >= at_least)
    order = diverse_order(
        [one.support for one in good], [one.vector for one in good], diversity=_DIVERSITY, limit=limit
    )
    return [Sentence(good[index].text, (cite(good[index].evidence, good[index].span),)) for index in order]


def _with_body(evidence: Evidence, span: tuple[int, int]) -> tuple[int, int]:
    """A heading with the sentence below it, which it is about; of lines without full stops, a list say, none is one."""
    text, (start, end) = evidence.passage.text, span
    if not _is_heading(text[start:end]):
        return span
    below = next((one for one in sentence_spans(text[end:], evidence.hit.language)), None)
    if below is None or _is_heading(text[end + below[0] : end + below[1]]):
        return span
    return start, end + below[1]


def _is_heading(sentence: str) -> bool:
    return not sentence.endswith(_ENDS) and len(_WORD.findall(sentence)) <= _HEADING_WORDS


def _apart(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Those that share no text with a better one: what stands below a heading is a candidate of its own, too."""
    kept: list[Candidate] = []
    for one in candidates:
        start, end = one.span
        if all(one.evidence is not other.evidence or end <= other.span[0] or other.span[1] <= start for other in kept):
            kept.append(one)
    return kept


def _may_answer(sentence: str) -> bool:
    """Neither a heading nor a question, nor a table without an end."""
    return len(_WORD.findall(sentence)) >= _FEWEST_WORDS and len(sentence) <= _MOST_CHARS and sentence[-1] != "?"


def _share(sentence: str, words: Set[int], language: str) -> float:
    """The share of the question's words (their BM25 indices) that the sentence holds."""
    if not words:
        return 0.0
    held = {index for word in set(_WORD.findall(sentence.lower())) for index in word_indices(word, language)}
    return len(held & words) / len(words)
