"""Reads a text with citations such as [2] while it is being written: sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ray_app.search.evidence import Evidence, Sentence, cite
from ray_app.search.sentences import sentence_spans

_CITATION = re.compile(r"\[(\d{1,4}(?:\s*,\s*\d{1,4})*)\]")
# Citations after the full stop belong to the sentence before it.
_LEADING = re.compile(r"\s*(?:\[[\d\s,]*\]\s*)+")


class CitedText:
    """Takes pieces as they come, and gives sentences as soon as they are surely complete."""

    def __init__(self, evidence: Sequence[Evidence]) -> None:
        self._evidence = {one.number: one for one in evidence}
        self._left = ""

    def add(self, piece: str) -> list[Sentence]:
        """The sentences that this piece completed."""
        self._left += piece
        parts = _parts(self._left)
        # The last may go on; the one before it may be followed by a citation that has only just begun.
        if len(parts) < 2 or parts[-1].lstrip().startswith("["):
            return []
        self._left = parts[-1]
        return [self._sentence(part) for part in parts[:-1]]

    def close(self) -> list[Sentence]:
        """What is left when nothing more comes."""
        parts, self._left = _parts(self._left), ""
        return [self._sentence(part) for part in parts]

    def _sentence(self, text: str) -> Sentence:
        """With the citations of passages that there are, each once."""
        numbers = [int(one) for match in _CITATION.finditer(text) for one in match[1].split(",")]
        known = dict.fromkeys(one for one in numbers if one in self._evidence)
        return Sentence(text.strip(), tuple(cite(self._evidence[one]) for one in known))


def _parts(text: str) -> list[str]:
    """The text cut into sentences, with all that is between them."""
    starts = [start for start, _ in sentence_spans(text, "")]
    cuts = [0, *starts[1:], len(text)]
    parts: list[str] = []
    for start, end in pairwise(cuts):
        part = text[start:end]
        leading = _LEADING.match(part) if parts else None
        if leading:
            parts[-1] += leading.group()
            part = part[leading.end() :]
        if part.strip():
            parts.append(part)
    return parts
