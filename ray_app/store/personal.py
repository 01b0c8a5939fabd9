"""Personal data of a content as the index keeps it: where it stands, what it amounts to, and of its values only what
the settings say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from ray_app.enrichment.privacy.masking import digest, mask
from ray_app.enrichment.privacy.risk import Counted, Reason, Risk
from ray_app.enrichment.privacy.watchlist import How, WatchMatch
from ray_app.enrichment.privacy.words import WordHit
from ray_app.records import Content, Mention
from ray_app.settings import PrivacySettings
from ray_app.store.protocol import Payload


def found_fields(content: Content) -> Payload:
    """What a content and its passages are found by: the risk, and the kinds of what is mentioned."""
    if not content.risk:
        return {}
    return {"risk": content.risk, "kinds": sorted({mention.kind for mention in content.mentions})}


def personal_fields(content: Content, settings: PrivacySettings) -> Payload:
    """All that is kept of a content's personal data: what is found of the first `max_mentions`, and its risk by all."""
    if not content.risk:
        return {}
    most = settings.max_mentions
    return {
        **found_fields(content),
        "mentions": [asdict(kept(mention, settings)) for mention in content.mentions[:most]],
        "mentions_found": len(content.mentions),
        "words_found": [asdict(hit) for hit in content.words[:most]],
        "values": sorted({value_key(kept(mention, settings)) for mention in content.mentions}),
        **reason_fields(content),
        **watched_fields(content.watched),
    }


def reason_fields(content: Content) -> Payload:
    """Why a content is a risk."""
    return {"reasons": [asdict(reason) for reason in content.reasons]}


def watched_fields(watched: Sequence[WatchMatch]) -> Payload:
    """Where watched people are named; `people` are their ids."""
    return {"watched": [asdict(match) for match in watched], "people": sorted({one.person_id for one in watched})}


def kept(mention: Mention, settings: PrivacySettings) -> Mention:
    """The mention with as much of its value as is kept."""
    return Mention(
        mention.kind, mention.page, mention.start, mention.end,
        kept_value(mention.value, mention.kind, settings), mention.confidence, mention.found_by,
    )  # fmt: skip


def kept_value(value: str, kind: str, settings: PrivacySettings) -> str:
    """As much of a value as is kept: equal values are kept as equal ones."""
    if settings.values == "plain":
        return value
    if settings.values == "masked":
        return mask(value, kind)
    assert settings.hash_key  # the settings see to it
    return digest(value, kind, settings.hash_key.get_secret_value().encode())


def value_key(mention: Mention) -> str:
    """By which contents with a value are found."""
    return f"{mention.kind}:{mention.value}"


def mentions_of(content: Payload) -> list[Mention]:
    """A stored content's mentions, in the order of the text."""
    return [Mention(**one) for one in content.get("mentions", ())]


def words_of(content: Payload) -> list[WordHit]:
    """A stored content's high-risk words, in the order of the text."""
    return [WordHit(**one) for one in content.get("words_found", ())]


def watched_of(content: Payload) -> list[WatchMatch]:
    """Where a stored content names watched people."""
    return [WatchMatch(**{**one, "how": How(one["how"])}) for one in content.get("watched", ())]


def reasons_of(content: Payload) -> list[Reason]:
    """Why a stored content is a risk, the weightiest first."""
    return [
        Reason(Risk(one["risk"]), one["text"], tuple(Counted(**part) for part in one["evidence"]))
        for one in content.get("reasons", ())
    ]
