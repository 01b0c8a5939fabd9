"""Keeps Ray's own chatter off the terminal: what matters of it is raised as an exception as well."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Of a local cluster and of this process; other clusters keep what their operator chose.
_BACKEND_LEVEL = "RAY_BACKEND_LOG_LEVEL"


@contextmanager
def quiet_ray() -> Iterator[None]:
    """For the time of connecting. Ray's native part announces its log level on standard error, whatever the level."""
    os.environ.setdefault(_BACKEND_LEVEL, "fatal")
    for name in ("ray", "ray.serve", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
