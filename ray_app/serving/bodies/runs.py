"""Runs on record."""

from __future__ import annotations

from pydantic import BaseModel

from ray_app.store.runs import Run


class Runs(BaseModel):
    """Runs, the latest first."""

    runs: list[Run]
