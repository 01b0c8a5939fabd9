"""Zip containers that are not what they should be: every way in which Python says so."""

from __future__ import annotations

import lzma
import zipfile
import zlib

# KeyError: a part is missing. ValueError, OSError, EOFError: offsets that lead nowhere.
# NotImplementedError: a version or a compression that cannot be.
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(KeyError, ValueError, OSError, EOFError, NotImplementedError),
)
