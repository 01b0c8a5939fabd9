"""One parsing process as its owner sees it: starts it, asks it, watches its time, and tells how it ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from multiprocessing.connection import Pipe
from pathlib import Path

from ray_app.errors import ParsingError, RayAppError
from ray_app.parsing import wire
from ray_app.settings import ParsingSettings

# Longest time for a new process to load its parsers: half a second on an idle machine.
_START_TIMEOUT_S = 60.0
# The parsing process gets these and no more: the caller's environment may hold keys and passwords.
_ENVIRONMENT = (
    *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH"),
    *("SYSTEMROOT", "TESSDATA_PREFIX", "OPENBLAS_CORETYPE"),
)
# What native allocators say before they give up.
_NO_MEMORY = (b"bad_alloc", b"memory allocation of", b"MemoryError", b"out of memory", b"Cannot allocate memory")
_SAID = 4096


class Process:
    """One process; it is ready once `start` has returned, and answers one file at a time."""

    def __init__(self, limits: ParsingSettings, worker: str) -> None:
        """Begins to start it; `wait` for it before asking."""
        self._limits = limits
        self._said = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - lives as long as the process
        self._connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", worker, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                env=_environment(),
                start_new_session=True,
            )
        self.parsed = 0
        self._resident_at_start = 0
        self.left_open: tuple[str, ...] | None = None
        self._late = False
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it is dead: `wait` will say so
            self._connection.send_bytes(limits.model_dump_json(context={"secrets": True}).encode())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def growth_mb(self) -> float:
        """How much more memory is resident than when the process was ready; 0 where /proc does not tell."""
        return (_resident(self.pid) - self._resident_at_start) / 2**20

    def wait(self) -> None:
        """Until its parsers are loaded. Raises RayAppError where it does not come so far."""
        if self.left_open is not None:
            return
        try:
            with self._deadline(_START_TIMEOUT_S):
                self.left_open = wire.READY.validate_json(self._connection.recv_bytes()).left_open
        except (EOFError, OSError) as error:
            ended = f"was not ready after {_START_TIMEOUT_S:g} s" if self._late else f"ended {self._ending()}"
            said = self._last_words().decode(errors="replace").strip().rpartition("\n")[2]
            self.close()
            raise RayAppError(
                f"the parsing process {ended} at its start: is memory short, or parsing.memory_mb too low? {said}"
            ) from error
        self._resident_at_start = _resident(self.pid)

    def ask(self, data: bytes, name: str) -> wire.Answer:
        """Raises ParsingError where the process did not answer within its limits: it is then of no more use."""
        self.parsed += 1
        self._said.truncate(0)
        try:
            with self._deadline(self._limits.timeout_s):
                self._connection.send_bytes(name.encode(errors="replace"))
                self._connection.send_bytes(data)
                return wire.receive(self._connection, self._limits)
        except (EOFError, OSError) as error:
            raise self._verdict() from error
        except ValueError as error:
            raise ParsingError("crashed", "the parser gave an answer that is none") from error

    def close(self) -> None:
        """Ends the process at once; it holds nothing that could be lost."""
        self._connection.close()
        self._kill()
        self._process.wait()
        self._said.close()

    @contextlib.contextmanager
    def _deadline(self, seconds: float) -> Iterator[None]:
        """Ends the process after so long, whatever it or we are doing with the connection."""
        watch = threading.Timer(seconds, self._too_late)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def _too_late(self) -> None:
        self._late = True
        self._kill()

    def _kill(self) -> None:
        if self._process.returncode is None:  # not reaped yet, so that the number is still its own
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _verdict(self) -> ParsingError:
        limits = self._limits
        if self._late:
            return ParsingError("timeout", f"took longer than {limits.timeout_s:g} s (setting parsing.timeout_s)")
        ending = self._ending()
        if "SIGXCPU" in ending:
            return ParsingError("cpu", f"took more than {limits.cpu_s:g} s of CPU time (setting parsing.cpu_s)")
        said = self._last_words()
        if any(words in said for words in _NO_MEMORY):
            detail = f"reading it takes more than {limits.memory_mb} MB of memory (setting parsing.memory_mb)"
            return ParsingError("memory", detail)
        return ParsingError("crashed", f"the parser ended {ending}")

    def _ending(self) -> str:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "its connection"
        return f"by {signal.Signals(-code).name}" if code < 0 else f"with exit status {code}"

    def _last_words(self) -> bytes:
        size = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, size - _SAID))
        return self._said.read(_SAID)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    package_root = str(Path(__file__).parents[2])
    path = os.pathsep.join([package_root, *filter(None, [kept.get("PYTHONPATH")])])
    # One thread each: the parsing processes themselves are what runs side by side.
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
    return {**kept, **threads, "PYTHONPATH": path}


def _resident(pid: int) -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
