"""What the enrichment of a tenant's documents works with, as its sources and watch list are now."""

from __future__ import annotations

from ray_app.ingest.watching import matcher_of
from ray_app.pipeline import Enricher
from ray_app.settings import Settings
from ray_app.store.named_sources import allowed_languages
from ray_app.store.protocol import Reader


async def enricher_of(store: Reader, settings: Settings) -> Enricher:
    """For the tenant of the settings. Raises StoreError, ConfigurationError where a word list cannot be read."""
    return Enricher(
        languages=settings.languages,
        privacy=settings.privacy,
        allowed=await allowed_languages(store, settings.tenant),
        watched=await matcher_of(store, settings),
    )
