"""What the enrichment of a tenant's documents works with, as its sources and watch list are now."""

from __future__ import annotations

import asyncio
from functools import cache

from ray_app.enrichment.entities import NameFinder
from ray_app.enrichment.identifiers import IDENTIFIERS_VERSION
from ray_app.ingest.watching import matcher_of
from ray_app.models.ner import open_name_finder
from ray_app.pipeline import Enricher
from ray_app.settings import NamesSettings, Settings
from ray_app.store.named_sources import allowed_languages
from ray_app.store.protocol import Reader


async def enricher_of(store: Reader, settings: Settings) -> Enricher:
    """For the tenant of the settings. Raises StoreError, ConfigurationError where a model of names is not installed."""
    return Enricher(
        languages=settings.languages,
        privacy=settings.privacy,
        allowed=await allowed_languages(store, settings.tenant),
        names=await asyncio.to_thread(_names, settings.names),
        version=entities_version(settings),
        watched=await matcher_of(store, settings),
    )


def entities_version(settings: Settings) -> str:
    """Names the rules and the model by which entities are found, and what of their values is kept."""
    return f"{IDENTIFIERS_VERSION}-{_names(settings.names).name}-{settings.privacy.values}"


@cache
def _names(settings: NamesSettings) -> NameFinder:
    """Loaded once in a process: it takes a third of a second, and may be shared by threads."""
    return open_name_finder(settings)
