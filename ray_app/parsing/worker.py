"""The process that parses: reads files from its connection and answers with text or a failure.

Started by `sandbox.Sandbox` as `python -m ray_app.parsing.worker DESCRIPTOR`; its first message is the settings.
Answers are JSON, not pickles: a parser that a hostile file took over must not be able to run code in the caller.
"""

from __future__ import annotations

import ctypes
import resource
import signal
import sys
from multiprocessing.connection import Connection

from pydantic import TypeAdapter

from ray_app.errors import ParsingError
from ray_app.parsing import parse
from ray_app.records import Failure, Parsed
from ray_app.settings import ParsingSettings

# What the process says once it can parse.
READY = b"ready"
ANSWER: TypeAdapter[Parsed | Failure] = TypeAdapter(Parsed | Failure)

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serves until the connection closes."""
    connection = Connection(int(sys.argv[1]))
    settings = ParsingSettings.model_validate_json(connection.recv_bytes())
    _limit(settings.memory_mb << 20)
    connection.send_bytes(READY)  # a document's time begins now, not with the imports
    while True:
        try:
            name, data = connection.recv_bytes().decode(), connection.recv_bytes()
        except EOFError:
            return
        connection.send_bytes(ANSWER.dump_json(_answer(name, data, settings)))


def _answer(name: str, data: bytes, settings: ParsingSettings) -> Parsed | Failure:
    try:
        return parse(data, name, settings)
    except ParsingError as error:
        return Failure("parse", error.reason, str(error))
    except MemoryError:
        return Failure("parse", "memory", "reading it takes more memory than allowed (setting parsing.memory_mb)")
    except Exception as error:  # a parser's own bug: it concerns this document only, and is reported
        return Failure("parse", "parser_error", f"{type(error).__name__}: {error}"[:500])


def _limit(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run: it ends us in its order
    if sys.platform == "linux":
        # A worker whose parent was killed would wait for ever.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
