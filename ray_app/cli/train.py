"""`ray-app train`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ray_app.errors import ConfigurationError
from ray_app.settings import Settings


def train(
    context: typer.Context,
    folder: Annotated[
        str | None,
        typer.Option("--labels-from-folders", metavar="FOLDER", help="Folders are labels: FOLDER/<label>/<file>."),
    ] = None,
    labels: Annotated[Path | None, typer.Option("--labels-file", help="CSV with the columns file and label.")] = None,
    documents: Annotated[str | None, typer.Option(help="Folder that the labels file's paths begin in.")] = None,
) -> None:
    """Train the classifier from labelled documents, and put it into use."""
    from ray_app.ingest.labelled import read_folders, read_labels_file
    from ray_app.models.prepared import prepare_model
    from ray_app.models.registry import publish
    from ray_app.models.training import train as fit
    from ray_app.sources import root_of

    settings: Settings = context.obj
    if bool(folder) == bool(labels and documents):
        raise ConfigurationError("give either --labels-from-folders, or --labels-file with --documents")
    root_of(folder or documents or "")  # before the seconds that the model takes
    model = prepare_model(settings)
    threads = os.cpu_count() or 1
    typer.echo("reading and embedding the labelled documents", err=True)
    if folder:
        labelled = read_folders(folder, settings, model, threads=threads)
    else:
        assert labels
        assert documents
        labelled = read_labels_file(documents, labels, settings, model, threads=threads)
    for ref, failure in labelled.failures:
        typer.echo(f"left out {ref.path}: {failure.reason}", err=True)
    classifier = fit(labelled.examples, embedding=model.manifest.fingerprint)
    publish(classifier, settings)
    manifest = classifier.manifest
    typer.echo(
        f"classifier {manifest.version}: {manifest.documents} documents, {len(manifest.labels)} labels; "
        f"held out: accuracy {manifest.accuracy:.2f}, macro-F1 {manifest.macro_f1:.2f}, "
        f"calibration error {manifest.expected_calibration_error:.3f}"
    )
    for label, score in manifest.labels.items():
        typer.echo(f"  {label:<20} {score.documents:>5} documents   F1 {score.f1:.2f}")
