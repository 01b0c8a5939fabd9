"""What workers say of their work, to the run's counter and to the log; and how they bear a moment's trouble."""

from __future__ import annotations

import contextlib
import errno
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from ray_app.errors import RayAppError
from ray_app.ingest.progress import Failed, Handle, Snapshot, Step
from ray_app.logs import get_logger
from ray_app.parsing.sandbox import Sandbox
from ray_app.records import Parsed
from ray_app.settings import ParsingSettings
from ray_app.timing import collected

_log = get_logger(__name__)
_LONGEST_WAIT_S = 15.0


@contextmanager
def measured(progress: Handle | None, stage: str, documents: int, *, run: str) -> Iterator[Callable[[], Step]]:
    """Measures the block's work on so many documents, and tells the counter where one is given.

    Gives a function that returns what was measured, once the block has ended.
    """
    done: list[Step] = []
    started = time.perf_counter()
    with collected() as parts:
        yield lambda: done[0]
    done.append(Step(stage, documents, time.perf_counter() - started, dict(parts)))
    if progress is not None:
        progress.worked.remote(done[0])
    _log.info(
        "block done",
        run=run,
        stage=stage,
        documents=documents,
        seconds=round(done[0].seconds, 3),
        parts={part: round(seconds, 3) for part, seconds in parts.items()},
    )


async def tell_written(
    progress: Handle, step: Step, outcomes: Counter[tuple[str, str]], chunks: int, failed: Sequence[Failed]
) -> None:
    """Tells the counter, and returns when it knows: at the end of a run its figures are whole."""
    from ray.exceptions import RayActorError

    with contextlib.suppress(RayActorError):  # its node died: figures are lost, documents are not
        await progress.written.remote(step, outcomes, chunks, list(failed))


def log_failed(run: str, snapshot: Snapshot) -> Snapshot:
    """Writes the documents that went into quarantine into the run's log."""
    for one in snapshot.failed:
        _log.warning("document in quarantine", run=run, **one._asdict())
    return snapshot


class PatientSandbox(Sandbox):
    """A sandbox that goes on trying where its process cannot start, since memory that is short comes back."""

    def __init__(self, limits: ParsingSettings) -> None:
        super().__init__(limits)
        self._retrying = Retrying(
            retry=retry_if_exception(_did_not_start),
            stop=stop_after_delay(limits.start_wait_s),
            wait=wait_random_exponential(multiplier=0.5, max=_LONGEST_WAIT_S),
            before_sleep=_tell,
            reraise=True,
        )

    def start(self) -> tuple[str, ...]:
        return self._retrying(super().start)

    def parse(self, data: bytes, name: str) -> Parsed:
        return self._retrying(super().parse, data, name)


def _did_not_start(error: BaseException) -> bool:
    """The sandbox's word for it is a plain error of ours; the system's, that there is no memory or process left."""
    return type(error) is RayAppError or (isinstance(error, OSError) and error.errno in (errno.ENOMEM, errno.EAGAIN))


def _tell(state: RetryCallState) -> None:
    error: Any = state.outcome.exception() if state.outcome else None
    _log.warning(
        "the parsing process did not start, trying again",
        attempt=state.attempt_number,
        wait_s=round(state.next_action.sleep, 1) if state.next_action else 0.0,
        error=type(error).__name__,
    )
