"""How much may be taken out of one file and the files inside it, their texts among it, at all depths together.

The limits of one archive do not bound this: a small archive of archives of archives would take any amount of memory.
"""

from __future__ import annotations

from ray_app.records import Failure

# Counted for each file beside its bytes: an empty one still has a name, a record, and a document.
_RECORD_BYTES = 1024


class Budget:
    """One outermost file's. It is spent for good once something did not fit, so that no more is opened."""

    def __init__(self, megabytes: int) -> None:
        self._left = megabytes << 20
        limit = f"{megabytes} MB at all depths together (setting parsing.max_children_mb)"
        self._failure = Failure("parse", "archive_bomb", f"what lies inside the outermost file takes more than {limit}")

    def take(self, size: int) -> Failure | None:
        """Counts a file inside by its bytes, or a text; why it is not to be taken, None where it may be."""
        if self._left >= 0:
            self._left -= size + _RECORD_BYTES
        return self.spent

    @property
    def spent(self) -> Failure | None:
        """Why nothing more is opened, None as long as there is something left."""
        return self._failure if self._left < 0 else None
