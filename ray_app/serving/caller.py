"""Who asks, what they may see, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ray_app.errors import ForbiddenError
from ray_app.records import Role
from ray_app.settings import Settings
from ray_app.store.scope import Scope

# What a role may, each more than the one before.
PERMISSIONS: dict[Role, tuple[str, ...]] = {
    "reader": ("read",),
    "editor": ("read", "upload", "label", "delete"),
    "admin": ("read", "upload", "label", "delete", "keys", "jobs", "sources", "audit"),
}
_RANKS: list[Role] = list(PERMISSIONS)


@dataclass(frozen=True, slots=True)
class Caller:
    """The one who sent a request. `id` is theirs for good: what is counted and written down; `name` is for people."""

    id: str
    name: str
    kind: Literal["open", "key", "user"]
    scope: Scope
    role: Role

    @property
    def who(self) -> str:
        """How they are written down."""
        return f"{self.id} ({self.name})"

    def may(self, role: Role) -> bool:
        """Whether they may all that this role may."""
        return _RANKS.index(self.role) >= _RANKS.index(role)

    def check(self, role: Role) -> None:
        """Raises ForbiddenError, saying what is missing, where they may not all that this role may."""
        if not self.may(role):
            raise ForbiddenError(f"this takes the role {role}, and {self.name} is {self.role}: ask an administrator")


def highest(roles: set[Role]) -> Role | None:
    """The one of the roles that may most."""
    return max(roles, key=_RANKS.index, default=None)


def anybody(settings: Settings) -> Caller:
    """Without authentication everyone is the same caller, who may everything in the tenant."""
    return Caller("anonymous", "anonymous", "open", Scope(settings.tenant), "admin")
