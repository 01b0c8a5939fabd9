"""E-mail addresses, telephone and national identity numbers of watched people, found in a text however they are set."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ray_app.findings import How, WatchedPerson, WatchMatch

_GROUP = re.compile(r"[^\W_]+")
_GAP = frozenset(" \u00a0\u2009\u202f.-‐‑–/()")
_LONGEST_GAP = 3
# Inside a web address it is encoded.
_AT = re.compile("@|%40")
# An address's name, and its host (RFC 5321, section 4.5.3.1).
_LOCAL, _DOMAIN = 64, 255
_LOCAL_SIGNS = frozenset("._%+-'’&=")
_DOMAIN_SIGNS = frozenset(".-")
# They also part what a web address asks for.
_OF_QUERIES = frozenset("&=")
# The last digits of a number that are the same in all its forms; the shortest numbers that are looked for.
_TAIL = 7
_LONGEST_PHONE = 17
_COUNTRY_CODE = 3
_MOST_GROUPS = 10
# A number can be a part of another one or of a table; an address can not.
_CONFIDENCE = {"email": 0.99, "national_id": 0.97, "phone": 0.95}


class Phone(NamedTuple):
    """A telephone number's digits without leading zeros, and whether the country's code is known to be among them."""

    digits: str
    international: bool


class _Group(NamedTuple):
    """A run of letters and digits, in capitals."""

    start: int
    end: int
    text: str


def normal_email(address: str) -> str:
    """An address in lower case."""
    return address.strip().casefold()


def normal_id(number: str) -> str:
    """An identity number's letters and digits, in capitals."""
    return "".join(filter(str.isalnum, number)).upper()


def normal_phone(number: str) -> Phone:
    """A telephone number by its digits: `+45 12 34 56 78`, `0045 12345678` and `12345678` have the same end."""
    digits = "".join(filter(str.isdecimal, number.replace("(0)", "")))
    return Phone(digits.lstrip("0"), number.strip().startswith("+") or digits.startswith("00"))


class Identifiers:
    """The identifiers of all people, by their normal form. Persons are numbers: places in the list."""

    def __init__(self, people: Sequence[WatchedPerson]) -> None:
        self._people = people
        self._emails: dict[str, set[int]] = defaultdict(set)
        self._ids: dict[str, set[int]] = defaultdict(set)
        self._phones: dict[str, list[tuple[int, Phone]]] = defaultdict(list)
        for index, person in enumerate(people):
            self._add(index, person)
        self._longest = max([_LONGEST_PHONE if self._phones else 0, *map(len, self._ids)])
        self._letters = frozenset(one[0] for one in self._ids if not one[0].isdigit())

    def _add(self, index: int, person: WatchedPerson) -> None:
        for address in map(normal_email, person.emails):
            self._emails[address].add(index)
        for number in filter(None, map(normal_id, person.national_ids)):
            self._ids[number].add(index)
        for phone in map(normal_phone, person.phones):
            if len(phone.digits) >= _TAIL:
                self._phones[phone.digits[-_TAIL:]].append((index, phone))

    def find(self, text: str, page: int) -> Iterator[WatchMatch]:
        """Every identifier of every person, exactly but for its setting."""
        if self._emails:
            yield from self._find_emails(text, page)
        if self._longest:
            yield from self._find_numbers(text, page)

    def _find_emails(self, text: str, page: int) -> Iterator[WatchMatch]:
        for sign in _AT.finditer(text):
            earliest, end = _address(text, *sign.span())
            for start in _starts(text, earliest, sign.start()):
                address = f"{text[start : sign.start()]}@{text[sign.end() : end]}"
                for index in self._emails.get(address.casefold(), ()):
                    yield self._match(index, page, start, end, "email")

    def _find_numbers(self, text: str, page: int) -> Iterator[WatchMatch]:
        """At each group of digits, the longest known number that begins there."""
        groups = [_Group(m.start(), m.end(), m[0].upper()) for m in _GROUP.finditer(text)]
        done = 0
        for first, group in enumerate(groups):
            if group.start < done or not (group.text[0].isdecimal() or group.text[0] in self._letters):
                continue
            if _has_country_before(text, groups, first):
                continue
            known = [run for run in _runs(text, groups, first, self._longest) if self._may_know(run[1])]
            for last, written in reversed(known):
                found = list(self._named(written, _is_international(text, group)))
                if found:
                    done = groups[last].end
                    yield from (self._match(index, page, group.start, done, kind) for index, kind in found)
                    break

    def _may_know(self, written: str) -> bool:
        return written in self._ids or written[-_TAIL:] in self._phones

    def _named(self, written: str, international: bool) -> Iterator[tuple[int, str]]:
        for index in self._ids.get(written, ()):
            yield index, "national_id"
        phone = Phone(written.lstrip("0"), international)
        for index in {one for one, other in self._phones.get(phone.digits[-_TAIL:], ()) if _same(phone, other)}:
            yield index, "phone"

    def _match(self, index: int, page: int, start: int, end: int, kind: str) -> WatchMatch:
        return WatchMatch(self._people[index].id, page, start, end, How.IDENTIFIER, _CONFIDENCE[kind])


