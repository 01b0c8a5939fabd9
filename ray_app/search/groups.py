"""Groups of contents that say nearly the same, computed when asked: they never tell of what is gone."""

from __future__ import annotations

from dataclasses import dataclass

from ray_app.search.similar import near_duplicates
from ray_app.store.collections import CONTENTS
from ray_app.store.protocol import Filter, Missing, Reader

_PAGE = 100
# Contents that are looked at for one page of groups at most: some two seconds.
_MOST_LOOKED_AT = 1000
# Contents of one group that are followed at most: a form letter may have thousands of siblings.
_MOST_MEMBERS = 500


@dataclass(frozen=True, slots=True)
class Group:
    """Contents, each nearly the same as another of them. `similarity` is the least of those that hold it together."""

    contents: tuple[str, ...]
    similarity: float


async def duplicate_groups(
    store: Reader, *, at_least: float, limit: int, offset: str | None = None
) -> tuple[list[Group], str | None]:
    """A page of groups and the offset of the next (None at the end). Each group comes once, at its first content."""
    groups: list[Group] = []
    looked = 0
    with_text = Filter(must_not=[Missing("bands")])
    while True:
        found, following = await store.scroll(CONTENTS, filter=with_text, limit=_PAGE, offset=offset, fields=[])
        for position, one in enumerate(found):
            group = await _group_of(store, one.id, at_least)
            if group:
                groups.append(group)
            if len(groups) == limit:
                rest = found[position + 1].id if position + 1 < len(found) else following
                return groups, rest
        looked, offset = looked + len(found), following
        if offset is None or looked >= _MOST_LOOKED_AT:
            return groups, offset


async def _group_of(store: Reader, first: str, at_least: float) -> Group | None:
    """The group whose first content, by id, this one is; None where it has none before it, or none beside it."""
    members, waiting, least = {first}, [first], 1.0
    while waiting and len(members) < _MOST_MEMBERS:
        for one in await near_duplicates(store, waiting.pop(), at_least=at_least):
            if one.content < first:
                return None
            least = min(least, one.similarity)
            if one.content not in members:
                members.add(one.content)
                waiting.append(one.content)
    return Group(tuple(sorted(members)), least) if len(members) > 1 else None
