"""Contents that say nearly the same."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from ray_app.enrichment.duplicates import similarity
from ray_app.store.collections import CONTENTS
from ray_app.store.protocol import AnyOf, Filter, HasId, Reader

# Contents that are compared at most: a form letter may have thousands of siblings.
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Similar:
    """Another content, and how much of the wording is shared (0 to 1)."""

    content: str
    similarity: float


async def near_duplicates(store: Reader, content: str, *, at_least: float) -> list[Similar]:
    """The contents that share at least so much of this one's wording, the most similar first.

    Computed when asked, so that it never tells of what is gone.
    """
    found = await store.retrieve(CONTENTS, [content], fields=["bands", "signature"])
    if not found or not found[0].payload.get("bands"):
        return []
    mine = base64.b64decode(found[0].payload["signature"])
    worth_comparing = Filter([AnyOf("bands", found[0].payload["bands"])], must_not=[HasId([content])])
    others, _ = await store.scroll(CONTENTS, filter=worth_comparing, limit=_MOST, fields=["signature"])
    judged = [Similar(one.id, similarity(mine, base64.b64decode(one.payload["signature"]))) for one in others]
    near = [one for one in judged if one.similarity >= at_least]
    return sorted(near, key=lambda one: (-one.similarity, one.content))
