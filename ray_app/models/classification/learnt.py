"""What a classifier has learnt from: no document that it knows tells how good it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ray_app.errors import ModelError

Hashes = NDArray[np.uint64]
_FILE = "learnt.npy"
# Of a hash: among a hundred thousand texts, two share so many with a probability of one in three thousand million.
_BYTES = 8


def hash_texts(texts: Iterable[str]) -> Hashes:
    """Eight bytes of each text's SHA-256, in the order of the texts; how white space is set does not matter."""
    digests = (hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).digest() for text in texts)
    return np.frombuffer(b"".join(digest[:_BYTES] for digest in digests), "<u8").astype(np.uint64)


def save_learnt(hashes: Hashes, folder: Path) -> None:
    """Keeps the hashes in a classifier's folder: 800 kB for a hundred thousand documents."""
    np.save(folder / _FILE, np.unique(hashes), allow_pickle=False)


def load_learnt(folder: Path) -> Hashes | None:
    """What `save_learnt` kept; None in the folder of an older release. Raises ModelError where it is damaged."""
    try:
        return np.asarray(np.load(folder / _FILE, allow_pickle=False), np.uint64)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError) as error:
        raise ModelError(f"{folder / _FILE} is damaged ({error}); train the classifier again") from error
