"""Makes texts with names at known places: sentences, letter heads and tables of our own writing, filled at random."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from ray_app.models.ner.corpus import Annotated, Name
from ray_app.models.ner.gazetteers import Names, base_entries, cities, frequencies, names_of
from ray_app.models.ner.lexicon import INFLECTED_DA, INFLECTED_EN, NAMES, UNKNOWN

_SLOT = re.compile(r"\{(\w+)\}")
_KINDS = dict.fromkeys(("PERSON", "PERSON_CAPS", "FIRST", "LAST", "INITIALS"), "person")
_KINDS |= dict.fromkeys(("PLACE", "STREET", "COUNTRY"), "place") | {"ORG": "organisation"}
_FOREIGN = ("en_GB", "en_US", "sv_SE", "no_NO", "de_DE", "pl_PL", "nl_NL", "fr_FR", "en_IN", "it_IT", "es_ES", "tr_TR")


@dataclass(frozen=True, slots=True)
class Language:
    """A language's templates, the words for their slots, and names of its people and of others."""

    code: str
    templates: tuple[str, ...]
    words: dict[str, Any]
    names: Names
    foreign: tuple[Names, ...]
    nouns: tuple[str, ...]


def language(code: str) -> Language:
    """Danish ("da") or English ("en")."""
    folder = files("ray_app.models.ner") / "templates"
    lines = (folder / f"{code}.txt").read_text(encoding="utf-8").splitlines()
    home = {"da": ("da_DK",), "en": ("en_GB", "en_US")}[code]
    return Language(
        code=code,
        templates=tuple(line.replace("\\n", "\n") for line in lines if line and not line.startswith("# One")),
        words=yaml.safe_load((folder / f"{code}.yaml").read_text(encoding="utf-8")),
        names=_joined([names_of(locale) for locale in home]),
        foreign=tuple(names_of(locale) for locale in _FOREIGN if locale not in home),
        nouns=_nouns(code),
    )


def generate(language: Language, count: int, *, seed: int) -> list[Annotated]:
    """So many texts, the same for the same seed. Some are one template filled, some several below one another."""
    filler = _Filler(language, random.Random(f"{language.code}-{seed}"))
    return [filler.text() for _ in range(count)]


@cache
def _world() -> tuple[str, ...]:
    return cities(200_000)


