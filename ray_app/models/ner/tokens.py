"""Cuts a text into tokens and short sequences of them, in time linear in its length."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

# A company form with a slash is one word, so are initials like U.S. and names like O'Brien; a hyphen parts words,
# so that the place in "Aarhus-afdelingen" is a word of its own.
_WORD = re.compile(
    r"(?:[AIKP]/S\b)"
    r"|(?:[^\W\d_]\.){2,}"
    r"|[’']s\b"
    r"|[^\W\d_]{1,2}['’][^\W\d_]{2,}"
    r"|\d+(?:[.,:/]\d+)*"
    r"|[^\W_]+(?:&[^\W_]+)?"
    r"|[^\w\s]|_+"
)
_CHUNK = re.compile(r"\S+")
_ADDRESS = re.compile(r"\w@\w|://|^www\.|\\|\w_\w|^/\w+/|\w/\w+/|\w\(|::|->|^--\w")
_CLOSING = ".,;:!?)]}>\"'*_”»"
_MARKS = ",.;:!?)"
_OPENING = "([{<\"'*_“«"
_MAX_TOKENS = 96
_ENDS = frozenset(".!?")
# A line of prose is wrapped near the page's width; shorter lines (headings, addresses, lists) end where they end.
_WRAPPED_CHARS = 45
_COLUMNS = re.compile(r"\t|\S {3,}\S")
_BLOCK_START = re.compile(r"\s*(?:[-*•–|#>=+]|\d+[.)]|\w{1,20}:)")


class Token(NamedTuple):
    """`text[start:end]`. One with `code` set (an address, a path, an identifier) is no word, whatever its letters."""

    text: str
    start: int
    end: int
    code: bool = False


def tokens_of(text: str, start: int, end: int) -> list[Token]:
    """The tokens of one stretch of a text."""
    found: list[Token] = []
    for chunk in _CHUNK.finditer(text, start, end):
        shown, (begin, finish) = chunk.group(), chunk.span()
        # Nearly all chunks are a word, or a word and a mark: what the expressions below would find too, slowly.
        if shown.isalpha():
            found.append(Token(shown, begin, finish))
        elif shown[-1] in _MARKS and shown[:-1].isalpha():
            found += (Token(shown[:-1], begin, finish - 1), Token(shown[-1], finish - 1, finish))
        else:
            found += _of_chunk(text, begin, finish)
    return found


def _of_chunk(text: str, start: int, end: int) -> list[Token]:
    """What stands between two blanks: one token where it is an address or code, else its words and marks."""
    if _ADDRESS.search(text[start : min(end, start + 256)]):
        inner_start, inner_end = _stripped(text, start, end)
        around = [(start, inner_start), (inner_end, end)]
        before, after = ([Token(text[i], i, i + 1) for i in range(*span)] for span in around)
        return [*before, Token(text[inner_start:inner_end], inner_start, inner_end, code=True), *after]
    return [Token(word.group(), word.start(), word.end()) for word in _WORD.finditer(text, start, end)]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """The chunk without marks around it; a chunk of nothing but marks stays whole."""
    left, right = start, end
    while left < right and text[left] in _OPENING:
        left += 1
    while right > left and text[right - 1] in _CLOSING:
        right -= 1
    return (left, right) if left < right else (start, end)


def sequences(text: str) -> list[list[list[Token]]]:
    """Sequences of lines of tokens: a sequence is a paragraph of wrapped lines, or one line, or a part of those.

    No name lies across two sequences, and none is longer than 96 tokens, unless a line is.
    """
    return [piece for paragraph in _paragraphs(text) for piece in _pieces(text, paragraph)]


def _paragraphs(text: str) -> list[list[tuple[int, int]]]:
    """The spans of lines, grouped where a line runs on in the next."""
    spans: list[tuple[int, int]] = []
    at = 0
    for line in text.splitlines(keepends=True):
        spans.append((at, at + len(line)))
        at += len(line)
    groups: list[list[tuple[int, int]]] = [[span] for span in spans[:1]]
    for before, span in pairwise(spans):
        if _runs_on(text[slice(*before)], text[span[0] : span[0] + 64]):
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _runs_on(line: str, following: str) -> bool:
    bare = line.strip()
    if len(bare) < _WRAPPED_CHARS or bare[-1] in ".:;!?|" or not following.strip():
        return False
    return "|" not in bare and not _COLUMNS.search(bare) and not _BLOCK_START.match(following)


def _pieces(text: str, lines: list[tuple[int, int]]) -> list[list[list[Token]]]:
    """A paragraph's tokens by line, in pieces of bounded length, cut after a sentence's end where there is one."""
    pieces: list[list[list[Token]]] = []
    current: list[list[Token]] = []
    size = 0
    for start, end in lines:
        for part in _bounded(tokens_of(text, start, end)):
            if size + len(part) > _MAX_TOKENS and current:
                pieces.append(current)
                current, size = [], 0
            current.append(part)
            size += len(part)
    return [*pieces, current] if current else pieces


def _bounded(tokens: list[Token]) -> list[list[Token]]:
    """One line's tokens, cut in parts."""
    parts: list[list[Token]] = []
    start = 0
    while len(tokens) - start > _MAX_TOKENS:
        cut = next(
            (at + 1 for at in range(start + _MAX_TOKENS - 1, start + _MAX_TOKENS // 2, -1) if tokens[at].text in _ENDS),
            start + _MAX_TOKENS,
        )
        parts.append(tokens[start:cut])
        start = cut
    return [*parts, tokens[start:]] if start < len(tokens) else parts
