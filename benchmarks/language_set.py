"""Texts whose language is known, from the translations of Debian's package descriptions: a set for `evaluate language`.

    curl -O https://deb.debian.org/debian/dists/bookworm/main/i18n/Translation-da.bz2     # and others
    python -m benchmarks.language_set Translation-* --each 300 > languages.jsonl
    ray-app evaluate language languages.jsonl

A text is the first paragraph of a description: one to a few sentences, with the names of programs and the English words
that technical texts in any language have. Descriptions stand under their packages' free licences.
"""

from __future__ import annotations

import argparse
import bz2
import json
import lzma
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"Translation-([a-z]{2})")
_DESCRIPTION = re.compile(r"Description-(?!md5)\w+:")
_OPEN = {".bz2": bz2.decompress, ".xz": lzma.decompress}
# A line or two: shorter ones are lists of names.
_SHORTEST = 60


def main() -> None:
    """Writes the set to standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="Translation-<language>.bz2 or .xz")
    parser.add_argument("--each", type=int, default=300, help="texts of each language")
    arguments = parser.parse_args()
    for path in sorted(arguments.files):
        named = _NAME.match(path.name)
        if not named or path.suffix not in _OPEN:
            parser.error(f"{path} is not named Translation-<language>.bz2 or .xz")
        texts = sorted(set(_paragraphs(path)))
        for text in random.Random(0).sample(texts, min(arguments.each, len(texts))):
            json.dump({"text": text, "language": named[1]}, sys.stdout, ensure_ascii=False)
            sys.stdout.write("\n")


def _paragraphs(path: Path) -> Iterator[str]:
    """The first paragraph of each long description."""
    for entry in _OPEN[path.suffix](path.read_bytes()).decode("utf-8", "replace").split("\n\n"):
        lines = entry.split("\n")
        start = next((row for row, line in enumerate(lines) if _DESCRIPTION.match(line)), None)
        if start is None:
            continue
        body = []
        for line in lines[start + 1 :]:
            if not line.startswith(" ") or line.strip() == ".":
                break
            body.append(line.strip())
        text = " ".join(body)
        if len(text) >= _SHORTEST:
            yield text


if __name__ == "__main__":
    main()
