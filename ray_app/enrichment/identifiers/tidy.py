"""A text as the rules read it: one kind of space and of hyphen, nothing invisible; its spans lead back to the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

# Soft hyphens, zero-width and direction marks: PDFs and web pages have them inside numbers.
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_FULL_WIDTH = {chr(code + 0xFEE0): chr(code) for code in (*b"+0123456789@", *b"./:()")}
# One character for one, so that places stay. \u0130 is the only character whose lower case is longer than itself.
_SAME = dict.fromkeys(_SPACES, " ") | dict.fromkeys(_HYPHENS, "-") | _FULL_WIDTH | {"\u0130": "I"}
_TO_CHANGE = re.compile("[" + "".join(map(re.escape, _SAME)) + "]")
_TO_DROP = re.compile(f"[{_INVISIBLE}]+|\r+(?=\n)")


@dataclass(frozen=True, slots=True)
class Tidied:
    """`lower` is as long as `text`. Piece by piece, `starts` says where a piece begins here, `origins` where it did."""

    text: str
    lower: str
    starts: tuple[int, ...]
    origins: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span in the text that was tidied; what is invisible at its edges stays outside."""
        return self._origin(start), self._origin(end - 1) + 1

    def _origin(self, place: int) -> int:
        piece = bisect_right(self.starts, place) - 1
        return self.origins[piece] + place - self.starts[piece]


def tidy(text: str) -> Tidied:
    """Takes time proportional to the text."""
    pieces, starts, origins = [], [0], [0]
    length = end = 0
    for dropped in _TO_DROP.finditer(text):
        pieces.append(text[end : dropped.start()])
        length += dropped.start() - end
        end = dropped.end()
        starts.append(length)
        origins.append(end)
    pieces.append(text[end:])
    plain = _TO_CHANGE.sub(lambda odd: _SAME[odd[0]], "".join(pieces))
    return Tidied(plain, plain.lower(), tuple(starts), tuple(origins))
