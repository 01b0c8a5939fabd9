"""What makes a document's personal data a risk, and how much of it is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, FieldSerializationInfo, SecretStr, field_serializer, model_validator

from ray_app.settings.group import Fraction, Group

RiskLevel = Literal["personal", "sensitive", "high"]

# Words of GDPR articles 9 and 10.
_SPECIAL = (
    "health",
    "union",
    "religion",
    "ethnicity",
    "politics",
    "sexual_life",
    "criminal",
    "biometric_genetic",
)
# Ordinary personal data that people expect to be kept in confidence.
_CONFIDENTIAL = ("social_services", "finances", "employment")
# Kinds with a country before the dot name people, but for the register numbers of companies.
_NATIONAL = ("??.*",)
_OF_COMPANIES = ("??.cnpj", "??.cvr", "??.orgnr", "??.vat")
# About a paragraph: further apart, a name and a word seldom have to do with each other.
_NEAR = 500
# A list of people rather than a letter about some.
_MANY = 10


class Evidence(Group):
    """Something a document must hold. Exactly one of `kinds`, `words`, `labels` and `watched` is named."""

    kinds: tuple[str, ...] = Field(
        (), description="Kinds of mention, any of which will do; ? and * stand for one and for any characters."
    )
    except_kinds: tuple[str, ...] = Field((), description="Kinds that do not count although `kinds` takes them in.")
    words: tuple[str, ...] = Field((), description="Categories of high-risk words, any of which will do.")
    labels: tuple[str, ...] = Field((), description="Labels of the document, any of which will do.")
    watched: bool = Field(False, description="Whether people of a watch list are meant.")
    at_least: int = Field(1, gt=0, description="How many different values, words, labels or people there must be.")
    min_confidence: Fraction = Field(
        0.5, description="Confidence or probability below which one does not count; words have none, and always do."
    )

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        if sum(map(bool, (self.kinds, self.words, self.labels, self.watched))) != 1:
            raise ValueError("evidence names exactly one of kinds, words, labels and watched")
        return self


class Rule(Group):
    """Evidence that puts a document at a level."""

    level: RiskLevel = Field(description="The document's risk is at least this where the rule holds.")
    reason: str = Field(min_length=1, description="What people are told.")
    all_of: tuple[Evidence, ...] = Field((), description="All of it must be there.")
    any_of: tuple[Evidence, ...] = Field((), description="One of these must be there too; empty: none need be.")
    within_chars: int | None = Field(
        None,
        gt=0,
        description="All of it must begin within so many characters of one page; labels are of the whole document. "
        "Unset: anywhere in the document.",
    )

    @model_validator(mode="after")
    def _needs_evidence(self) -> Self:
        if not self.all_of and not self.any_of:
            raise ValueError("a rule without evidence would hold for every document")
        return self


_PERSON = Evidence(kinds=("person",))
_NATIONAL_ID = Evidence(kinds=_NATIONAL, except_kinds=_OF_COMPANIES)
_CONTACT = Evidence(kinds=("email", "phone"))
# Surnames alone are no evidence that a watched person is meant.
_WATCHED = Evidence(watched=True, min_confidence=0.6)
_SPECIAL_WORD = Evidence(words=_SPECIAL)
_CONFIDENTIAL_WORD = Evidence(words=_CONFIDENTIAL)

DEFAULT_RULES = (
    Rule(level="personal", reason="A person is named with contact data", all_of=(_PERSON, _CONTACT)),
    Rule(level="personal", reason="Several people are named", all_of=(Evidence(kinds=("person",), at_least=3),)),
    Rule(
        level="personal",
        reason="Contact data of several people or places",
        any_of=(Evidence(kinds=("email",), at_least=3), Evidence(kinds=("phone",), at_least=3)),
    ),
    Rule(level="personal", reason="A person is named with an IP address", all_of=(_PERSON, Evidence(kinds=("ip",)))),
    Rule(level="personal", reason="A person on a watch list is named", all_of=(_WATCHED,)),
    Rule(level="sensitive", reason="A national identity number", all_of=(_NATIONAL_ID,)),
    Rule(
        level="sensitive",
        reason="A number of a payment card, a bank account or a passport",
        all_of=(Evidence(kinds=("card", "iban", "passport")),),
    ),
    Rule(
        level="sensitive",
        reason="A person is named beside words of a special category (GDPR articles 9 and 10)",
        all_of=(_PERSON, _SPECIAL_WORD),
        within_chars=_NEAR,
    ),
    Rule(
        level="sensitive",
        reason="A person is named in a document with several words of a special category (GDPR articles 9 and 10)",
        all_of=(_PERSON, Evidence(words=_SPECIAL, at_least=2)),
    ),
    Rule(
        level="sensitive",
        reason="A person is named beside words about social matters, finances, pay or dismissal",
        any_of=(_PERSON, _WATCHED),
        all_of=(_CONFIDENTIAL_WORD,),
        within_chars=_NEAR,
    ),
    Rule(
        level="high",
        reason="Several words of a special category (GDPR articles 9 and 10) beside a named person",
        all_of=(_PERSON, Evidence(words=_SPECIAL, at_least=3)),
        within_chars=_NEAR,
    ),
    Rule(
        level="high",
        reason="Words of a special category (GDPR articles 9 and 10) beside a national identity number",
        all_of=(_NATIONAL_ID, _SPECIAL_WORD),
        within_chars=_NEAR,
    ),
    Rule(
        level="high",
        reason="A person on a watch list is named in a document with words of a special category",
        all_of=(_WATCHED, _SPECIAL_WORD),
    ),
    Rule(
        level="high",
        reason="Identity numbers of many people",
        all_of=(Evidence(kinds=_NATIONAL, except_kinds=_OF_COMPANIES, at_least=_MANY),),
    ),
    Rule(
        level="high",
        reason="Many numbers of payment cards, bank accounts or passports",
        all_of=(Evidence(kinds=("card", "iban", "passport"), at_least=_MANY),),
    ),
)


class PrivacySettings(Group):
    """The index of personal data: what is kept of it, and what makes it a risk."""

    values: Literal["plain", "masked", "hashed"] = Field(
        "masked",
        description="What is kept of personal values. masked: enough to recognise a value that is known already; "
        "hashed: a keyed hash, by which equal values are counted; plain: the values, a second copy of the data that "
        "the index is to protect.",
    )
    hash_key: SecretStr | None = Field(
        None,
        description="Key of the hashes, at least 32 characters, needed where values are hashed: without one, all ten "
        "digit numbers could be tried in an hour. With another key, equal values have other hashes.",
    )
    words_dir: Path | None = Field(
        None,
        description="Folder with own lists of high-risk words, one file a language (da.yaml), used beside those that "
        "are supplied.",
    )
    min_match_confidence: Fraction = Field(
        0.3,
        description="Watch-list matches below this are dropped: there a surname beside a title is shared by too many "
        "to mean one of them.",
    )
    max_mentions: int = Field(
        5000,
        gt=0,
        description="Mentions, and high-risk words, that the index keeps of one document; a telephone book has a "
        "million. The risk is judged by all.",
    )
    rules: tuple[Rule, ...] = Field(
        default_factory=lambda: DEFAULT_RULES,
        description="What puts a document at a level; the highest counts. Given ones replace these.",
    )

    @model_validator(mode="after")
    def _hashes_have_a_key(self) -> Self:
        key = self.hash_key.get_secret_value() if self.hash_key else ""
        if (self.values == "hashed" or self.hash_key) and len(key) < 32:
            raise ValueError("hash_key must have at least 32 characters where values are hashed")
        return self

    @field_serializer("hash_key")
    def _masked(self, key: SecretStr | None, info: FieldSerializationInfo) -> str | None:
        """The key leaves the process only where asked for: `model_dump_json(context={"secrets": True})`."""
        shown = bool(info.context and info.context.get("secrets"))
        return (key.get_secret_value() if shown else str(key)) if key else None
