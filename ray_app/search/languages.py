"""Which languages an index holds: they decide how a query's words are stemmed."""

from __future__ import annotations

import time

from ray_app.store.collections import CONTENTS
from ray_app.store.protocol import AnyOf, Filter, Store

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
            of_tenant = Filter([AnyOf("tenant", [tenant])])
            counted = await self._store.facet(CONTENTS, "stemming", filter=of_tenant, limit=_MOST)
            languages = [language for language, _ in counted]
            self._read[tenant] = (time.monotonic(), languages)
        return languages