class _Filler:
    """Fills templates; which words it takes is up to its random numbers."""

    def __init__(self, language: Language, chance: random.Random) -> None:
        self._language = language
        self._words = language.words
        self._chance = chance

    def text(self) -> Annotated:
        """One to three templates, parted by a line break, a blank line or, in prose, a blank."""
        count = self._chance.choices((1, 2, 3), (5, 3, 2))[0]
        parts = [self._filled(self._chance.choice(self._language.templates)) for _ in range(count)]
        whole = parts[0]
        for part in parts[1:]:
            prose = whole.text.endswith(".") and part.text.endswith(".")
            whole = _joined_texts(whole, part, self._chance.choice((" ", " ", "\n") if prose else ("\n", "\n\n")))
        return _wrapped(whole, self._chance) if len(whole.text) > 90 and self._chance.random() < 0.4 else whole

    def _filled(self, template: str) -> Annotated:
        text, names, at = "", [], 0
        for slot in _SLOT.finditer(template):
            text += template[at : slot.start()]
            value = self._value(slot[1])
            if slot[1] in _KINDS:
                names.append(Name(_KINDS[slot[1]], len(text), len(text) + len(value)))
            text += value
            at = slot.end()
        return Annotated(text + template[at:], tuple(names))

    def _value(self, slot: str) -> str:
        return _VALUES[slot](self)

    def pick(self, values: Sequence[str]) -> str:
        return self._chance.choice(values)

    def word(self, group: str) -> str:
        return self.pick(self._words[group])

    def names(self) -> Names:
        """Mostly the language's own names; there are strangers in every office."""
        return self._language.names if self._chance.random() < 0.75 else self._chance.choice(self._language.foreign)

    def first(self) -> str:
        names = self.names()
        if self._chance.random() < 0.06:
            return "-".join((self.pick(names.first), self.pick(names.first)))
        return self.pick(names.first)

    def last(self) -> str:
        names = self.names()
        if self._chance.random() < 0.35 or not names.last:
            return self.coined("surnames")
        return (
            self.pick(names.last)
            if self._chance.random() > 0.05
            else f"{self.pick(names.last)}-{self.pick(names.last)}"
        )

    def person(self) -> str:
        first, last, odds = self.first(), self.last(), self._chance.random()
        if odds < 0.6:
            return f"{first} {last}"
        if odds < 0.75:
            return f"{first} {self.last()} {last}"
        if odds < 0.82:
            return f"{first} {self.first()} {last}"
        if odds < 0.9:
            return f"{first} {self.pick('ABCEFGHJKLMNPRSTV')}. {last}"
        return f"{first[0]}. {last}" if odds < 0.96 else f"{first[0]}.{self.pick('ABCEHJMP')}. {last}"

    def place(self) -> str:
        names, odds = self.names(), self._chance.random()
        if odds < 0.2:
            return self.coined("villages")
        if odds < 0.25:
            return self.pick(self._words["areas"])
        if not names.cities or odds < 0.35:
            return self.pick(_world())
        place = self.pick(names.cities)
        return (
            place
            if self._chance.random() > 0.06
            else f"{place} {self.pick(('C', 'N', 'S', 'V', 'K', 'Ø', 'NV', 'SØ'))}"
        )

    def street(self) -> str:
        if self._language.names.streets and self._chance.random() < 0.4:
            return self.pick(self._language.names.streets)
        return self.coined("streets")

    def coined(self, group: str) -> str:
        """A word that no list has. What firms and products are called may sound like anything."""
        if group == "syllables" and self._chance.random() < 0.35:
            return self.sound().capitalize()
        first, second = self._words[group]
        return self.pick(first) + self.pick(second)

    def sound(self) -> str:
        """Two or three syllables without a meaning."""
        parts = [self.pick("bdfghjklmnprstv") + self.pick("aeiou") for _ in range(self._chance.randint(2, 3))]
        return "".join(parts) + self.pick(("", "", "n", "r", "x", "s", "l", "a"))

    def organisation(self) -> str:
        shape = self.pick(self._words["organisations"])
        return _SLOT.sub(lambda slot: _PARTS[slot[1]](self), shape)

    def topic(self) -> str:
        """What is talked about, in small letters."""
        if self._chance.random() < 0.5:
            return self.word("nouns")
        return self.noun()

    def noun(self) -> str:
        """A common word; in Danish some are two in one, which no list has."""
        return (
            self.compound()
            if self._language.code == "da" and self._chance.random() < 0.3
            else self.pick(self._language.nouns)
        )

    def compound(self) -> str:
        return self.pick(self._language.nouns) + self.pick(("", "", "s")) + self.pick(self._language.nouns)

    def heading(self) -> str:
        """Words that stand alone, none of them a name."""
        odds = self._chance.random()
        if odds < 0.4:
            return self.word("subjects")
        words = [self.noun() for _ in range(self._chance.randint(1, 4))]
        if len(words) > 2:
            words[1] = self.pick(self._words["links"])
        text = " ".join(words)
        return text.title() if odds > 0.75 else text.capitalize()

    def number(self) -> str:
        return self.pick(("{:,}", "{}", "{:,}.00", "{:.2f}")).format(
            self._chance.randint(1, 99_999_999 if self._chance.random() < 0.3 else 9_999)
        )

    def code(self) -> str:
        letters = "".join(self._chance.choices("ABCDEFGHKLMNPRSTUVX", k=self._chance.randint(1, 4)))
        return self.pick(
            (
                f"{letters}-{self.digits(3)}",
                f"{letters}{self.digits(2)}",
                f"{self.topic().replace(' ', '_')}",
                f"{letters}-{self.digits(4)}-{self.digits(2)}",
                letters + "_" + self.topic().replace(" ", "_").upper(),
                self.topic().title().replace(" ", ""),
            )
        )

    def digits(self, count: int) -> str:
        return "".join(self._chance.choices("0123456789", k=count))

    def date(self) -> str:
        day, year, month = self._chance.randint(1, 28), self._chance.randint(1998, 2027), self.word("months")
        number = self._words["months"].index(month) + 1
        dot = "." if self._language.code == "da" else ""
        return self.pick(
            (
                f"{day}{dot} {month} {year}",
                f"{day:02}.{number:02}.{year}",
                f"{year}-{number:02}-{day:02}",
                f"{day}/{number}-{year}",
                f"{day}{dot} {month}",
                f"{day}{dot} {month[:3]}",
            )
        )

    def amount(self) -> str:
        return (
            f"{self.number()} {self.pick(('kr.', 'DKK', 'EUR', 'kroner', 'USD'))}"
            if self._chance.random() < 0.8
            else f"£{self.number()}"
        )

    def product(self) -> str:
        name = self.coined("syllables")
        return self.pick(
            (
                f"{name} {self.digits(3)}",
                f"{name} {self.digits(1)}",
                self.code(),
                f"{name} {self.digits(1)}.{self.digits(1)}",
                f"{name}-{self.digits(2)}",
            )
        )

    def email(self) -> str:
        return f"{self.pick(self._language.names.first)}@{self.coined('syllables')}.example".lower()

    def digit(self) -> str:
        return str(self._chance.randint(1, 60))

    def house(self) -> str:
        return self.digit() + self.pick(("", "", "", " A", "B", ", 2. tv." if self._language.code == "da" else ""))


