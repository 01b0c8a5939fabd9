"""Every error that ray-app raises on purpose.

    RayAppError
    ├── ConfigurationError    a setting, a command-line argument or a labels file is wrong
    ├── SourceError           a place cannot be listed or read; carries a stable reason, and whether it passes
    │   └── SourceBusyError   another run is at work on it
    ├── DeletionRefusedError  so much of a source is gone that it looks like a mistake
    ├── ParsingError          a document cannot be read; carries a stable reason
    ├── ModelError            weights, an exported model or a classifier cannot be used
    ├── QueryError            a search asks for something that does not exist; carries a stable reason
    ├── NotFoundError         no such document
    ├── JobServerError        Ray's job server does not answer, or there is none
    ├── ServerError           a server that was asked does not answer, or failed
    ├── AuthenticationError   nobody known asks
    ├── ForbiddenError        the caller may not do this
    ├── IdentityProviderError who asks cannot be found out just now
    ├── TooManyRequestsError  the caller asks too often; says when to come back
    ├── TooLargeError         a request is larger than is read
    ├── RefusedError          a request cannot be granted as things are; carries a stable reason
    ├── AnswerError           a language model does not answer; carries a stable reason
    └── StoreError            the index cannot do what was asked
        ├── IndexLockedError  another process owns the index
        ├── StoreUnavailableError  it does not answer just now; another try may do
        └── IndexNotReadyError  there is no index yet, or its owner is starting

A message says what went wrong, where, and what to do next. It is shown to people as it stands.
"""


class RayAppError(Exception):
    """Base of all errors above; the command line prints its message in one line.

    Where a server said it, `type` is that of its problem document and `request_id` what its log calls the request.
    """

    type: str | None = None
    request_id: str | None = None


class ConfigurationError(RayAppError):
    """A setting or an argument is wrong."""


class SourceError(RayAppError):
    """A source cannot be listed, or one of its files cannot be read.

    A `passing` one lies in the circumstances (throttling, a lost connection, a time limit): another try may
    do. `reason` is a stable code: `unreadable` or `too_large`.
    """

    def __init__(self, detail: str, *, passing: bool = False, reason: str = "unreadable") -> None:
        super().__init__(detail)
        self.passing = passing
        self.reason = reason


class SourceBusyError(SourceError):
    """Another run is at work on the source."""


class DeletionRefusedError(RayAppError):
    """So much of a source is gone that it looks like a mistake."""


class ParsingError(RayAppError):
    """A document cannot be turned into text.

    `reason` is a stable code (`password`, `damaged`, `unsupported_format`, ...) that people filter by;
    the message is the detail.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class ModelError(RayAppError):
    """Model weights, an exported model or a classifier cannot be used."""


class QueryError(RayAppError):
    """A request asks for something that does not exist.

    `reason` is a stable code: `empty-query`, `query-too-large`, `limit-out-of-range`, `unknown-filter-field`,
    `invalid-filter`, `filter-too-large`, `unknown-facet`, `invalid-cursor`, `invalid-like`, `no-vectors`,
    `invalid-name`, `unknown-job`, `invalid-arguments`, `invalid-source`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class NotFoundError(RayAppError):
    """Nothing with this id is in the index."""


class JobServerError(RayAppError):
    """Ray's job server does not answer, lets nobody in, or was not started."""


class ServerError(RayAppError):
    """The server that a client asks does not answer, or failed at the request."""


class AuthenticationError(RayAppError):
    """The request has no credentials, or none that are valid."""


class ForbiddenError(RayAppError):
    """The caller is known, and may not do this."""


class IdentityProviderError(RayAppError):
    """The keys that tokens are checked against cannot be fetched: another try may do."""


class TooManyRequestsError(RayAppError):
    """The caller asks more often than is allowed; `retry_after_s` is when it may again."""

    def __init__(self, detail: str, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class TooLargeError(RayAppError):
    """A part of the request is larger than is read: `part` is `body` or `headers`."""

    def __init__(self, detail: str, part: str) -> None:
        super().__init__(detail)
        self.part = part


class RefusedError(RayAppError):
    """A request is understood, and cannot be granted as things are.

    `reason` is a stable code: `too-large`, `unsupported-media-type`, `conflict`, `gone`, `range-not-satisfiable`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class AnswerError(RayAppError):
    """The language model behind `answer.url` does not give a whole answer.

    `reason` is a stable code: `answer-endpoint-unreachable`, `answer-endpoint-refused`, `answer-endpoint-busy`,
    `answer-timeout`, `answer-cut-off`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class StoreError(RayAppError):
    """The index cannot do what was asked."""


class IndexLockedError(StoreError):
    """Another process owns the index."""


class StoreUnavailableError(StoreError):
    """The index does not answer just now: a lost connection, an overloaded or restarting server."""


class StoreTimeoutError(StoreUnavailableError):
    """The index did not answer in time."""


class IndexNotReadyError(StoreError):
    """There is no index yet, or its owner is still starting."""
