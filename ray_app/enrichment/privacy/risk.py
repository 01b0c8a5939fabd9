"""How great a risk a document's personal data is, by rules over what was found in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from ray_app.findings import Counted, Reason, Risk, WatchMatch, WordHit
from ray_app.records import Label, Mention
from ray_app.settings.privacy import Evidence, PrivacySettings, Rule


@dataclass(frozen=True, slots=True)
class Assessment:
    """A document's risk, and every reason for any risk, the weightiest first."""

    risk: Risk
    reasons: tuple[Reason, ...]


class _Found(NamedTuple):
    """A piece of evidence: `value` tells it from others; `page` is 0 where it is of the whole document."""

    what: str
    value: str
    page: int
    start: int


class _Document(NamedTuple):
    mentions: Sequence[Mention]
    labels: Sequence[Label]
    words: Sequence[WordHit]
    matches: Sequence[WatchMatch]


def assess(
    mentions: Sequence[Mention],
    labels: Sequence[Label],
    words: Sequence[WordHit],
    matches: Sequence[WatchMatch],
    settings: PrivacySettings,
) -> Assessment:
    """The risk of one document with all that was found in it, by the settings' rules."""
    document = _Document(mentions, labels, words, matches)
    found = {evidence: list(_find(evidence, document)) for rule in settings.rules for evidence in _parts(rule)}
    reasons = [reason for rule in settings.rules if (reason := _judge(rule, found))]
    reasons.sort(key=lambda reason: reason.risk, reverse=True)
    return Assessment(max((reason.risk for reason in reasons), default=Risk.NONE), tuple(reasons))


def _parts(rule: Rule) -> tuple[Evidence, ...]:
    return rule.all_of + rule.any_of


def _judge(rule: Rule, found: dict[Evidence, list[_Found]]) -> Reason | None:
    ways = [(*rule.all_of, one) for one in rule.any_of] or [rule.all_of]
    held = [way for way in ways if _holds(way, rule.within_chars, found)]
    if not held:
        return None
    pieces = {piece for way in held for evidence in way for piece in found[evidence]}
    counts = Counter(what for what, _ in {(piece.what, piece.value) for piece in pieces})
    return Reason(Risk(rule.level), rule.reason, tuple(Counted(what, count) for what, count in sorted(counts.items())))


def _holds(way: Sequence[Evidence], within: int | None, found: dict[Evidence, list[_Found]]) -> bool:
    if any(len({piece.value for piece in found[evidence]}) < evidence.at_least for evidence in way):
        return False
    placed = [evidence for evidence in way if not evidence.labels]
    return within is None or not placed or _together(placed, within, found)


def _together(way: Sequence[Evidence], within: int, found: dict[Evidence, list[_Found]]) -> bool:
    """Whether one stretch of a page has all the evidence: a window slides over the pieces once."""
    pieces = sorted(
        (piece.page, piece.start, number, piece.value) for number, e in enumerate(way) for piece in found[e]
    )
    inside: list[Counter[str]] = [Counter() for _ in way]
    first = 0
    for page, start, number, value in pieces:
        inside[number][value] += 1
        while pieces[first][0] != page or start - pieces[first][1] > within:
            _, _, left, gone = pieces[first]
            inside[left][gone] -= 1
            if not inside[left][gone]:
                del inside[left][gone]
            first += 1
        if all(len(values) >= evidence.at_least for values, evidence in zip(inside, way, strict=True)):
            return True
    return False


def _find(evidence: Evidence, document: _Document) -> Iterator[_Found]:
    least = evidence.min_confidence
    if evidence.kinds:
        kinds = {kind for kind in {mention.kind for mention in document.mentions} if _is_meant(kind, evidence)}
        for mention in document.mentions:
            if mention.kind in kinds and mention.confidence >= least:
                value = f"{mention.kind}\n{mention.value}\n{mention.number}"
                yield _Found(mention.kind, value, mention.page, mention.start)
    elif evidence.words:
        for hit in document.words:
            if hit.category in evidence.words:
                yield _Found(f"words:{hit.category}", hit.term, hit.page, hit.start)
    elif evidence.labels:
        for label in document.labels:
            if label.label in evidence.labels and label.probability >= least:
                yield _Found(f"label:{label.label}", label.label, 0, 0)
    else:
        for match in document.matches:
            if match.confidence >= least:
                yield _Found("watched", match.person_id, match.page, match.start)


def _is_meant(kind: str, evidence: Evidence) -> bool:
    return _fits(kind, evidence.kinds) and not _fits(kind, evidence.except_kinds)


def _fits(kind: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(kind, pattern) for pattern in patterns)
