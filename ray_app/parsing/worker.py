"""The process that parses: reads files from its connection and answers with text or a failure.

Started by `process.Process` as `python -m ray_app.parsing.worker DESCRIPTOR`; its first message is the settings.
`serve` is also what other processes for work on hostile files are made of (`draw_worker`).
"""

from __future__ import annotations

import ctypes
import math
import resource
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from ray_app.errors import ParsingError
from ray_app.parsing import parse, wire
from ray_app.parsing.confine import confine
from ray_app.records import Failure, Parsed
from ray_app.settings import ParsingSettings

_PR_SET_PDEATHSIG = 1
# What is done with a file's bytes and its name.
Work = Callable[[bytes, str, ParsingSettings], Parsed]
# Only complaints of native libraries are written, and they are read after a crash alone.
_MOST_WRITTEN = 1 << 20


def serve(work: Work) -> None:
    """Confines this process, and answers until its connection closes."""
    connection = Connection(int(sys.argv[1]))
    settings = ParsingSettings.model_validate_json(connection.recv_bytes())
    _limit(settings.memory_mb << 20)
    left_open = confine()
    connection.send_bytes(wire.READY.dump_json(wire.Ready(left_open)))  # a document's time begins now
    while True:
        try:
            name, data = connection.recv_bytes().decode(), connection.recv_bytes()
        except EOFError:
            return
        _limit_cpu(settings.cpu_s)
        answer = _answer(work, name, data, settings)
        wire.send(connection, answer, settings)
        del data, answer  # their memory is the next document's


def _answer(work: Work, name: str, data: bytes, settings: ParsingSettings) -> wire.Answer:
    try:
        return work(data, name, settings)
    except ParsingError as error:
        return Failure("parse", error.reason, str(error))
    except MemoryError:
        return Failure("parse", "memory", "reading it takes more memory than allowed (setting parsing.memory_mb)")
    except RecursionError:
        return Failure("parse", "nested_too_deep", "its parts are nested deeper than can be followed")
    except Exception as error:  # a parser's own bug: it concerns this document only, and is reported
        return Failure("parse", "parser_error", f"{type(error).__name__}: {error}"[:500])


def _limit(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_WRITTEN, _MOST_WRITTEN))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run: it ends us in its order
    if sys.platform == "linux":
        # A worker whose parent was killed would wait for ever.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _limit_cpu(seconds: float) -> None:
    """From here on; the kernel then ends the process by SIGXCPU."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time() + seconds), hard))


if __name__ == "__main__":
    serve(parse)
