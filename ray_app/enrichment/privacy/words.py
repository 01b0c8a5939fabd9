"""High-risk words in a text: words and phrases of lists, however they are inflected, in one pass."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ray_app.enrichment.privacy.lexicon import (
    FALSE_FRIENDS,
    WORD,
    Lexicon,
    Node,
    keys_of,
    known_languages,
    read_lexicon,
)
from ray_app.findings import WordHit

# Texts of these are read with another's list: the two are written nearly alike, and short texts of one are often taken
# for the other.
_READ_AS = {"nb": "da", "nn": "da", "no": "da"}
# What may stand between the words of a phrase: hyphens or blanks, but no empty line.
_LONGEST_GAP = 8
_GAP = re.compile(r"[^\S\n]*(?:[-‐‑–/]|\n)?[^\S\n]*")


class _Word(NamedTuple):
    start: int
    end: int
    keys: tuple[str, ...]


def find_words(text: str, page: int, language: str, *, own: Path | None = None) -> list[WordHit]:
    """The high-risk words of a page, in order. `own` is a folder with further lists (`PrivacySettings.words_dir`).

    `language` is an ISO 639-1 code. A text whose language is not known ("") is read with every list; one of a language
    without a list has no hits. Of overlapping terms the one that begins first counts, and of those the longest.
    Raises ConfigurationError where a list cannot be read.
    """
    known = known_languages(own)
    read_as = language if language in known else _READ_AS.get(language, language)
    lexicons = [read_lexicon(one, own) for one in known if one == read_as or not language]
    hits = {hit for lexicon in lexicons if lexicon for hit in _find(text, page, lexicon, own)}
    return sorted(hits, key=lambda hit: (hit.start, hit.end, hit.category, hit.term))


def _find(text: str, page: int, lexicon: Lexicon, own: Path | None) -> Iterator[WordHit]:
    found = ((match, keys_of(match[0], lexicon.language, own)) for match in WORD.finditer(text))
    rest = (_Word(match.start(), match.end(), keys) for match, keys in found)
    ahead: deque[_Word] = deque()  # as far as a term reaches: a large text has very many words
    done = 0
    while word := _word_at(0, ahead, rest):
        node, end = _longest(text, ahead, rest, lexicon.root) if word.keys and word.start >= done else (None, 0)
        if node:
            done = end
        if node and all(term.category != FALSE_FRIENDS for term in node.terms):
            yield from (WordHit(term.category, page, word.start, end, term.text) for term in node.terms)
        ahead.popleft()


def _word_at(place: int, ahead: deque[_Word], rest: Iterator[_Word]) -> _Word | None:
    """The word that many places ahead, None behind the last one."""
    while len(ahead) <= place:
        word = next(rest, None)
        if not word:
            return None
        ahead.append(word)
    return ahead[place]


def _longest(text: str, ahead: deque[_Word], rest: Iterator[_Word], root: Node) -> tuple[Node | None, int]:
    """The longest term that begins with the next word, and where it ends: no more words than the tree has levels."""
    best: tuple[Node | None, int] = (None, 0)
    nodes, end, place = [root], 0, 0
    while nodes and (word := _word_at(place, ahead, rest)):
        if place and not _is_gap(text, end, word.start):
            break
        nodes = [node.following[key] for node in nodes for key in word.keys if key in node.following]
        end, place = word.end, place + 1
        ending = [node for node in nodes if node.terms]
        if ending:
            best = (_joined(ending), end)
    return best


def _is_gap(text: str, start: int, end: int) -> bool:
    return end - start <= _LONGEST_GAP and _GAP.fullmatch(text, start, end) is not None


def _joined(nodes: list[Node]) -> Node:
    """Terms that the same words are read as, by stem and by beginning say."""
    return nodes[0] if len(nodes) == 1 else Node(terms=[term for node in nodes for term in node.terms])
