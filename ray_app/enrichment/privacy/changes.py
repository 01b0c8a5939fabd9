"""Which documents have to be read again when a watched person is added, changed or removed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ray_app.enrichment.privacy.folding import NAME_WORD, fold, spellings
from ray_app.enrichment.privacy.identifiers import values
from ray_app.enrichment.privacy.roster import errors_allowed, is_distinctive, names
from ray_app.findings import WatchedPerson

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Affected:
    r"""How to ask an index for the documents that a change can matter to.

    All words are in lower case, as `\w+` cuts them from a text; an index that reduces words to stems has to be asked
    for their stems. A document without any of `words` has no match by name but misspelt ones, as long as its accents
    are those of the list or left out (`folding.spellings`). With `more_words` it has no match with one misspelt word
    either, save for names of one word, which are never matched misspelt. Matches with two misspelt words need a fuzzy
    search for `fuzzy`: words, each with the errors (Damerau-Levenshtein) that it is matched with; genitives of them
    have an s more.

    `addresses` are pieces of e-mail addresses, one of which each document with such an address has. Telephone and
    identity numbers are set in too many ways to be found by words: `values` are the identifiers in their normal form,
    with `email`, `phone` or `national_id`, to be looked for among the mentions that the index keeps.
    """

    words: frozenset[str]
    more_words: frozenset[str]
    fuzzy: frozenset[tuple[str, int]]
    addresses: frozenset[str]
    values: frozenset[tuple[str, str]]


def affected_tokens(old: WatchedPerson | None, new: WatchedPerson | None) -> Affected:
    """What is common to the documents that may match a person as they were, as they are now, or both.

    None on either side: the person is added, or removed. What matches of others depend on is covered: they change
    only in documents that this person's words stand in. Raises ConfigurationError as `compile_watchlist` does.
    """
    people = [] if old == new else [person for person in (old, new) if person]
    deciding = {word for person in people for word in _deciding(person)}
    every = {word for person in people for word in _words(person)}
    identifiers = {value for person in people for value in values(person)}
    return Affected(
        words=_forms(deciding),
        more_words=_forms(every) - _forms(deciding),
        fuzzy=frozenset((fold(word), errors_allowed(fold(word))) for word in every if errors_allowed(fold(word))),
        addresses=frozenset(
            max(_WORD.findall(value.partition("@")[0]), key=len) for kind, value in identifiers if kind == "email"
        ),
        values=frozenset(identifiers),
    )


def _deciding(person: WatchedPerson) -> Iterator[str]:
    """The words one of which is in every match that is rightly spelt: the family name, and what can stand alone."""
    wanted = {part for name in names(0, person) for part in (name.family, *_alone(name.given))}
    return (word for word in _words(person) if fold(word) in wanted)


def _alone(given: str) -> tuple[str, ...]:
    return (given,) if is_distinctive(given) else ()


def _words(person: WatchedPerson) -> Iterator[str]:
    """The first and last words of the person's names, as they are written."""
    wanted = {part for name in names(0, person) for part in (name.head, name.tail)}
    written = (match[0] for name in (person.name, *person.aliases) for match in NAME_WORD.finditer(name))
    return (word for word in written if fold(word) in wanted)


def _forms(words: Iterable[str]) -> frozenset[str]:
    """Spellings and genitives, with the pieces that an apostrophe leaves."""
    forms = {form for word in words for spelt in spellings(word) for form in (spelt, f"{spelt}s")}
    return frozenset(max(_WORD.findall(form), key=len) for form in forms)
