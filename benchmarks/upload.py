"""How soon an uploaded document is found.

    python -m benchmarks.upload [--data-dir DIR] [--rounds N] [PDF ...]

Starts `ray-app serve` on an empty index, or on the one in DIR, uploads PDFs one at a time, each with a word of its own,
and asks for that word until the search finds it. Printed are the answer to the upload, and the time from the first byte
sent until the document is found: the first round (the worker has just started) and the later ones. Without
PDFs, three are made: of 1, 5 and 40 pages of text.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from reportlab.pdfgen.canvas import Canvas

PAGES = (1, 5, 40)
LINES = 38
TIMEOUT_S = 300.0
TEXT = "The board of the company met in the harbour office and read the report on pumps, cranes and insurance."


def main() -> None:
    """Uploads each PDF in each round, and prints what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("pdfs", type=Path, nargs="*")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _served(wanted.data_dir or Path(folder)) as client:
        print("| document | pages | round | accepted ms | found s |\n|---|--:|---|--:|--:|")
        for name, pages, data in _documents(wanted.pdfs):
            rounds = [_measure(client, f"{number}-{name}", data) for number in range(wanted.rounds)]
            _tell(name, pages, "first", rounds[:1])
            _tell(name, pages, f"median of {len(rounds) - 1}", rounds[1:])


def _tell(name: str, pages: int, which: str, rounds: list[tuple[float, float]]) -> None:
    accepted, found = (statistics.median(values) for values in zip(*rounds, strict=True))
    print(f"| {name} | {pages} | {which} | {accepted * 1000:.0f} | {found:.2f} |", flush=True)


def _measure(client: httpx.Client, name: str, data: bytes) -> tuple[float, float]:
    """Seconds until the upload is answered, and until the document is found by its name, which is its title's word."""
    word = f"zq{time.time_ns():x}"
    marked = data + f"\n% {word}\n".encode()  # another content each time, which no reader shows
    began = time.perf_counter()
    response = client.post("/v1/documents", files={"file": (f"{word} {name}", marked)})
    response.raise_for_status()
    accepted = time.perf_counter() - began
    uri = response.json()["documents"][0]["uri"]
    while time.perf_counter() - began < TIMEOUT_S:
        answer = client.post("/v1/search", json={"query": word, "mode": "lexical", "facets": []}).json()
        if any(uri in hit["places"] for hit in answer["hits"]):
            return accepted, time.perf_counter() - began
        time.sleep(0.02)
    raise TimeoutError(f"{name} was not found: {client.get(response.headers['location']).text}")


def _documents(pdfs: list[Path]) -> Iterator[tuple[str, int, bytes]]:
    import pypdfium2

    made = [(f"made-{pages}.pdf", _pdf(pages)) for pages in PAGES]
    for name, data in [(path.name, path.read_bytes()) for path in pdfs] or made:
        yield name, len(pypdfium2.PdfDocument(data)), data


def _pdf(pages: int) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    for page in range(pages):
        for line in range(LINES):
            canvas.drawString(50, 800 - 20 * line, f"{page}.{line} {TEXT}")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


@contextmanager
def _served(data_dir: Path) -> Iterator[httpx.Client]:
    """`ray-app serve` as its own process, with a cluster of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "RAY_APP_DATA_DIR": str(data_dir)}
    command = [str(Path(sys.executable).with_name("ray-app")), "serve", "--port", str(port)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            _wait(client, server)
            time.sleep(15)  # the worker loads its models meanwhile
            yield client
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def _wait(client: httpx.Client, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if client.get("/readyz").is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise TimeoutError("the server did not start")


if __name__ == "__main__":
    main()