def _address(text: str, before: int, after: int) -> tuple[int, int]:
    """The span of the e-mail address around an @, which starts and ends there."""
    start, end = before, after
    while start > max(0, before - _LOCAL) and (text[start - 1].isalnum() or text[start - 1] in _LOCAL_SIGNS):
        start -= 1
    while end < min(len(text), after + _DOMAIN) and (text[end].isalnum() or text[end] in _DOMAIN_SIGNS):
        end += 1
    while start < before and not text[start].isalnum():
        start += 1
    while end > after and not text[end - 1].isalnum():
        end -= 1
    return start, end


def _starts(text: str, earliest: int, sign: int) -> Iterator[int]:
    """Where the address may begin: in `?email=anna@example.com` what stands before it can be part of it, or not."""
    yield earliest
    yield from (at + 1 for at in range(earliest, sign) if text[at] in _OF_QUERIES)


def _runs(text: str, groups: Sequence[_Group], first: int, longest: int) -> Iterator[tuple[int, str]]:
    """What stands from the first group on, up to the one after another, as one number."""
    written = ""
    for last in range(first, min(first + _MOST_GROUPS, len(groups))):
        if last > first and not _are_joined(text, groups[last - 1], groups[last]):
            return
        group = groups[last]
        written += "" if _is_trunk(text, group) else group.text
        if len(written) > longest:
            return
        yield last, written


def _are_joined(text: str, one: _Group, other: _Group) -> bool:
    return other.start - one.end <= _LONGEST_GAP and _GAP.issuperset(text[one.end : other.start])


def _is_international(text: str, group: _Group) -> bool:
    return text[max(0, group.start - 1) : group.start] == "+" or group.text.startswith("00")


def _has_country_before(text: str, groups: Sequence[_Group], index: int) -> bool:
    """Whether a group is the rest of a number that begins with another country's code: `+46 12345678`."""
    if not index or not _are_joined(text, groups[index - 1], groups[index]):
        return False
    before = groups[index - 1]
    if _is_trunk(text, before):
        return _has_country_before(text, groups, index - 1)
    return len(before.text) <= _COUNTRY_CODE + 2 and _is_international(text, before)


def _is_trunk(text: str, group: _Group) -> bool:
    """The zero of `+44 (0)20`."""
    return group.text == "0" and text[max(0, group.start - 1) : group.end + 1] == "(0)"


def _same(one: Phone, other: Phone) -> bool:
    """Whether two numbers are one, with and without its country's code perhaps."""
    if one.international and other.international:
        return one.digits == other.digits
    short, long = sorted((one.digits, other.digits), key=len)
    return long.endswith(short) and len(long) - len(short) <= _COUNTRY_CODE


def values(person: WatchedPerson) -> Iterable[tuple[str, str]]:
    """A person's identifiers in their normal form, with what they are: `email`, `phone` or `national_id`."""
    yield from (("email", normal_email(one)) for one in person.emails)
    yield from (("phone", normal_phone(one).digits) for one in person.phones)
    yield from (("national_id", normal_id(one)) for one in person.national_ids)
