"""Near-duplicates by MinHash: how much of two texts' wording is shared, estimated from short signatures.

A signature keeps the smallest hash of the text's shingles for each of many hash functions; the share of equal places
estimates the Jaccard similarity of the shingles (Broder 1997). Texts whose signatures agree in a whole band are worth
comparing (Indyk & Motwani 1998): at a similarity of 0.8, 998 of 1,000 pairs are.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from datasketch import MinHash

_WORD = re.compile(r"\w+")
# Words of a shingle: shorter ones are shared by texts that have nothing to do with each other.
_SHINGLE = 5
_BANDS = 20
_ROWS = 6
# A book's worth: a fifth of a second.
_MOST_WORDS = 50_000


def signature(text: str) -> bytes:
    """120 little-endian uint32; empty for a text without words."""
    words = [match[0] for match in islice(_WORD.finditer(text.lower()), _MOST_WORDS)]
    if not words:
        return b""
    shingles = {" ".join(words[start : start + _SHINGLE]) for start in range(max(1, len(words) - _SHINGLE + 1))}
    hashes = _empty().copy()
    hashes.update_batch([shingle.encode() for shingle in shingles])
    return np.asarray(hashes.hashvalues, "<u4").tobytes()


def bands(signature: bytes) -> list[int]:
    """What signatures worth comparing have at least one of in common: 63-bit integers."""
    size = _ROWS * 4
    return [
        int.from_bytes(hashlib.sha256(bytes([band]) + signature[start : start + size]).digest()[:8], "little") >> 1
        for band, start in enumerate(range(0, len(signature), size))
    ]


def similarity(one: bytes, other: bytes) -> float:
    """The estimated Jaccard similarity of two texts' shingles, 0 to 1; its standard error is 0.04 at 0.8."""
    return float(np.mean(np.frombuffer(one, "<u4") == np.frombuffer(other, "<u4")))


@lru_cache(maxsize=1)
def _empty() -> MinHash:
    from datasketch import MinHash  # takes a second to import

    return MinHash(num_perm=_BANDS * _ROWS, seed=1, scheme="affine32")
