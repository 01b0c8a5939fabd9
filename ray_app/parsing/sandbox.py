"""Parsing in a process of its own with limits: whatever a file does to it, only that file is lost."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from ray_app.errors import ParsingError
from ray_app.parsing.process import Process
from ray_app.records import Failure, Parsed
from ray_app.settings import ParsingSettings

_WORKER = f"{__package__}.worker"


class Sandbox:
    """One parsing process and a spare, so that after a crash, a timeout or many files the next file need not wait.

    Not safe for several threads: give each its own. `worker` is the module that runs there; tests name others.
    """

    def __init__(self, limits: ParsingSettings, *, worker: str = _WORKER) -> None:
        self._limits = limits
        self._worker = worker
        self._process: Process | None = None
        self._spare: Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> tuple[str, ...]:
        """Starts the process now rather than at the first file.

        Returns what this machine's kernel could not take from it, in words that follow "the parsing process":
        () where it has no network, starts no programs, and reads and writes no files but its own libraries.
        Raises RayAppError where the process does not start.
        """
        return self._ready().left_open or ()

    def parse(self, data: bytes, name: str) -> Parsed:
        """The text of one file, and the files inside it.

        Raises ParsingError with the parser's reason, or `timeout`, `cpu`, `memory`, `crashed`, `too_much_text`
        or `too_large_inside`.
        """
        process = self._ready()
        try:
            answer = process.ask(data, name)
        except BaseException:
            self._retire()  # it hangs, is dead, or would answer the wrong question next
            raise
        if process.parsed >= self._limits.max_documents or process.growth_mb > self._limits.max_growth_mb:
            self._retire()
        if isinstance(answer, Failure):
            raise ParsingError(answer.reason, answer.detail)
        return answer

    def close(self) -> None:
        """Ends the processes at once; they hold nothing that could be lost."""
        for process in (self._process, self._spare):
            if process:
                process.close()
        self._process = self._spare = None

    def _ready(self) -> Process:
        while self._process and not self._process.alive:
            self._retire()
        if self._process is None:
            self._process = Process(self._limits, self._worker)
        self._process.wait()
        if self._spare is None:
            self._spare = Process(self._limits, self._worker)
        return self._process

    def _retire(self) -> None:
        if self._process:
            self._process.close()
        self._process, self._spare = self._spare, None
