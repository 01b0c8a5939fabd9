"""`ray-app models`: the versions of the classifier."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ray_app.cli.train import Documents, read_labelled
from ray_app.errors import ModelError
from ray_app.settings import Settings

if TYPE_CHECKING:
    from ray_app.models.classification.manifest import ClassifierManifest

app = typer.Typer(help="Versions of the classifier: which there are, and which is in use.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one line of JSON.")]


@app.command("list")
def list_all(context: typer.Context, as_json: Json = False) -> None:
    """The versions, the oldest first; a star marks the one in use."""
    from ray_app.models.registry import current_version, versions

    settings: Settings = context.obj
    used = current_version(settings)
    for name, one in versions(settings).items():
        mark = "*" if name == used else " "
        if as_json:
            typer.echo(json.dumps({"version": name, "in_use": name == used, **_summary(one)}))
        elif not one:
            typer.echo(f"{mark} {name}  cannot be read: it is damaged or of an older release")
        else:
            typer.echo(
                f"{mark} {name}  {one.kind:<9}  {one.documents:>6} documents  {len(one.labels):>4} labels  "
                f"macro-F1 {one.macro_f1:.3f}  calibration error {one.expected_calibration_error:.3f}"
            )


def _summary(one: ClassifierManifest | None) -> dict[str, Any]:
    if not one:
        return {"readable": False}
    return {
        "readable": True,
        "kind": one.kind,
        "documents": one.documents,
        "labels": len(one.labels),
        "macro_f1": one.macro_f1,
        "expected_calibration_error": one.expected_calibration_error,
    }


@app.command()
def show(
    context: typer.Context,
    version: Annotated[str | None, typer.Argument(help="A version; else the one in use.")] = None,
) -> None:
    """All that a version says of itself, as JSON: what it was made of, and its scores."""
    from ray_app.models.classification.folder import load_manifest
    from ray_app.models.registry import current_version, version_folder

    settings: Settings = context.obj
    wanted = version or current_version(settings)
    if not wanted:
        raise ModelError("no classifier is in use: ray-app train makes one")
    typer.echo(load_manifest(version_folder(wanted, settings)).model_dump_json(indent=2))


@app.command()
def promote(context: typer.Context, version: Annotated[str, typer.Argument(help="The version.")]) -> None:
    """Put a version into use: for ingests that begin, and for a running server's next request."""
    from ray_app.models import registry

    registry.promote(version, context.obj)
    typer.echo(f"classifier {version} is in use")


@app.command()
def rollback(context: typer.Context) -> None:
    """Put the version that was in use before into use again."""
    from ray_app.models import registry

    typer.echo(f"classifier {registry.rollback(context.obj)} is in use")


@app.command()
def compare(
    context: typer.Context,
    old: Annotated[str, typer.Argument(help="A version.")],
    new: Annotated[str, typer.Argument(help="Another one.")],
    labels_file: Annotated[
        Path, typer.Option(help="csv, jsonl or parquet with the columns file (or text) and label (or labels).")
    ],
    documents: Documents = None,
    as_json: Json = False,
) -> None:
    """Which of two versions is right more often, and whether that may be chance.

    Take documents that neither has learnt from: what a version has learnt it knows.
    """
    from ray_app.evaluation.versions import compare_versions
    from ray_app.models.prepared import prepare_model
    from ray_app.models.registry import open_version

    settings: Settings = context.obj
    model = prepare_model(settings)
    before, after = (open_version(version, settings, model.manifest) for version in (old, new))
    labelled = read_labelled(labels_file, documents, settings, model, before.manifest.kind)
    found = compare_versions(before, after, labelled.examples)
    if as_json:
        typer.echo(json.dumps(asdict(found)))
        return
    typer.echo(
        f"{found.difference.queries} documents: {old} {found.old:.3f} right, {new} {found.new:.3f} "
        f"({found.difference.difference:+.4f}); right only in the old {found.only_old}, only in the new "
        f"{found.only_new}; p = {found.difference.p:.3f}"
    )
