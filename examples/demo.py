"""The demonstration behind `make demo`: trains, serves, ingests, searches, by the commands that a person uses."""

from __future__ import annotations

import argparse
import csv
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from httpx_sse import connect_sse

HERE = Path(__file__).parent
RAY_APP = str(Path(sys.executable).with_name("ray-app"))
QUERY = "who approved the warehouse move"
START_TIMEOUT_S = 120.0
PORT = 8000


def main() -> int:
    """Runs every step; with a terminal it then serves until Ctrl-C."""
    arguments = _arguments()
    folders = [str(arguments.docs)] if arguments.docs else [str(HERE / "documents"), str(HERE / "inbox")]
    os.environ["RAY_APP_DATA_DIR"] = str((arguments.data_dir / Path(folders[0]).resolve().name).resolve())
    _step(f"Train a classifier from the folders of {folders[0]}: their names are the labels")
    trained = subprocess.run([RAY_APP, "train", "--labels-from-folders", folders[0]], check=False)
    if trained.returncode:
        print("No classifier, then: labels will be judged by their descriptions (zero-shot).")
    with _served() as url:
        print(f"The API at {url} is open to whoever is on this machine, and to nobody else (docs/guides/access.md).")
        _step("Ingest, through Ray Data, into the index that the running server owns")
        subprocess.run([RAY_APP, "ingest", *folders], check=True)
        _step("Search over HTTP: the answer streams, first by words alone, then merged with meaning")
        with httpx.Client(base_url=url, timeout=60) as client:
            _search(client, arguments.query or (_some_title(client) if arguments.docs else QUERY))
            _show_labels(client, Path(folders[-1]).name)
            _show_personal_data(client)
            if not arguments.docs:
                _correct(client, folders[0])
        _step("Things to try: the page in a browser, and commands in another terminal")
        _suggest(url, folders)
        if sys.stdin.isatty() and sys.stdout.isatty():
            print("\nServing until Ctrl-C.")
            signal.sigwait([signal.SIGINT, signal.SIGTERM])
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path(".demo"), help="where the demonstration's index lives")
    parser.add_argument("--docs", type=Path, help="a folder of your own instead of the example documents")
    parser.add_argument("--query", help="what to search for")
    arguments = parser.parse_args()
    if arguments.docs and not arguments.docs.is_dir():
        parser.error(f"{arguments.docs} is no folder")
    return arguments


@contextmanager
def _served() -> Iterator[str]:
    port = _free_port()
    _step(f"Start the HTTP API on Ray Serve (http://127.0.0.1:{port}, open to this machine only)")
    # A session of its own: Ctrl-C is for this script, which then ends the server in order.
    log = Path(os.environ["RAY_APP_DATA_DIR"]) / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        command = [RAY_APP, "serve", "--port", str(port)]
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, server, log)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=60)


