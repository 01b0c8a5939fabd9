"""Follows changes of the watch list: looks through the documents that a change can matter to, and through no others.

Of each, the people that it names are found anew; what is new and what no longer holds is told as events.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from ray_app.enrichment.chunking import pages_of
from ray_app.enrichment.privacy.changes import Affected, affected_tokens
from ray_app.enrichment.privacy.matcher import Matcher, compile_watchlist
from ray_app.enrichment.privacy.watchlist import difference
from ray_app.findings import WatchedPerson, WatchMatch
from ray_app.pipeline import assessed
from ray_app.records import Content, content_id
from ray_app.search.languages import stemmed_languages
from ray_app.settings import Settings
from ray_app.store.bm25 import word_indices
from ray_app.store.collections import CONTENTS
from ray_app.store.events import Event, append_events, new_event
from ray_app.store.lookup import places_of
from ray_app.store.pending import read_contents, write_watched
from ray_app.store.protocol import AnyOf, Condition, Filter, Found, Reader, Store
from ray_app.store.watchlist import Watched, list_people, scanned

_PAGE = 64
_MOST_LANGUAGES = 50
_MOST_KINDS = 1000


async def matcher_of(store: Reader, settings: Settings) -> Matcher | None:
    """Finds the people on the tenant's watch list; None where there are none."""
    people = [one.person for one in await list_people(store, settings.tenant) if one.person]
    return compile_watchlist(people, min_confidence=settings.privacy.min_match_confidence) if people else None


async def scan_changes(store: Store, settings: Settings) -> int:
    """Brings the index in line with the tenant's watch list; returns how many documents were looked through.

    May be interrupted and repeated.
    """
    people = await list_people(store, settings.tenant, removed=True)
    changed = [one for one in people if one.state == "pending"]
    if not changed:
        return 0
    remaining = [one.person for one in people if one.person]
    everybody = compile_watchlist(remaining, min_confidence=settings.privacy.min_match_confidence)
    looked = 0
    for one in changed:
        looked += await _scan(store, settings, one, everybody)
        await scanned(store, one)
    return looked


async def candidates(
    store: Reader, tenant: str, identity: str, before: WatchedPerson | None, after: WatchedPerson | None
) -> AsyncIterator[list[str]]:
    """The ids of the contents that may name the person as they were or as they are now, page by page.

    Those in which they were found by their id are among them, also where there is neither: that is then revoked.
    """
    named = await _may_name(store, tenant, affected_tokens(before, after))
    which = [*named, AnyOf("people", [identity])]
    offset = None
    while True:
        filter = Filter([AnyOf("tenant", [tenant])], should=which)
        found, offset = await store.scroll(CONTENTS, filter=filter, limit=_PAGE, offset=offset, fields=[])
        yield [one.id for one in found]
        if offset is None:
            return


async def _may_name(store: Reader, tenant: str, affected: Affected) -> list[Condition]:
    """By words, as the index has them: stems of each language. Numbers are set in many ways: by their kind."""
    of_tenant = Filter([AnyOf("tenant", [tenant])])
    languages = await stemmed_languages(store, tenant, limit=_MOST_LANGUAGES)
    words = affected.words | affected.more_words | affected.addresses
    spoken = {"", *languages}
    terms = {index for word in words for language in spoken for index in word_indices(word, language)}
    kinds = await store.facet(CONTENTS, "kinds", filter=of_tenant, limit=_MOST_KINDS)
    wanted = {kind for kind, _ in affected.values}
    held = [
        kind
        for kind, _ in kinds
        if (kind == "phone" and "phone" in wanted) or ("." in kind and "national_id" in wanted)
    ]
    conditions: list[Condition] = []
    if terms:
        conditions.append(AnyOf("terms", sorted(terms)))
    if held:
        conditions.append(AnyOf("kinds", held))
    return conditions


async def _scan(store: Store, settings: Settings, one: Watched, everybody: Matcher) -> int:
    looked = 0
    async for ids in candidates(store, settings.tenant, one.id, one.person_before, one.person):
        contents = await read_contents(store, settings.tenant, ids)
        for content in contents:
            await _look_again(store, settings, content, everybody)
        looked += len(contents)
    return looked


async def _look_again(store: Store, settings: Settings, content: Content, everybody: Matcher) -> None:
    found = await asyncio.to_thread(lambda: everybody.find_in(pages_of(content.chunks)))
    after = () if content.plain else tuple(found)
    added, revoked = difference(content.watched, after)
    if added or revoked:
        judged = assessed(replace(content, watched=after), settings.privacy)
        await write_watched(store, settings.tenant, [judged])
        await append_events(store, await _told(store, settings.tenant, content, added, revoked))


async def _told(
    store: Reader, tenant: str, content: Content, added: Sequence[WatchMatch], revoked: Sequence[WatchMatch]
) -> list[Event]:
    """One event for each place and person: how many mentions came and went."""
    places = await places_of(store, [content_id(tenant, content.sha256)], fields=["source"])
    people = sorted({match.person_id for match in (*added, *revoked)})
    return [_event(tenant, place, person, added, revoked) for place in places for person in people]


def _event(tenant: str, place: Found, person: str, added: Sequence[WatchMatch], revoked: Sequence[WatchMatch]) -> Event:
    came = [match.confidence for match in added if match.person_id == person]
    went = [match for match in revoked if match.person_id == person]
    data = {"document": place.id, "person": person, "added": len(came), "revoked": len(went)}
    if came:
        data["confidence"] = max(came)
    return new_event("privacy", tenant=tenant, source=place.payload["source"], data=data)
