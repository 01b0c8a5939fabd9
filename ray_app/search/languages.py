"""Which languages an index holds: they decide how a query's words are stemmed."""

from __future__ import annotations

import time

from ray_app.store.collections import CONTENTS
from ray_app.store.protocol import AnyOf, Filter, Missing, Reader, Store

# How long the set is believed, and how many languages are looked at.
_TTL_S = 30.0
_MOST = 20


class KnownLanguages:
    """The languages of each tenant's documents, as they were a moment ago."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[str, tuple[float, list[str]]] = {}

    async def of(self, tenant: str) -> list[str]:
        """ISO 639-1 codes, the most frequent first."""
        read, languages = self._read.get(tenant, (float("-inf"), []))
        if time.monotonic() - read > _TTL_S:
            languages = await stemmed_languages(self._store, tenant, limit=_MOST)
            self._read[tenant] = (time.monotonic(), languages)
        return languages


async def stemmed_languages(store: Reader, tenant: str, *, limit: int) -> list[str]:
    """The languages for which words of a tenant's documents were stemmed, the most frequent first."""
    of_tenant = Filter([AnyOf("tenant", [tenant])])
    found = await store.facet(CONTENTS, "stemming", filter=of_tenant, limit=limit)
    # Documents that an earlier release indexed say their language alone, and were stemmed for it.
    older = await store.facet(CONTENTS, "language", filter=of_tenant.and_(Missing("stemming")), limit=limit)
    return list(dict.fromkeys(language for language, _ in (*found, *older)))
