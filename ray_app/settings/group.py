"""What every group of settings has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(gt=0, le=1)]


class Group(BaseModel):
    """A group of settings: unknown names are refused, values never change after start."""

    model_config = ConfigDict(extra="forbid", frozen=True)
