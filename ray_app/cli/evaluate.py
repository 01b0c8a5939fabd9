"""`ray-app evaluate`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

import typer

from ray_app.errors import ConfigurationError
from ray_app.settings import Settings

app = typer.Typer(help="How good the results are on judged collections.", no_args_is_help=True)

# By collection, by mode, by measure, by query: what --save writes.
Run = dict[str, dict[str, dict[str, dict[str, float]]]]


def _writable(path: Path | None) -> Path | None:
    """Tried before hours of measuring. Raises ConfigurationError."""
    if path:
        try:
            path.open("a").close()
        except OSError as error:
            raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error
    return path


AsJson = Annotated[bool, typer.Option("--json", help="Print one line of JSON.")]
Save = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write the figures of each query or text here.", callback=_writable),
]
Against = Annotated[Path | None, typer.Option(metavar="FILE", help="Compare with what --save wrote.")]


@app.callback()
def evaluate() -> None:
    """Measure with the settings as they are: documents are indexed in a folder that is removed afterwards."""


@app.command()
def retrieval(
    context: typer.Context,
    path: Annotated[
        Path,
        typer.Argument(help="A collection (corpus.jsonl, queries.jsonl, qrels.tsv; .gz too), or a folder of such."),
    ],
    as_json: AsJson = False,
    save: Save = None,
    against: Against = None,
) -> None:
    """Retrieval by words, by meaning, and by both: nDCG@10, recall@100, and the mean reciprocal rank."""
    from ray_app.evaluation.collections import find_collections, read_collection
    from ray_app.evaluation.retrieval import evaluate_retrieval

    settings: Settings = context.obj
    before = _read(against) if against else None
    judged = [read_collection(folder) for folder in find_collections(path)]
    measured = [evaluate_retrieval(one, settings, _say) for one in judged]
    run: Run = {one.collection: {mode: dict(figures) for mode, figures in one.figures.items()} for one in measured}
    means: dict[str, Any] = {one.collection: one.means() for one in measured}
    result: dict[str, Any] = {mode: _mean([of[mode] for of in means.values()]) for mode in measured[0].figures}
    rows = {name: _flat(row) for name, row in _with_mean(means, result).items()}
    _tell(result, means, rows, run, before, save, as_json=as_json)


@app.command()
def classification(
    context: typer.Context,
    path: Annotated[
        Path,
        typer.Argument(help="A .jsonl file of texts with label and split (train, test); .gz too. Or a folder of such."),
    ],
    as_json: AsJson = False,
    save: Save = None,
    against: Against = None,
) -> None:
    """Classification: `ray-app train` learns from one part of the texts and is asked about the other.

    Accuracy, macro-F1, expected calibration error, and the share, the surest first, of which 95 % are right.
    """
    from ray_app.evaluation.classification import evaluate_classification, find_texts, read_texts

    settings: Settings = context.obj
    before = _read(against) if against else None
    texts = [read_texts(one) for one in find_texts(path)]
    measured = [evaluate_classification(one, settings, _say) for one in texts]
    run: Run = {one.collection: {"classifier": {"accuracy": one.correct}} for one in measured}
    figures = {one.collection: one.figures for one in measured}
    result = _mean(list(figures.values()))
    _tell(result, figures, _with_mean(figures, result), run, before, save, as_json=as_json)


@app.command()
def entities(
    context: typer.Context,
    path: Annotated[
        Path,
        typer.Argument(
            help="Annotated texts: Presidio's .json, .jsonl with CPR or telephone numbers, .iob2; .gz too. "
            "Or a folder of such."
        ),
    ],
    as_json: AsJson = False,
    save: Save = None,
    against: Against = None,
) -> None:
    """Identifiers and names in annotated texts: precision, recall and F1 of spans by kind, and over all (micro)."""
    from ray_app.evaluation.annotated import find_annotated, read_annotated
    from ray_app.evaluation.entities import evaluate_entities, figures, measurable
    from ray_app.models.ner import open_name_finder

    settings: Settings = context.obj
    names = open_name_finder(settings.names)
    before = _read(against) if against else None
    texts = measurable([read_annotated(one) for one in find_annotated(path)], names, _say)
    measured = [evaluate_entities(one, names, _say) for one in texts]
    run: Run = {one.collection: {kind: {"exact": of} for kind, of in one.exact.items()} for one in measured}
    collections = {one.collection: figures([one]) for one in measured}
    result = figures(measured)
    rows = {f"{name} {kind}": row for name, of in collections.items() for kind, row in of.items()}
    _tell(result, collections, rows | result if len(measured) > 1 else result, run, before, save, as_json=as_json)


@app.command()
def language(
    context: typer.Context,
    path: Annotated[
        Path, typer.Argument(help="A .jsonl file of texts with language (ISO 639-1); .gz too. Or a folder of such.")
    ],
    as_json: AsJson = False,
    save: Save = None,
    against: Against = None,
) -> None:
    """Languages told from texts: accuracy, macro-F1, the share that is told, and how much of that is right."""
    from ray_app.evaluation.classification import find_texts
    from ray_app.evaluation.language import evaluate_language

    settings: Settings = context.obj
    before = _read(against) if against else None
    measured = [evaluate_language(one, settings.languages) for one in find_texts(path)]
    run: Run = {one.collection: {"language": {"accuracy": one.correct}} for one in measured}
    figures = {one.collection: one.figures for one in measured}
    rows = _with_mean(figures, _mean(list(figures.values())))
    result = {**_mean(list(figures.values())), "f1": {one.collection: one.by_language for one in measured}}
    _tell(result, figures, rows, run, before, save, as_json=as_json)


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _tell(
    result: Mapping[str, Any],
    collections: Mapping[str, Any],
    rows: dict[str, dict[str, float]],
    run: Run,
    before: Run | None,
    save: Path | None,
    *,
    as_json: bool,
) -> None:
    """Prints the figures: the rows as a table, or one line with the result over all collections first."""
    if save:
        save.write_text(json.dumps(run), encoding="utf-8")
    differences = _compared(before, run) if before else []
    if as_json:
        more = ({"collections": collections} if len(collections) > 1 else {}) | (
            {"against": differences} if before else {}
        )
        typer.echo(json.dumps({**result, **more}))
        return
    typer.echo("\n".join(_table(rows)))
    for one in differences:
        typer.echo(
            f"{one['collection']}, {one['mode']} {one['measure']}: {one['difference']:+.4f} "
            f"over {one['queries']} queries, p = {one['p']:.3f}"
        )


def _mean(figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Over the collections, each counting once."""
    return {name: fmean(one[name] for one in figures) for name in figures[0]}


