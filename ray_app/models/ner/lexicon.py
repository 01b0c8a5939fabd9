"""What is known of single words: whether they may be names, how common they are, and what they are used like."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# What a word may be a name of; PHRASE marks places of several words, kept under the whole.
FIRST, LAST, CITY, COUNTRY, PHRASE = 1, 2, 4, 8, 16
# Set where a word's inflected forms exist too, as they do for nouns and verbs and hardly for names.
INFLECTED_DA, INFLECTED_EN = 32, 64
NAMES = FIRST | LAST | CITY | COUNTRY


@dataclass(frozen=True, slots=True)
class Entry:
    """One word: `flags` as above, how common it is in Danish and English (0 unknown to 7), its cluster (0 none)."""

    flags: int = 0
    danish: int = 0
    english: int = 0
    cluster: int = 0


UNKNOWN = Entry()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Entries by the CRC-32 of the word in small letters: `keys` is sorted, the others have its shape (words,).

    `coarse` has the coarse cluster of each cluster. A word that is not in it is taken for one that is once in
    2**32 / len(keys) words, some 30,000.
    """

    keys: NDArray[np.uint32]
    flags: NDArray[np.uint8]
    frequency: NDArray[np.uint8]
    cluster: NDArray[np.uint16]
    coarse: NDArray[np.uint16]

    def find(self, word: str) -> Entry:
        """What is known of a word, written in small letters."""
        key = key_of(word)
        at = int(self.keys.searchsorted(np.uint32(key)))  # a plain number would have all keys made wider first
        if at == len(self.keys) or self.keys[at] != key:
            return UNKNOWN
        frequency = int(self.frequency[at])
        return Entry(int(self.flags[at]), frequency >> 4, frequency & 15, int(self.cluster[at]))

    def without_names(self, share: float) -> Lexicon:
        """Forgets this share of the names: a model trained so learns to find names that it does not know."""
        hidden = (self.keys.astype(np.uint64) * 2654435761 % (1 << 32)) < int(share * (1 << 32))
        kept = np.where(hidden, self.flags & ~np.uint8(NAMES | PHRASE), self.flags)
        return Lexicon(
            self.keys,
            kept,
            self.frequency,
            np.where(hidden & (self.flags & NAMES > 0), 0, self.cluster).astype(np.uint16),
            self.coarse,
        )


def key_of(word: str) -> int:
    """The number under which a word is kept."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def lexicon_of(entries: Iterable[tuple[str, Entry]], coarse: NDArray[np.uint16]) -> Lexicon:
    """A lexicon of words in small letters."""
    rows = sorted({key_of(word): entry for word, entry in entries}.items())
    return Lexicon(
        keys=np.array([key for key, _ in rows], np.uint32),
        flags=np.array([entry.flags for _, entry in rows], np.uint8),
        frequency=np.array([entry.danish << 4 | entry.english for _, entry in rows], np.uint8),
        cluster=np.array([entry.cluster for _, entry in rows], np.uint16),
        coarse=coarse,
    )
