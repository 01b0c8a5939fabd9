"""`ray-app keys`: who may use the HTTP API. It works on the index itself, so that the first key needs none."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError

from ray_app.errors import ConfigurationError
from ray_app.records import Role
from ray_app.settings import Settings
from ray_app.store import open_store
from ray_app.store.audit import AuditEntry, write_entry
from ray_app.store.invitations import invite as make_invitation
from ray_app.store.keys import ApiKey, Grant, default_groups, list_keys, make_key, revoke_key, save_key
from ray_app.store.protocol import Store

T = TypeVar("T")

app = typer.Typer(help="API keys of the tenant (setting tenant), and invitations.", no_args_is_help=True)

Name = Annotated[str, typer.Option(help="Whose it is, for people.")]
RoleOption = Annotated[Role, typer.Option(help="reader; editor: also uploads, labels, deletes; admin: everything.")]
GroupsOption = Annotated[
    list[str] | None, typer.Option("--group", help="Sees this access group's sources; several are allowed.")
]
AllGroups = Annotated[bool, typer.Option("--all-groups", help="Sees every source; an admin without --group does.")]
DaysOption = Annotated[int | None, typer.Option(min=1, help="Ends after so many days; else setting auth.key_days.")]


@app.command()
def create(
    context: typer.Context,
    role: RoleOption = "reader",
    name: Name = "",
    groups: GroupsOption = None,
    all_groups: AllGroups = False,
    days: DaysOption = None,
) -> None:
    """Make a key and print it: it is shown once and kept nowhere."""
    settings: Settings = context.obj
    grant = _grant(settings, role, name, groups, all_groups)
    key, text = make_key(grant, created_by=_who(), days=days or settings.auth.key_days)

    async def save(store: Store) -> None:
        await save_key(store, key)
        await _note(store, settings, "key.create", key.id, f"{key.role} {key.name}")

    _with_index(settings, save)
    typer.echo(f"key {key.id}: {_described(key)}; shown once:", err=True)
    typer.echo(text)


@app.command("list")
def list_all(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show the tenant's keys, without their secrets, and when each was last used."""
    settings: Settings = context.obj
    for key in _with_index(settings, lambda store: list_keys(store, settings.tenant)):
        if as_json:
            typer.echo(json.dumps(key.model_dump(exclude={"sha256"}), ensure_ascii=False))
        else:
            typer.echo(f"{key.id}  {_described(key)}, used {key.last_used or 'never'}, ends {key.expires or 'never'}")


@app.command()
def revoke(context: typer.Context, identity: Annotated[str, typer.Argument(metavar="KEY", help="Its id.")]) -> None:
    """Revoke a key: it is refused from the next request on."""
    settings: Settings = context.obj

    async def remove(store: Store) -> ApiKey:
        key = await revoke_key(store, settings.tenant, identity)
        await _note(store, settings, "key.revoke", key.id, f"{key.role} {key.name}")
        return key

    typer.echo(f"revoked {identity}: {_described(_with_index(settings, remove))}")


@app.command()
def invite(
    context: typer.Context,
    role: RoleOption = "reader",
    name: Name = "",
    groups: GroupsOption = None,
    all_groups: AllGroups = False,
    days: DaysOption = None,
    hours: Annotated[int | None, typer.Option(min=1, help="How long the link holds.")] = None,
) -> None:
    """Make a link that gives its finder one key, once, and print it."""
    settings: Settings = context.obj
    grant = _grant(settings, role, name, groups, all_groups)

    async def save(store: Store) -> str:
        invitation, token = await make_invitation(
            store,
            grant,
            created_by=_who(),
            hours=hours or settings.auth.invitation_hours,
            key_days=days or settings.auth.key_days,
        )
        await _note(store, settings, "invitation.create", invitation.id, f"{invitation.role} {invitation.name}")
        return token

    serving = settings.serving
    base = serving.public_url or f"http://{serving.host}:{serving.port}"
    typer.echo(f"{base.rstrip('/')}/invitation#{_with_index(settings, save)}")


def _grant(settings: Settings, role: Role, name: str, groups: list[str] | None, all_groups: bool) -> Grant:
    if groups and all_groups:
        raise ConfigurationError("--group and --all-groups exclude each other")
    seen = tuple(groups) if groups else None if all_groups else default_groups(role)
    try:
        return Grant(tenant=settings.tenant, name=name or role, role=role, groups=seen)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigurationError(f"{first['loc'][0]}: {first['msg']}") from error


def _described(key: ApiKey) -> str:
    seen = "every source" if key.groups is None else f"groups {', '.join(key.groups)}" if key.groups else "open sources"
    return f"{key.name} ({key.role}, {seen})"


def _who() -> str:
    return f"command:{getpass.getuser()}"


async def _note(store: Store, settings: Settings, what: str, which: str, detail: str) -> None:
    entry = AuditEntry(tenant=settings.tenant, who=_who(), what=what, which=which, detail=detail)
    await write_entry(store, entry, keep_days=settings.auth.audit_days)


def _with_index(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    """The index is made where there is none: the first key comes before the first document."""

    async def run() -> T:
        store = await open_store(settings)
        try:
            if await store.fingerprint() is None:
                from ray_app.models.prepared import prepare_model

                manifest = prepare_model(settings).manifest
                await store.ensure(fingerprint=manifest.fingerprint, dimension=manifest.dimension)
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())
