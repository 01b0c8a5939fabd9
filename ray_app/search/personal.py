"""Personal data counted over an index, and the documents that name somebody. Runs beside the index."""

from __future__ import annotations

from collections.abc import Sequence

from ray_app.findings import Risk
from ray_app.store.collections import CONTENTS
from ray_app.store.protocol import AnyOf, Filter, Found, Missing
from ray_app.store.scope import ScopedReader

# Values that are counted of a field: sources and people may be many.
_MOST = 10_000
UNKNOWN = "unknown"


async def count_personal(
    store: ScopedReader, *, sources: Sequence[str] = ()
) -> tuple[int, dict[str, int], dict[str, dict[str, int]], dict[str, int], dict[str, int]]:
    """Distinct documents: all, by risk, by source and risk, by kind of mention, and by watched person (id).

    A document with places in several sources counts in each of them.
    """
    within = Filter([AnyOf("sources", list(sources))] if sources else [])
    by_source: dict[str, dict[str, int]] = {}
    by_risk: dict[str, int] = {}
    for risk in (*Risk, UNKNOWN):
        judged = Missing("risk") if risk == UNKNOWN else AnyOf("risk", [str(risk)])
        filter = within.and_(judged)
        by_risk[str(risk)] = await store.count(CONTENTS, filter)
        for source, count in await store.facet(CONTENTS, "sources", filter=filter, limit=_MOST):
            if not sources or source in sources:
                by_source.setdefault(source, {})[str(risk)] = count
    kinds = dict(await store.facet(CONTENTS, "kinds", filter=within, limit=_MOST))
    people = dict(await store.facet(CONTENTS, "people", filter=within, limit=_MOST))
    return sum(by_risk.values()), by_risk, by_source, kinds, people


async def naming(
    store: ScopedReader, person: str, *, limit: int, offset: str | None = None
) -> tuple[list[Found], str | None]:
    """A page of the contents that name a watched person, and the offset of the next."""
    fields = ["title", "risk", "watched"]
    which = Filter([AnyOf("people", [person])])
    return await store.scroll(CONTENTS, filter=which, limit=limit, offset=offset, fields=fields)


async def count_naming(store: ScopedReader, people: Sequence[str]) -> dict[str, int]:
    """How many contents name each of the watched people."""
    counted = await store.facet(CONTENTS, "people", filter=Filter([AnyOf("people", list(people))]), limit=_MOST)
    return dict(counted)
