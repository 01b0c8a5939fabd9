"""Threads of newsgroup or mail posts as a judged collection, for `evaluate retrieval` and `benchmarks.retrieval`.

    python -m benchmarks.thread_set 20newsgroups.jsonl.gz threads

Each line of the file has a `text` whose first line is the subject. A subject that several posts have becomes a query,
and those posts, without it, are what answers it; all others are there to be mistaken for them. Nobody judged them.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from pathlib import Path

from ray_app.evaluation.rows import read_rows

_REPLY = re.compile(r"^(\s*(re|fwd?)\s*:\s*)+", re.IGNORECASE)
# Less is a signature, or a subject that says nothing.
_SHORTEST_BODY = 40
_FEWEST_WORDS = 2


def main() -> None:
    """Writes corpus.jsonl, queries.jsonl and qrels.tsv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    posts: dict[str, str] = {}
    threads: dict[str, list[str]] = defaultdict(list)
    for number, row in enumerate(read_rows(arguments.file, ("text",))):
        subject, _, body = row["text"].partition("\n")
        if len(body.strip()) > _SHORTEST_BODY:
            posts[f"post-{number}"] = body.strip()
            threads[_REPLY.sub("", subject.lower()).strip(' ."')].append(f"post-{number}")
    asked = {
        subject: some for subject, some in threads.items() if len(some) > 1 and len(subject.split()) >= _FEWEST_WORDS
    }
    arguments.folder.mkdir(parents=True, exist_ok=True)
    queries = list(enumerate(asked.items()))
    lines = {
        "corpus.jsonl": [json.dumps({"_id": one, "title": "", "text": text}) for one, text in posts.items()],
        "queries.jsonl": [json.dumps({"_id": str(number), "text": subject}) for number, (subject, _) in queries],
        "qrels.tsv": [
            "query\tdocument\tscore",
            *(f"{number}\t{one}\t1" for number, (_, some) in queries for one in some),
        ],
    }
    for name, some in lines.items():
        (arguments.folder / name).write_text("\n".join(some) + "\n", encoding="utf-8")
    print(f"{len(posts)} posts, {len(queries)} subjects that several have, in {arguments.folder}")


if __name__ == "__main__":
    main()
