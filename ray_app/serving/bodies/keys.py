"""The bodies of `/v1/keys` and `/v1/invitations`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from ray_app.records import Role
from ray_app.serving.schemas import Body
from ray_app.store.keys import Groups, Name

Days = Annotated[int, Field(gt=0, le=36_500)]


class GrantBody(Body):
    """What somebody is given."""

    name: Name = Field(description="Whose it is, for people.")
    role: Role = "reader"
    groups: Groups = Field(
        None,
        description="Access groups. Left out: for an admin every source, for others those that are open to the tenant; "
        "null: every source.",
    )
    days: Days | None = Field(None, description="After how many days the key ends; left out: setting auth.key_days.")


class InvitationBody(GrantBody):
    """What whoever redeems the link is given."""

    hours: Annotated[int, Field(gt=0, le=8760)] | None = Field(
        None, description="How long the link can be redeemed; left out: setting auth.invitation_hours."
    )


class KeyOut(BaseModel):
    """A key on record. Times are ISO 8601, UTC; `groups` null is every source."""

    id: str
    name: str
    role: Role
    groups: list[str] | None
    created: str
    created_by: str
    expires: str | None
    last_used: str | None = Field(description="To within a minute (setting auth.key_use_s).")


class NewKey(KeyOut):
    """A key with its secret, which is shown this once."""

    key: str


class InvitationOut(BaseModel):
    """An open invitation."""

    id: str
    name: str
    role: Role
    groups: list[str] | None
    created: str
    created_by: str
    expires: str


class NewInvitation(InvitationOut):
    """An invitation with its link, which is shown this once."""

    link: str
    token: str
