"""What a query says: a question, `"phrases as they stand"`, `+words` that must be there, `-words` that must not."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ray_app.errors import QueryError
from ray_app.store.protocol import Condition, Filter, Phrase

# A sign or a quotation mark counts at the beginning of a word only: 5" pipes, e-mail and -5 degrees are just words.
# A phrase's first word is told apart so that each character is read in one way only: a mark left open takes no longer.
_MARKED = re.compile(r'(?<!\S)(?:(?P<sign>[+-]?)"(?P<phrase>[^"\w]*\w[^"]*)"|(?P<mark>[+-])(?P<word>[^\W\d_][\w-]*))')
# Each becomes a condition that is judged for every candidate.
_MOST = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """`text` is compared by words and meaning; a passage holds each of `present` as it stands, and none of `absent`."""

    text: str
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def passages(self) -> Filter:
        """The passages that count."""
        return Filter(_phrases(self.present), must_not=_phrases(self.absent))

    @property
    def unwanted(self) -> Filter:
        """The passages that rule their document out; empty where nothing does."""
        return Filter(should=_phrases(self.absent))


def read_query(query: str) -> Asked:
    """Takes the marked words out. Raises QueryError where nothing is left to look for."""
    if not query.strip():
        raise QueryError("empty-query", "the query is empty: say what to look for")
    present: list[str] = []
    absent: list[str] = []

    def taken(match: re.Match[str]) -> str:
        words = match["phrase"] or match["word"]
        unwanted = "-" in (match["sign"] or match["mark"] or "")
        (absent if unwanted else present).append(words)
        return "" if unwanted else words

    text = " ".join(_MARKED.sub(taken, query).split()) if '"' in query or "+" in query or "-" in query else query
    if not text:
        raise QueryError("empty-query", "the query only says what must not be there: say also what to look for")
    if len(present) + len(absent) > _MOST:
        raise QueryError("query-too-large", f"a query may have {_MOST} marked words and phrases at most")
    return Asked(text, tuple(present), tuple(absent))


def _phrases(texts: tuple[str, ...]) -> list[Condition]:
    return [Phrase("text", text) for text in texts]
