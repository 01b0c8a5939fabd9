"""An answer with citations as a stream of events: the passages, then sentence by sentence, then the whole."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any

from ray_app.errors import QueryError
from ray_app.models.embedder import Embedder
from ray_app.search.cited import CitedText
from ray_app.search.events import Clock, Event
from ray_app.search.evidence import Evidence, Sentence, number, to_json
from ray_app.search.extract import choose, judge
from ray_app.search.request import SearchRequest
from ray_app.search.searcher import Searcher
from ray_app.search.writing import NO_ANSWER, Writer
from ray_app.settings import AnswerSettings
from ray_app.store.scope import Scope

EXTRACT = "extract"
# Passages of one document among those that an answer is made from: what it says may go on behind a border.
_PER_DOCUMENT = 2
_NOTHING = "The documents do not answer this question."


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and of which documents; `filters` are a search's."""

    text: str
    filters: Mapping[str, Any] | None = None


class Answerer:
    """Answers questions from what a searcher finds: with the documents' sentences, or by a language model."""

    def __init__(
        self, searcher: Searcher, embedder: Embedder, settings: AnswerSettings, writer: Writer | None = None
    ) -> None:
        self._searcher = searcher
        self._embedder = embedder
        self._settings = settings
        self._writer = writer

    async def answer(self, question: Question, scope: Scope) -> AsyncGenerator[Event, None]:
        """`passages`, then `token` (by a model only) and `sentence` as they come, then `done` with the whole answer.

        Raises QueryError where the question is wrong, AnswerError where the model does not answer.
        """
        request = self.check(question)
        clock = Clock()
        started = time.perf_counter()
        found = await self._searcher.find(request, scope)
        evidence = number(found.hits)[: self._settings.passages]
        clock.lap("search", started)
        yield Event("passages", {"passages": [to_json(one) for one in evidence]})
        started = time.perf_counter()
        sentences: list[Sentence] = []
        if self._writer and evidence:
            async with aclosing(self._written(self._writer, found.asked, evidence)) as events:
                async for event, done in events:
                    sentences += done
                    yield event
        elif evidence and found.vector is not None:
            most = self._settings.max_sentences
            candidates = await judge(evidence, found.vector, found.words, self._embedder, most=most)
            sentences = choose(candidates, limit=self._settings.sentences, at_least=self._settings.min_support)
            for sentence in sentences:
                yield _event(sentence)
        clock.lap("answer", started)
        clock.lap("total", clock.started)
        yield Event("done", {**self._whole(sentences), "timings": clock.taken})

    def check(self, question: Question) -> SearchRequest:
        """The search behind the question. Raises QueryError where it cannot be answered."""
        if len(question.text) > self._settings.max_question_chars:
            raise QueryError("query-too-large", f"a question may have {self._settings.max_question_chars} characters")
        limits = self._searcher.limits
        request = SearchRequest(
            question.text,
            limit=min(self._settings.passages, limits.max_limit),
            filters=question.filters,
            facets=(),
            passages=min(_PER_DOCUMENT, limits.max_passages),
            rerank=False,
        )
        self._searcher.check(request)
        return request

    async def _written(
        self, writer: Writer, question: str, evidence: list[Evidence]
    ) -> AsyncGenerator[tuple[Event, list[Sentence]], None]:
        """Each event with the sentence that it tells of. Nothing is shown while it may be the word for no answer."""
        text = CitedText(evidence)
        async with aclosing(_unless_no_answer(writer.write(question, evidence))) as pieces:
            async for piece in pieces:
                yield Event("token", {"text": piece}), []
                for sentence in text.add(piece):
                    yield _event(sentence), [sentence]
        for sentence in text.close():
            yield _event(sentence), [sentence]

    def _whole(self, sentences: list[Sentence]) -> dict[str, Any]:
        return {
            "supported": any(sentence.supported for sentence in sentences),
            "answer": " ".join(sentence.text for sentence in sentences) or _NOTHING,
            "by": self._writer.model if self._writer else EXTRACT,
        }


async def whole_answer(answerer: Answerer, question: Question, scope: Scope) -> dict[str, Any]:
    """The whole answer as one object."""
    result: dict[str, Any] = {"sentences": []}
    async with aclosing(answerer.answer(question, scope)) as events:
        async for event in events:
            if event.name == "sentence":
                result["sentences"].append(event.data)
            elif event.name != "token":
                result |= event.data
    return result


async def _unless_no_answer(pieces: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """The same pieces, but none where they only say that there is no answer. Holds them back until that is clear."""
    held = ""
    begun = False
    async with aclosing(pieces):
        async for piece in pieces:
            held += piece
            if begun or not NO_ANSWER.startswith(held.strip()[: len(NO_ANSWER)]):
                begun = True
                yield held
                held = ""
    if held.strip() and not held.strip().startswith(NO_ANSWER):
        yield held


def _event(sentence: Sentence) -> Event:
    return Event("sentence", {**asdict(sentence), "supported": sentence.supported})
