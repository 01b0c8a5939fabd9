"""Who asks, and what they may see."""

from __future__ import annotations

from dataclasses import dataclass

from ray_app.settings import Settings
from ray_app.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """The one who sent a request."""

    name: str
    scope: Scope


def caller_of(settings: Settings) -> Caller:
    """Without authentication everyone is the same caller, who sees all of the tenant."""
    return Caller("anonymous", Scope(settings.tenant))