def _free_port() -> int:
    """The usual port, or any other where it is taken."""
    for port in (PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no port is free")


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit(f"the server ended: {log.read_text().strip()}")
        try:
            if httpx.get(f"{url}/readyz", timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass  # not listening yet
        time.sleep(0.2)
    sys.exit(f"the server was not ready after {START_TIMEOUT_S:.0f} s")


def _search(client: httpx.Client, query: str) -> None:
    print(f'"{query}"')
    started = time.perf_counter()
    with connect_sse(client, "POST", "/v1/search", json={"query": query, "limit": 3}) as stream:
        for event in stream.iter_sse():
            elapsed = (time.perf_counter() - started) * 1000
            _show(event.event, json.loads(event.data), elapsed)


def _show(name: str, data: dict[str, Any], elapsed: float) -> None:
    if name == "hits":
        print(f"\n  {elapsed:5.0f} ms  hits, {data['stage']}")
        for hit in data["hits"]:
            label = hit["labels"][0] if hit["labels"] else {"label": "?", "probability": 0.0}
            print(f"            {hit['title']}  [{label['label']} {label['probability']:.0%}]  {_short(hit['uri'])}")
        if data["stage"] == "hybrid" and data["hits"]:
            print(textwrap.indent(textwrap.fill(_marked(data["hits"][0]), 90), " " * 14))
    elif name == "facets":
        counts = ", ".join(f"{one['value']} {one['count']}" for one in data["facets"]["label"])
        print(f"\n  {elapsed:5.0f} ms  facets: {data['total']} documents hold one of the words ({counts})")
    else:
        print(f"  {elapsed:5.0f} ms  {name}")


def _marked(hit: dict[str, Any], length: int = 320) -> str:
    """The beginning of the passage, with the words that match in stars."""
    passage: str = hit["passage"]
    for start, end in reversed([span for span in hit["highlights"] if span[1] <= length]):
        passage = f"{passage[:start]}*{passage[start:end]}*{passage[end:]}"
    return " ".join(passage[:length].split()) + " …"


def _show_labels(client: httpx.Client, source: str) -> None:
    _step(f"What the classifier says of the documents in {source}")
    documents = (
        client.get("/v1/documents", params={"source": source, "limit": 20}).raise_for_status().json()["documents"]
    )
    for one in sorted(documents, key=lambda document: str(document["uri"])):
        about = client.get(f"/v1/documents/{one['id']}").raise_for_status().json()
        name = _short(one["uri"])
        if one["outcome"] == "quarantined":
            print(f"  {name:<34} in quarantine: {one['reason']}")
        elif not about["has_text"]:
            print(f"  {name:<34} a scan: found by its name only")
        else:
            first = about["labels"][0]
            print(f"  {name:<34} {first['label']:<16}{first['probability']:>4.0%}  {about['language']}")


def _show_personal_data(client: httpx.Client) -> None:
    _step("Where personal data is: the report that a data-protection officer asks for")
    report = client.get("/v1/privacy/report").raise_for_status().json()
    for one in report["sources"]:
        levels = ", ".join(f"{level} {one[level]}" for level in ("high", "sensitive", "personal", "none"))
        print(f"  {one['source']:<12} {levels}")
    kinds = sorted(report["kinds"].items(), key=lambda item: -item[1])
    print(f"  documents that mention: {', '.join(f'{kind} {count}' for kind, count in kinds[:8])}")
    body = {"query": "", "filters": {"risk": "high"}, "sort": "newest", "limit": 1}
    for hit in client.post("/v1/search", json=body).raise_for_status().json()["hits"]:
        told = client.get(f"/v1/documents/{hit['document_id']}/entities").raise_for_status().json()
        print(f"  one of high risk: {_short(hit['uri'])}: {told['reasons'][0]['text']}")


def _correct(client: httpx.Client, folder: str) -> None:
    """A person labels what the classifier is least sure of; a classifier that learns from it judges anew."""
    _step("Correct what the classifier is least sure of, and train again: what people say counts, and is learnt")
    truth = dict(csv.reader((HERE / "inbox-labels.csv").open(encoding="utf-8", newline="")))
    queue = client.get("/v1/review", params={"source": "inbox", "limit": 20}).raise_for_status().json()["documents"]
    labelled = [(one, truth[Path(one["document"]["uri"]).name]) for one in queue[:8]]
    for one, label in labelled:
        path = f"/v1/documents/{one['document']['id']}/labels"
        client.put(path, json={"labels": [label]}).raise_for_status()
    first, label = labelled[0]
    path = f"/v1/documents/{first['document']['id']}/labels"
    before = client.get(path, params={"explain": True}).raise_for_status().json()["judged"]
    _show_reasons(f"before, {_short(first['document']['uri'])}, which is: {label}", before)
    subprocess.run([RAY_APP, "train", "--labels-from-folders", folder, "--from-index"], check=True)
    after = client.get(path, params={"explain": True}).raise_for_status().json()["judged"]
    _show_reasons("after", after)
    stated = client.get(path).raise_for_status().json()["labels"][0]
    print(f"  in the index, by a person: {stated['label']} ({stated['method']})")


def _show_reasons(when: str, judged: dict[str, Any]) -> None:
    terms = ", ".join(f"{one['term']} {one['weight']:+.2f}" for one in judged["terms"][:6])
    print(f"  {when}\n    {judged['label']} {judged['probability']:.0%}, because of: {terms}")


def _some_title(client: httpx.Client) -> str:
    found = (
        client.get("/v1/documents", params={"outcome": "indexed", "limit": 1}).raise_for_status().json()["documents"]
    )
    if not found:
        return QUERY
    return str(client.get(f"/v1/documents/{found[0]['id']}").raise_for_status().json()["title"])


def _suggest(url: str, folders: list[str]) -> None:
    home = f"RAY_APP_DATA_DIR={os.path.relpath(os.environ['RAY_APP_DATA_DIR'])}"
    query = json.dumps({"query": "why did the salinity probe drift"})
    print(f"  1. open {url}/ in a browser")
    print(f"  2. {home} .venv/bin/ray-app search 'notice period of the lease' --filter label=contract")
    print(
        f"  3. curl -N {url}/v1/search -H 'Accept: text/event-stream' -H 'Content-Type: application/json' -d '{query}'"
    )
    folder = os.path.relpath(folders[-1])
    print(f"  4. put a file into {folder}, then: {home} .venv/bin/ray-app ingest {folder}")
    print(f"  The API describes itself at {url}/docs")


def _short(uri: str) -> str:
    return "/".join(uri.rsplit("/", 2)[-2:])


def _step(title: str) -> None:
    print(f"\n── {title}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