def _with_mean(collections: Mapping[str, Any], mean: Any) -> dict[str, Any]:
    """A mean of one says nothing."""
    return {**collections, "mean": mean} if len(collections) > 1 else dict(collections)


def _flat(row: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Measure by measure, so that the modes stand side by side."""
    measures = next(iter(row.values()))
    return {f"{mode} {measure}": of[measure] for measure in measures for mode, of in row.items()}


def _table(rows: dict[str, dict[str, float]]) -> list[str]:
    names = list(next(iter(rows.values())))
    first = max(map(len, rows)) + 2
    widths = {name: max(len(name), len("0.000")) + 2 for name in names}
    return [
        " " * first + "".join(f"{name:>{widths[name]}}" for name in names),
        *(
            f"{row:<{first}}" + "".join(f"{_figure(of[name]):>{widths[name]}}" for name in names)
            for row, of in rows.items()
        ),
    ]


def _figure(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _compared(before: Run, run: Run) -> list[dict[str, Any]]:
    from ray_app.evaluation.significance import compare

    differences = []
    for collection, modes in run.items():
        for mode, measures in modes.items():
            for measure, figures in measures.items():
                old = before.get(collection, {}).get(mode, {}).get(measure, {})
                if not set(old) & set(figures):
                    continue
                found = compare(old, figures)
                differences.append(
                    {"collection": collection, "mode": mode, "measure": measure, "queries": found.queries,
                     "difference": found.difference, "p": found.p}
                )  # fmt: skip
    return differences


def _read(path: Path) -> Run:
    try:
        run: Run = json.loads(path.read_text(encoding="utf-8"))
        assert all(isinstance(one, dict) for one in run.values())
    except (OSError, ValueError, AttributeError, AssertionError) as error:
        raise ConfigurationError(f"{path} holds no figures that --save wrote ({error!r})") from error
    return run
