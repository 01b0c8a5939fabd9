"""The clients. A method is one line: a function of `calls.py` that describes the request."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar, overload

from ray_app.client import calls, calls_labels
from ray_app.client.call import Call, Stream
from ray_app.client.senders import AsyncSender, Sender

P = ParamSpec("P")
T = TypeVar("T")


class _Answered(Generic[P, T]):
    """A method that sends what a function describes: it returns the answer, or in `AsyncClient` an awaitable of it."""

    def __init__(self, describe: Callable[P, Call[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, sender: None, owner: type) -> _Answered[P, T]: ...
    @overload
    def __get__(self, sender: Sender, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, sender: AsyncSender, owner: type) -> Callable[P, Awaitable[T]]: ...

    def __get__(self, sender: Sender | AsyncSender | None, owner: type) -> Any:
        if sender is None:
            return self

        @wraps(self._describe)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return sender.send(self._describe(*args, **kwargs))

        return method


class _Streamed(Generic[P, T]):
    """A method that yields the events of what a function describes."""

    def __init__(self, describe: Callable[P, Stream[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, sender: None, owner: type) -> _Streamed[P, T]: ...
    @overload
    def __get__(self, sender: Sender, owner: type) -> Callable[P, Generator[T, None, None]]: ...
    @overload
    def __get__(self, sender: AsyncSender, owner: type) -> Callable[P, AsyncGenerator[T, None]]: ...

    def __get__(self, sender: Sender | AsyncSender | None, owner: type) -> Any:
        if sender is None:
            return self

        @wraps(self._describe)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return sender.stream(self._describe(*args, **kwargs))

        return method


class Methods:
    """What both clients can do."""

    search = _Answered(calls.search)
    search_events = _Streamed(calls.search_events)
    suggest = _Answered(calls.suggest)
    answer = _Answered(calls.answer)
    answer_events = _Streamed(calls.answer_events)
    classify = _Answered(calls.classify)
    embeddings = _Answered(calls.embeddings)
    documents = _Answered(calls.documents)
    quarantine = _Answered(calls.quarantine)
    document = _Answered(calls.document)
    upload = _Answered(calls.upload)
    original = _Answered(calls.original)
    reprocess_document = _Answered(calls.reprocess_document)
    erase_document = _Answered(calls.erase_document)
    events = _Streamed(calls.events)
    me = _Answered(calls.me)
    api_keys = _Answered(calls.api_keys)
    create_key = _Answered(calls.create_key)
    revoke_key = _Answered(calls.revoke_key)
    invite = _Answered(calls.invite)
    stats = _Answered(calls.stats)
    runs = _Answered(calls.runs)
    run = _Answered(calls.run)
    jobs = _Answered(calls.jobs)
    submit_job = _Answered(calls.submit_job)
    job = _Answered(calls.job)
    job_log = _Answered(calls.job_log)
    follow_job = _Streamed(calls.follow_job)
    cancel_job = _Answered(calls.cancel_job)
    sources = _Answered(calls.sources)
    source = _Answered(calls.source)
    check_source = _Answered(calls.check_source)
    create_source = _Answered(calls.create_source)
    change_source = _Answered(calls.change_source)
    delete_source = _Answered(calls.delete_source)
    crawl_source = _Answered(calls.crawl_source)
    document_labels = _Answered(calls_labels.document_labels)
    label_document = _Answered(calls_labels.label_document)
    unlabel_document = _Answered(calls_labels.unlabel_document)
    document_history = _Answered(calls_labels.document_history)
    labels = _Answered(calls_labels.labels)
    review_queue = _Answered(calls_labels.review_queue)
    models = _Answered(calls_labels.models)
    promote_model = _Answered(calls_labels.promote_model)
    rollback_model = _Answered(calls_labels.rollback_model)
    key_phrases = _Answered(calls_labels.key_phrases)
    duplicates = _Answered(calls_labels.duplicates)
    personal_data = _Answered(calls_labels.personal_data)
    redacted = _Answered(calls_labels.redacted)
    privacy_report = _Answered(calls_labels.privacy_report)
    watch_list = _Answered(calls_labels.watch_list)
    watch = _Answered(calls_labels.watch)
    unwatch = _Answered(calls_labels.unwatch)
    documents_naming = _Answered(calls_labels.documents_naming)
    erase_with_proof = _Answered(calls_labels.erase_with_proof)


class Client(Sender, Methods):
    """Waits for answers: `client.search("...")`; streams are iterators."""


class AsyncClient(AsyncSender, Methods):
    """Is awaited: `await client.search("...")`; streams are asynchronous iterators."""
