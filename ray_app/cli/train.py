"""`ray-app train`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ray_app.errors import ConfigurationError
from ray_app.settings import Settings

if TYPE_CHECKING:
    from ray_app.ingest.labelled import Labelled
    from ray_app.models.classification.manifest import ClassifierManifest
    from ray_app.models.prepared import PreparedModel

Kind = Annotated[
    Literal["flat", "multi", "hierarchy"],
    typer.Option(help="One label a document; several (a labels file, ; between them); or paths such as a/b/c."),
]
LabelsFile = Annotated[
    Path | None,
    typer.Option(help="csv, jsonl or parquet with the columns file (or text) and label (or labels)."),
]
Documents = Annotated[str | None, typer.Option(help="Folder that the labels file's paths begin in.")]


def train(
    context: typer.Context,
    folder: Annotated[
        str | None,
        typer.Option("--labels-from-folders", metavar="FOLDER", help="Folders are labels: FOLDER/<label>/<file>."),
    ] = None,
    labels_file: LabelsFile = None,
    documents: Documents = None,
    from_index: Annotated[
        bool, typer.Option("--from-index", help="Learn from the labels that people stated; also beside the others.")
    ] = False,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", help="Train on stated labels whenever enough came, and use what is shown to be better; goes on."
        ),
    ] = False,
    kind: Kind = "flat",
    features: Annotated[
        Literal["words", "embedding", "both"] | None,
        typer.Option(help="What is looked at; else setting classification.features."),
    ] = None,
    seed: Annotated[int, typer.Option(help="How documents are divided for testing.")] = 0,
) -> None:
    """Train the classifier from labelled documents or texts, and put it into use.

    Several kinds of model are compared on documents that they have not seen. A report lies beside the model.
    """
    from ray_app.ingest.training import trainer
    from ray_app.models.classification.training import plan_of
    from ray_app.models.classification.training import train as fit
    from ray_app.models.prepared import prepare_model
    from ray_app.models.registry import publish

    settings: Settings = context.obj
    _check(folder, labels_file, documents, settings, alone=from_index or watch)
    model = prepare_model(settings)
    if watch:
        from ray_app.evaluation.retraining import watch as go_on

        go_on(settings, model, _say)
    _say("reading and embedding the labelled documents")
    labelled = _read(folder, labels_file, documents, settings, model, kind, from_index=from_index)
    for ref, failure in labelled.failures:
        _say(f"left out {ref.path}: {failure.reason}")
    trained = fit(
        labelled.examples,
        embedding=model.manifest.fingerprint,
        plan=plan_of(settings.classification, features=features, seed=seed),
        run=trainer(len(labelled.examples.texts), settings),
        say=_say,
    )
    _tell(trained.classifier.manifest)
    typer.echo(f"report: {publish(trained, settings) / 'report.html'}")


def read_labelled(
    labels_file: Path, documents: str | None, settings: Settings, model: PreparedModel, kind: Kind
) -> Labelled:
    """Examples of a labels file."""
    from ray_app.ingest.labelled import read_labels_file

    return read_labels_file(documents, labels_file, settings, model, threads=os.cpu_count() or 1, kind=kind)


def _check(
    folder: str | None, labels_file: Path | None, documents: str | None, settings: Settings, *, alone: bool
) -> None:
    """Before the seconds that the model takes."""
    from ray_app.sources import root_of

    if (folder and (labels_file or documents)) or not (folder or labels_file or alone):
        raise ConfigurationError(
            "give either --labels-from-folders, or --labels-file with --documents (or with texts of its own), or "
            "--from-index"
        )
    if folder or documents:
        root_of(folder or documents or "", settings.sources)


def _read(
    folder: str | None,
    labels_file: Path | None,
    documents: str | None,
    settings: Settings,
    model: PreparedModel,
    kind: Kind,
    *,
    from_index: bool,
) -> Labelled:
    from ray_app.ingest.labelled import read_folders, read_index, together

    stated = read_index(settings, kind=kind, at_least=1 if labels_file or folder else 3) if from_index else None
    if labels_file:
        given = read_labelled(labels_file, documents, settings, model, kind)
    elif folder:
        given = read_folders(folder, settings, model, threads=os.cpu_count() or 1, kind=kind)
    else:
        assert stated
        return stated
    return together(given, stated) if stated else given


def _tell(manifest: ClassifierManifest) -> None:
    typer.echo(
        f"classifier {manifest.version}: {manifest.documents} documents, {len(manifest.labels)} labels, "
        f"{', '.join(sorted({one.chosen for one in manifest.decisions}))}; "
        f"held out: accuracy {manifest.accuracy:.2f}, macro-F1 {manifest.macro_f1:.2f}, "
        f"calibration error {manifest.expected_calibration_error:.3f}; "
        f"sure of {manifest.sure.share:.0%}, of which {manifest.sure.precision:.0%} are right"
    )
    for language, own in manifest.own.items():
        typer.echo(
            f"  of its own for {language}: {own.documents} documents, accuracy {own.accuracy:.2f}, macro-F1 "
            f"{own.macro_f1:.2f}, calibration error {own.expected_calibration_error:.3f}"
        )
    for label, score in manifest.labels.items():
        typer.echo(f"  {label:<20} {score.documents:>5} documents   F1 {score.f1:.2f}")


def _say(line: str) -> None:
    typer.echo(line, err=True)
