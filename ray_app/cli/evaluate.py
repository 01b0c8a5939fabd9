"""`ray-app evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

import typer

from ray_app.errors import ConfigurationError
from ray_app.settings import Settings

app = typer.Typer(help="How good the results are on judged collections.", no_args_is_help=True)

_MODES = ("lexical", "dense", "hybrid")
# By collection, by mode, by measure, by query: what --save writes.
Run = dict[str, dict[str, dict[str, dict[str, float]]]]


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
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the figures of each query here.")] = None,
    against: Annotated[Path | None, typer.Option(metavar="FILE", help="Compare with what --save wrote.")] = None,
) -> None:
    """Retrieval by words, by meaning, and by both: nDCG@10, recall@100, and the mean reciprocal rank."""
    from ray_app.evaluation.collections import find_collections, read_collection
    from ray_app.evaluation.retrieval import evaluate_retrieval

    settings: Settings = context.obj
    before = _read(against) if against else None
    judged = [read_collection(folder) for folder in find_collections(path)]
    run: Run = {}
    means = {}
    for one in judged:
        measured = evaluate_retrieval(one, settings, lambda line: typer.echo(line, err=True))
        run[one.name] = {mode: dict(figures) for mode, figures in measured.figures.items()}
        means[one.name] = {mode: dict(figures) for mode, figures in measured.means().items()}
    if save:
        save.write_text(json.dumps(run), encoding="utf-8")
    result: dict[str, Any] = dict(_overall(means))
    if len(means) > 1:
        result["collections"] = means
    if before:
        result["against"] = _compared(before, run)
    typer.echo(json.dumps(result) if as_json else "\n".join(_table(means, result)))


def _overall(means: dict[str, Any]) -> dict[str, dict[str, float]]:
    """The mean over the collections, each counting once."""
    measures = next(iter(means.values()))["hybrid"]
    return {mode: {name: fmean(of[mode][name] for of in means.values()) for name in measures} for mode in _MODES}


def _table(means: dict[str, Any], result: dict[str, Any]) -> list[str]:
    measures = list(result["hybrid"])
    width = max(map(len, [*means, "mean"])) + 2
    lines = [" " * width + "".join(f"{f'{mode} {name}':>20}" for name in measures for mode in _MODES)]
    rows = dict(means) | ({"mean": result} if len(means) > 1 else {})
    for name, row in rows.items():
        cells = (f"{row[mode][measure]:>20.3f}" for measure in measures for mode in _MODES)
        lines.append(f"{name:<{width}}" + "".join(cells))
    for one in result.get("against", ()):
        lines.append(
            f"{one['collection']}, {one['mode']} {one['measure']}: {one['difference']:+.4f} "
            f"over {one['queries']} queries, p = {one['p']:.3f}"
        )
    return lines


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
