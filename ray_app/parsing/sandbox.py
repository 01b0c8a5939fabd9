"""Parsing in a process of its own with limits: whatever a file does to it, only that file is lost."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from multiprocessing.connection import Connection, Pipe
from types import TracebackType
from typing import Self

from ray_app.errors import ParsingError, RayAppError
from ray_app.parsing.worker import ANSWER, READY
from ray_app.records import Failure, Parsed
from ray_app.settings import ParsingSettings

# Longest time for a new process to load its parsers: half a second on an idle machine.
_START_TIMEOUT_S = 60.0
# JSON of a text is at most six bytes for one character; beyond the limit the pipe is not read further.
_JSON_GROWTH = 6


class Sandbox:
    """One parsing process, started when first needed and renewed after a crash, a timeout, or many files.

    Not safe for several threads: give each its own.
    """

    def __init__(self, limits: ParsingSettings) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._parsed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def parse(self, data: bytes, name: str) -> Parsed:
        """The text of one file.

        Raises ParsingError with the parser's reason, or `timeout`, `crashed` or `too_much_text`.
        """
        if self._parsed >= self._limits.max_documents:
            self.close()
        connection = self._connect()
        self._parsed += 1
        try:
            answer = self._ask(connection, data, name)
        except BaseException:
            self.close()  # it hangs, is dead, or would answer the wrong question next
            raise
        if isinstance(answer, Failure):
            raise ParsingError(answer.reason, answer.detail)
        return answer

    def close(self) -> None:
        """Ends the process at once; it holds nothing that could be lost."""
        if self._connection:
            self._connection.close()
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = self._connection = None
        self._parsed = 0

    def _ask(self, connection: Connection, data: bytes, name: str) -> Parsed | Failure:
        limits = self._limits
        try:
            connection.send_bytes(name.encode())
            connection.send_bytes(data)
            if not connection.poll(limits.timeout_s):
                raise ParsingError("timeout", f"took longer than {limits.timeout_s:g} s (setting parsing.timeout_s)")
            return ANSWER.validate_json(connection.recv_bytes(limits.max_text_mb * 2**20 * _JSON_GROWTH))
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            raise ParsingError("crashed", f"the parser ended {self._how_it_ended()}") from error
        except OSError as error:  # Connection's word for a message over the limit
            raise ParsingError(
                "too_much_text",
                f"holds more than {limits.max_text_mb} MB of text (setting parsing.max_text_mb)",
            ) from error

    def _connect(self) -> Connection:
        if self._connection and self._process and self._process.poll() is None:
            return self._connection
        self.close()
        ours, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # native parsers complain there about every odd file
                start_new_session=True,
            )
        self._connection = ours
        self._greet(ours)
        return ours

    def _greet(self, connection: Connection) -> None:
        """Hands over the settings, and waits until the process has its parsers loaded."""
        try:
            connection.send_bytes(self._limits.model_dump_json(context={"secrets": True}).encode())
            if connection.poll(_START_TIMEOUT_S) and connection.recv_bytes() == READY:
                return
            ended = f"was not ready after {_START_TIMEOUT_S:g} s"
        except (EOFError, BrokenPipeError, ConnectionResetError):
            ended = f"ended {self._how_it_ended()} at its start"
        self.close()
        raise RayAppError(f"the parsing process {ended}: is memory short, or parsing.memory_mb too low?")

    def _how_it_ended(self) -> str:
        assert self._process is not None
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "its connection"
        return f"by {signal.Signals(-code).name}" if code < 0 else f"with exit status {code}"
