"""Personal data of a content as the index keeps it: where it stands, and what it amounts to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from ray_app.findings import Counted, How, Reason, Risk, WatchMatch, WordHit
from ray_app.records import Content, Mention
from ray_app.store.protocol import Payload


def found_fields(content: Content) -> Payload:
    """What a content and its passages are found by: the risk, and the kinds of what is mentioned."""
    if not content.risk:
        return {}
    return {"risk": content.risk, "kinds": list(content.kinds)}


def personal_fields(content: Content) -> Payload:
    """All that is kept of a content's personal data."""
    if not content.risk:
        return {"searched_by": content.searched_by} if content.searched_by else {}
    return {
        **found_fields(content),
        "searched_by": content.searched_by,
        "mentions": [asdict(mention) for mention in content.mentions],
        "mentions_found": content.mentions_found,
        "words_found": [asdict(hit) for hit in content.words],
        **reason_fields(content),
        **watched_fields(content.watched),
    }


def reason_fields(content: Content) -> Payload:
    """Why a content is a risk."""
    return {"reasons": [asdict(reason) for reason in content.reasons]}


def watched_fields(watched: Sequence[WatchMatch]) -> Payload:
    """Where watched people are named; `people` are their ids."""
    return {"watched": [asdict(match) for match in watched], "people": sorted({one.person_id for one in watched})}


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
