"""A line between the browser and the server that can be cut, as a train's tunnel does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_KEPT = 1 << 20


class Line:
    """Carries bytes both ways. It can keep back what comes behind the first answer with certain bytes, and break."""

    def __init__(self, target: str) -> None:
        place = urlsplit(target)
        assert place.hostname
        self._target = (place.hostname, place.port or 80)
        self._door = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._up = True
        self._behind = b""
        self._breaks = False
        self._go_on = threading.Event()
        self.happened = threading.Event()
        threading.Thread(target=self._welcome, daemon=True).start()

    def hold(self, behind: bytes) -> None:
        """What comes behind the event with these bytes waits, until `let_go` or `cut`."""
        self._behind, self._breaks = behind, False
        self._go_on.clear()
        self.happened.clear()

    def cut(self) -> None:
        """What was kept back never comes."""
        self._breaks = True
        self._go_on.set()

    def let_go(self) -> None:
        self._go_on.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def go_down(self) -> None:
        """Hangs up on everybody, and lets nobody in."""
        self._up = False
        for one in list(self._open):
            _hang_up(one)

    def come_up(self) -> None:
        self._up = True

    def close(self) -> None:
        self.let_go()
        self.go_down()
        self._door.close()

    def _welcome(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._door.accept()
                if not self._up:
                    _hang_up(client)
                    continue
                server = socket.create_connection(self._target)
                self._open |= {client, server}
                threading.Thread(target=self._carry, args=(client, server), daemon=True).start()
                threading.Thread(target=self._carry_answers, args=(server, client), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        self._end(source, target)

    def _carry_answers(self, source: socket.socket, target: socket.socket) -> None:
        seen = b""
        with suppress(OSError):
            while data := source.recv(65536):
                seen = (seen + data)[-_KEPT:]
                at = _end_of_event(seen, self._behind) if self._behind else -1
                if at < 0:
                    target.sendall(data)
                    continue
                first = len(data) - (len(seen) - at)
                target.sendall(data[:first])
                self._behind = b""
                self.happened.set()
                self._go_on.wait(timeout=60)
                if self._breaks:
                    break
                target.sendall(data[first:])
        self._end(source, target)

    def _end(self, *both: socket.socket) -> None:
        self._open -= set(both)
        for one in both:
            _hang_up(one)


def _end_of_event(seen: bytes, named: bytes) -> int:
    """Where the event that holds these bytes ends, -1 where it has not come yet."""
    at = seen.find(named)
    end = seen.find(b"\n\n", at) if at >= 0 else -1
    return end + 2 if end >= 0 else -1


def _hang_up(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def line_to(target: str) -> Iterator[Line]:
    line = Line(target)
    try:
        yield line
    finally:
        line.close()
