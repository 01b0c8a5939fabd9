"""The bodies of classifier versions."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ModelOut(BaseModel):
    """A version of the tenant's classifier, with its scores on documents that it had not seen."""

    version: str
    in_use: bool
    kind: str
    created: str
    documents: int
    labels: int
    accuracy: float
    macro_f1: float
    expected_calibration_error: float = Field(description="How far probabilities are from the truth on average.")


class Models(BaseModel):
    """All versions, the oldest first."""

    models: list[ModelOut]


class InUse(BaseModel):
    """The version that is in use now: for what is indexed from here on, and for the next request."""

    version: str
