"""Identifiers in text: numbers of persons, companies, accounts, telephones and machines, found by rules.

A new kind is a row in one of the families' tables, or a family's file and its name in `_FAMILIES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from ray_app.enrichment.identifiers import danish, national, network, passport, payment, vat
from ray_app.enrichment.identifiers.addresses import inside
from ray_app.enrichment.identifiers.overlaps import keep_best
from ray_app.enrichment.identifiers.rule import Rule, apply
from ray_app.enrichment.identifiers.tidy import tidy
from ray_app.records import Mention

# Changes when the rules find something else.
IDENTIFIERS_VERSION = "3"
# Countries whose telephone numbers are known without a country code; where two could have a number, the first has it.
REGIONS = ("DK", "SE", "NO", "DE", "GB", "US")
_FAMILIES = (network, payment, danish, vat, national, passport)


def find_identifiers(text: str, page: int, regions: Sequence[str] = REGIONS) -> list[Mention]:
    """Mentions in the text's order; where several overlap, the surest wins, of equally sure ones the longest.

    Only those inside a web address, such as an e-mail address in its query, stand beside it, after it in the order.

    `regions` are countries (ISO 3166) whose telephone numbers count without a country code. The confidence is 0.9
    and more where check digits or a word nearby leave little doubt, below 0.6 where a reader would want to look.
    """
    tidied = tidy(text)
    found = [one for rules in _by_form(tuple(regions)) for one in apply(rules, tidied)]
    kept = keep_best(found)
    kept += keep_best(inside(found, [one for one in kept if one.rule.kind == "url"], tidied.text))
    return [
        Mention(
            one.rule.kind,
            page,
            *tidied.original(one.start, one.end),
            one.value,
            one.confidence,
            found_by=f"{one.rule.kind}: {one.rule.how}",
        )
        for one in sorted(kept, key=lambda one: (one.start, -one.end))
    ]


@cache
def _by_form(regions: tuple[str, ...]) -> list[list[Rule]]:
    """Rules with the same form are asked about the same candidates."""
    from ray_app.enrichment.identifiers.phone import phone_rules  # the numbering plans take a while to load

    rules = [rule for family in _FAMILIES for rule in family.RULES] + list(phone_rules(regions))
    by_form: dict[str, list[Rule]] = {}
    for rule in rules:
        by_form.setdefault(rule.form.pattern, []).append(rule)
    return list(by_form.values())
