"""An answer made of the documents' own sentences: no language model, and nothing that stands nowhere."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence, Set
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
    places = [(one, text, span) for one in evidence for text, span in _places(one) if _may_answer(text)][:most]
    if not places:
        return []
    vectors = await asyncio.to_thread(embedder.embed_passages, [text for _, text, _ in places])
    judged = [
        Candidate(one, span, float(vector @ question), _share(text, words, one.hit.stemming), vector)
        for (one, text, span), vector in zip(places, vectors, strict=True)
    ]
    return sorted(judged, key=lambda candidate: -candidate.support)


def choose(candidates: Sequence[Candidate], *, limit: int, at_least: float) -> list[Sentence]:
    """The sentences of the answer, each with its exact span; none where no sentence has that much support."""
    good = _apart(one for one in candidates if one.support >= at_least)
    order = diverse_order(
        [one.support for one in good], [one.vector for one in good], diversity=_DIVERSITY, limit=limit
    )
    return [Sentence(good[index].text, (cite(good[index].evidence, good[index].span),)) for index in order]


def _places(evidence: Evidence) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each sentence, and the span to show for it: that of a heading has the sentence below it, which it is about.

    Of lines without full stops, a list say, none is a heading.
    """
    text = evidence.passage.text
    spans = sentence_spans(text, evidence.hit.language)
    for (start, end), below in zip(spans, [*spans[1:], None], strict=True):
        begins_more = below and _is_heading(text[start:end]) and not _is_heading(text[slice(*below)])
        yield text[start:end], (start, below[1] if below and begins_more else end)


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
