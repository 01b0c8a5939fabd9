"""Structured logs: what happened to which document of which run, never what a document says.

Every line is one event with fields (`run`, `stage`, `document`, `uri`, `reason`, ...). A run's own log file has
all of its events as JSON; processes that Ray starts write JSON to their standard error, which Ray keeps in its
session folder.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from ray_app.settings import LoggingSettings, Settings

_ROOT = "ray_app"
# What any line may hold. Texts, titles and the messages of errors, which may quote a document, are left out.
_FIELDS = frozenset(
    (
        *("event", "level", "timestamp", "logger"),
        *("run", "job", "tenant", "source", "document", "uri", "stage", "reason", "state", "error"),
        *("documents", "indexed", "unchanged", "duplicate", "quarantined", "deleted", "children", "chunks"),
        *("contents", "failed", "total", "more", "seconds", "parts", "per_s", "startup_s", "working_s"),
        *("attempt", "wait_s", "bottleneck", "request", "where"),
    )
)


def only_known_fields(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Drops what is not on the list, so that no text of a document comes into a log by oversight."""
    return {name: value for name, value in event.items() if name in _FIELDS or name.startswith("_")}


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    only_known_fields,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A module's logger. Where nothing is set up, Python's own rules say what becomes of its lines."""
    logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return logger


def log_to_stderr(settings: LoggingSettings, *, worker: bool = False) -> None:
    """Sets logging up in this process. Workers write JSON; a command writes what `logging.format` says."""
    _prepare(settings)
    if worker or settings.format != "auto":
        people = settings.format == "console" and not worker
        _replace(_handler(logging.StreamHandler(sys.stderr), people=people))


@contextmanager
def of_run(settings: Settings, run: str) -> Iterator[Path]:
    """While the block runs, what this process logs is also written to the run's own file, whose path is given."""
    _prepare(settings.logging)
    path = settings.runs_dir / f"{run}.log"
    settings.runs_dir.mkdir(parents=True, exist_ok=True)
    for old in sorted(settings.runs_dir.glob("*.log"))[: 1 - settings.logging.keep_files or None]:
        old.unlink(missing_ok=True)
    handler = _handler(logging.FileHandler(path, encoding="utf-8"), people=False)
    logging.getLogger(_ROOT).addHandler(handler)
    try:
        with structlog.contextvars.bound_contextvars(run=run):
            yield path
    finally:
        logging.getLogger(_ROOT).removeHandler(handler)
        handler.close()


def _prepare(settings: LoggingSettings) -> None:
    logger = logging.getLogger(_ROOT)
    logger.setLevel(settings.level.upper())
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _handler(handler: logging.Handler, *, people: bool) -> logging.Handler:
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if people else structlog.processors.JSONRenderer()
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    )
    handler.setFormatter(formatter)
    return handler


def _replace(handler: logging.Handler) -> None:
    """One handler for standard error, however often logging is set up."""
    logger = logging.getLogger(_ROOT)
    for old in [one for one in logger.handlers if type(one) is logging.StreamHandler]:
        logger.removeHandler(old)
    logger.addHandler(handler)
