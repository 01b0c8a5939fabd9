"""Where a page of hits ended, for the next one to go on from: opaque, and good for the same search only.

A search by relevance goes on by leaving out what was shown: no document comes twice, whatever is ingested meanwhile.
One by date goes on after the date and the id of the last. A cursor opens nothing: what its sender may see is judged
at every page.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ray_app.errors import QueryError
from ray_app.records import Hit
from ray_app.store.dates import instant

_MOST_CHARS = 200_000


class Cursor(BaseModel):
    """`seen` are the ids of the contents that were shown; by date there are the `date` and the id of the `last` alone.

    The date is None where that of the last could not be read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    request: str
    seen: tuple[Annotated[str, Field(max_length=36)], ...] = ()
    date: str | None = None
    last: UUID | None = None

    def write(self) -> str:
        """As it is sent."""
        return base64.urlsafe_b64encode(self.model_dump_json(exclude_none=True).encode()).decode().rstrip("=")


def request_digest(request: Mapping[str, Any]) -> str:
    """Changes with anything that changes which hits come in which order."""
    return hashlib.blake2b(json.dumps(request, sort_keys=True, default=str).encode(), digest_size=9).hexdigest()


def first_page(request: str) -> Cursor:
    """The cursor of the beginning."""
    return Cursor(request=request)


def read_cursor(text: str | None, request: str) -> Cursor:
    """Raises QueryError where it is no cursor, or one of another search."""
    if text is None:
        return first_page(request)
    try:
        if len(text) > _MOST_CHARS:
            raise QueryError("invalid-cursor", "cursor is not the `next` of an answer")
        cursor = Cursor.model_validate_json(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValidationError, ValueError) as error:
        raise QueryError("invalid-cursor", "cursor is not the `next` of an answer") from error
    if cursor.date and not instant(cursor.date):
        raise QueryError("invalid-cursor", "cursor is not the `next` of an answer")
    if cursor.request != request:
        raise QueryError("invalid-cursor", "the cursor belongs to another search: send the same one again with it")
    return cursor


def following(cursor: Cursor, shown: Sequence[Hit], *, by_date: bool) -> Cursor:
    """The cursor of the page after these hits."""
    if not by_date:
        return cursor.model_copy(update={"seen": (*cursor.seen, *(hit.content for hit in shown))})
    last = shown[-1]
    date = last.date if instant(last.date) else None
    return Cursor(request=cursor.request, date=date, last=UUID(last.content))