_VALUES: dict[str, Callable[[_Filler], str]] = {
    "FIRST": _Filler.first,
    "LAST": _Filler.last,
    "PERSON": _Filler.person,
    "PERSON_CAPS": lambda one: one.person().upper(),
    "INITIALS": lambda one: one.first()[0] + one.last()[:1].upper() + one.pick(("", "", one.last()[:1].upper())),
    "ORG": _Filler.organisation,
    "PLACE": _Filler.place,
    "COUNTRY": lambda one: one.pick(one.names().countries if one.pick("ab") == "a" else one._language.names.countries),
    "STREET": _Filler.street,
    "role": lambda one: one.word("roles"),
    "Role": lambda one: one.word("roles").capitalize(),
    "role_cap": lambda one: one.word("roles").capitalize(),
    "department": lambda one: one.word("departments"),
    "Department": lambda one: one.word("departments").capitalize(),
    "department_caps": lambda one: one.word("departments").upper(),
    "weekday": lambda one: one.word("weekdays"),
    "Weekday": lambda one: one.word("weekdays").capitalize(),
    "month": lambda one: one.word("months"),
    "Month": lambda one: one.word("months"),
    "Education": lambda one: one.word("education"),
    "Subject": lambda one: one.heading().capitalize(),
    "Heading": _Filler.heading,
    "HEADING_CAPS": lambda one: one.heading().upper(),
    "cell": lambda one: one.word("cells") if one.pick("aab") == "a" else one.heading(),
    "topic": _Filler.topic,
    "Topic": lambda one: _capital(one.topic()),
    "compound": _Filler.compound,
    "Compound": lambda one: _capital(one.compound()),
    "acronym": lambda one: one.word("acronyms"),
    "product": _Filler.product,
    "Coined": lambda one: one.coined("syllables"),
    "code": _Filler.code,
    "number": _Filler.number,
    "digit": _Filler.digit,
    "house": _Filler.house,
    "postcode": lambda one: one.digits(4),
    "phone": lambda one: " ".join(one.digits(2) for _ in range(4)),
    "date": _Filler.date,
    "year": lambda one: one.pick(("19", "20")) + one.digits(2),
    "amount": _Filler.amount,
    "email": _Filler.email,
}
_PARTS: dict[str, Callable[[_Filler], str]] = {
    "LAST": _Filler.last,
    "PLACE": lambda one: one.pick(one._language.names.cities or _world()),
    "COINED": lambda one: one.coined("syllables"),
    "KIND": lambda one: one.word("kinds"),
    "REGION": lambda one: one.word("regions"),
    "SUFFIX": lambda one: one.word("suffixes"),
    "KNOWN": lambda one: one.word("known"),
    "AUTHORITY": lambda one: one.word("authorities"),
}


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _joined_texts(before: Annotated, after: Annotated, between: str) -> Annotated:
    shift = len(before.text) + len(between)
    names = tuple(Name(name.kind, name.start + shift, name.end + shift) for name in after.names)
    return Annotated(before.text + between + after.text, before.names + names)


def _wrapped(text: Annotated, chance: random.Random) -> Annotated:
    """The text with lines of at most so many characters, as PDF pages have them; no offset changes."""
    width, characters, column, blank = chance.randint(60, 90), list(text.text), 0, None
    for at, character in enumerate(characters):
        if character == "\n":
            column, blank = 0, None
            continue
        blank = at if character == " " else blank
        column += 1
        if column > width and blank is not None:
            characters[blank] = "\n"
            column, blank = at - blank, None
    return Annotated("".join(characters), text.names)


def _joined(all_names: list[Names]) -> Names:
    """The names of several locales."""
    merged = {
        field: tuple(dict.fromkeys(value for names in all_names for value in getattr(names, field)))
        for field in ("first", "last", "cities", "streets", "countries")
    }
    return Names(**merged)


def _nouns(code: str) -> tuple[str, ...]:
    """Common words that have inflected forms and are nobody's name: what headings and small talk are made of."""
    flag = {"da": INFLECTED_DA, "en": INFLECTED_EN}[code]
    lexicon = base_entries()
    words = [word for word, zipf in frequencies(code).items() if zipf > 3 and len(word) > 3]
    return tuple(word for word in words if lexicon.get(word, UNKNOWN).flags & flag and not lexicon[word].flags & NAMES)
