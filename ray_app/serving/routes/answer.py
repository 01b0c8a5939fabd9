"""Answers with citations, as one object or as a stream."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ray_app.search.answerer import Question, whole_answer
from ray_app.serving.bodies.answer import AnswerBody, AnswerResult
from ray_app.serving.services import CallerOf, ServicesOf
from ray_app.serving.streaming import RESPONSES, respond

router = APIRouter(prefix="/v1", tags=["search"])


@router.post("/answer", response_model=AnswerResult, responses=RESPONSES)
async def answer(body: AnswerBody, request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """An answer from the documents, each sentence with the spans that support it; or that there is none.

    With `Accept: text/event-stream` or `application/x-ndjson` the answer is a stream of events: `passages`, `token`
    (where a language model writes), `sentence`, `done`; or `error` with a problem document.
    """
    question = Question(body.question, body.filters)
    answerer = services.answerer
    answerer.check(question)
    return await respond(
        request,
        lambda: answerer.answer(question, caller.scope),
        lambda: whole_answer(answerer, question, caller.scope),
    )
