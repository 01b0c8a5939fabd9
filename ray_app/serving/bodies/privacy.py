"""The bodies of personal data: what documents hold, whom they name, and who is looked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from ray_app.findings import WatchedPerson
from ray_app.serving.schemas import Body

RiskName = Literal["none", "personal", "sensitive", "high"]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_Texts = Annotated[list[_Text], Field(max_length=50)]


class MentionOut(BaseModel):
    """Where a document names somebody or something. `value` is its normal form, as much of it as the index keeps.

    `number` tells different values of a document apart, also where they are masked.
    """

    kind: str
    page: int
    start: int
    end: int
    value: str
    confidence: float
    found_by: str
    number: int


class WordOut(BaseModel):
    """A high-risk word, and the term of the list that it is a form of."""

    category: str
    page: int
    start: int
    end: int
    term: str


class EvidenceOut(BaseModel):
    """How many different ones there are: of a kind of mention, `words:health`, `label:cv`, or `watched` people."""

    what: str
    count: int


class ReasonOut(BaseModel):
    """A rule that holds, and what of the document makes it hold."""

    risk: RiskName
    text: str
    evidence: list[EvidenceOut]


class PersonalData(BaseModel):
    """What personal data a document holds, and how great a risk that is. `found` counts mentions that are not shown."""

    document_id: str
    risk: RiskName | None = Field(description="null where nobody looked: no text, or a language that is left alone.")
    reasons: list[ReasonOut]
    mentions: list[MentionOut]
    found: int
    words: list[WordOut]


class RedactedPage(BaseModel):
    """A page's text with `[kind]` in place of personal data."""

    page: int
    text: str


class RedactedText(BaseModel):
    """A document's text without personal data, and where the next pages begin (null at the end)."""

    document_id: str
    pages: list[RedactedPage]
    removed: dict[str, int] = Field(description="How many mentions of each kind were taken out.")
    next: int | None


class PersonBody(Body):
    """Someone who is looked for. Names as people write them; an alias of one word is found wherever it stands."""

    name: _Text
    aliases: _Texts = Field([])
    emails: _Texts = Field([])
    phones: _Texts = Field([])
    national_ids: _Texts = Field([])
    languages: Annotated[list[Annotated[str, Field(pattern="^[a-z]{2}$")]], Field(max_length=10)] = Field(
        [], description="ISO 639-1 codes of where the names are from: hu, zh, ja, ko, vi put the family name first."
    )

    def person(self, identity: str) -> WatchedPerson:
        """How they are looked for."""
        return WatchedPerson(
            id=identity,
            name=self.name,
            aliases=tuple(self.aliases),
            emails=tuple(self.emails),
            phones=tuple(self.phones),
            national_ids=tuple(self.national_ids),
            languages=tuple(self.languages),
        )


class PersonOut(PersonBody):
    """Someone on the watch list. `pending` until the documents were looked through for the last change."""

    id: str
    state: Literal["pending", "followed"]
    documents: int = Field(description="How many distinct documents name them.")
    created: str
    updated: str


class People(BaseModel):
    """The watch list, by name."""

    people: list[PersonOut]


class MatchOut(BaseModel):
    """Where a document names a watched person, in what way, and how much that speaks for them."""

    page: int
    start: int
    end: int
    how: str
    confidence: float


class Naming(BaseModel):
    """A document that names somebody, with all its places that the caller may see."""

    document_id: str
    uri: str
    title: str
    places: list[str]
    risk: RiskName
    matches: list[MatchOut]


class Namings(BaseModel):
    """Documents that name a watched person, and the cursor of the next page (null at the end)."""

    documents: list[Naming]
    next: str | None


class SourceRisk(BaseModel):
    """How many distinct documents of a source have which risk; `unknown` ones hold no text."""

    source: str
    none: int = 0
    personal: int = 0
    sensitive: int = 0
    high: int = 0
    unknown: int = 0


class PersonCount(BaseModel):
    """How many distinct documents name someone on the watch list."""

    person: str
    name: str
    documents: int


class PrivacyReport(BaseModel):
    """Where personal data is: distinct documents, counted. `people` is for administrators who see every source."""

    documents: int
    risk: dict[str, int]
    sources: list[SourceRisk]
    kinds: dict[str, int]
    people: list[PersonCount] | None


class SubjectBody(PersonBody):
    """Whose data is asked for: as on the watch list, without being put on it."""

    min_confidence: Annotated[float, Field(gt=0, le=1)] = Field(
        0.6, description="Mentions that speak less for this person are left out; those of a surname alone do."
    )


class SubjectMatch(MatchOut):
    """A mention with the text around it."""

    text: str


class SubjectDocument(BaseModel):
    """All about one document that names the person."""

    document_id: str
    uri: str
    title: str
    date: str
    places: list[str]
    label: list[str]
    risk: RiskName
    matches: list[SubjectMatch]


class ErasureBody(Body):
    """Documents to erase, and why: the reason is kept in the audit log."""

    document_ids: list[str] = Field(min_length=1, max_length=100)
    reason: _Text


class Erased(BaseModel):
    """What went of one document and the files inside it. `left` is what the index still has of them when asked again:
    nothing, or a copy elsewhere that is not to be erased.
    """

    document_id: str
    uri: str
    sha256: str | None
    passages: int
    mentions: int
    files_inside: int
    original: bool = Field(description="Whether a copy of the original was kept, and is gone.")
    left: list[str]


class ErasureProof(BaseModel):
    """What went, when, by whom. `digest` is the SHA-256 of all else as JSON with sorted keys, without white space; the
    audit log has it too.
    """

    at: str
    who: str
    reason: str
    documents: list[Erased]
    digest: str
