"""High-risk words in a text: words and phrases of lists, however they are inflected, in one pass."""

from __future__ import annotations

import re
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
    # Most words have no keys; a term does not reach over them, since more than a gap lies between their neighbours.
    words = [_Word(match.start(), match.end(), keys) for match, keys in found if keys]
    done = 0
    for index, word in enumerate(words):
        if word.start < done:
            continue
        node, end = _longest(text, words, index, lexicon.root)
        if node:
            done = end
        if node and all(term.category != FALSE_FRIENDS for term in node.terms):
            yield from (WordHit(term.category, page, word.start, end, term.text) for term in node.terms)


def _longest(text: str, words: list[_Word], first: int, root: Node) -> tuple[Node | None, int]:
    """The longest term that begins with this word, and where it ends. No term has more words than the tree levels."""
    best: tuple[Node | None, int] = (None, 0)
    nodes, index = [root], first
    while nodes and index < len(words):
        nodes = [node.following[key] for node in nodes for key in words[index].keys if key in node.following]
        end = words[index].end
        ending = [node for node in nodes if node.terms]
        if ending:
            best = (_joined(ending), end)
        index += 1
        if index < len(words) and not _is_gap(text, end, words[index].start):
            break
    return best


def _is_gap(text: str, start: int, end: int) -> bool:
    return end - start <= _LONGEST_GAP and _GAP.fullmatch(text, start, end) is not None


def _joined(nodes: list[Node]) -> Node:
    """Terms that the same words are read as, by stem and by beginning say."""
    return nodes[0] if len(nodes) == 1 else Node(terms=[term for node in nodes for term in node.terms])
