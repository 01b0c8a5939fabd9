"""The bodies of what documents have in common, and of what they are about."""

from __future__ import annotations

from pydantic import BaseModel, Field


class KeyPhrase(BaseModel):
    """A phrase as the document writes it, and how near it is to the document's meaning (0 to 1)."""

    phrase: str
    score: float


class KeyPhrases(BaseModel):
    """What a document is about, the best phrase first."""

    document_id: str
    phrases: list[KeyPhrase]


class Member(BaseModel):
    """A document of a group, and all its places that the caller may see."""

    document_id: str
    uri: str
    title: str
    places: list[str]


class DuplicateGroup(BaseModel):
    """Documents that say nearly the same. `similarity`: the share of wording that each has with another, at least."""

    similarity: float
    documents: list[Member]


class DuplicateGroups(BaseModel):
    """A page of groups, which may have fewer than were asked for, and the cursor of the next (null at the end)."""

    groups: list[DuplicateGroup]
    next: str | None = Field(description="Go on here, also where this page has no group.")
