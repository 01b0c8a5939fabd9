"""The report that lies beside a classifier: one page of HTML for people, without scripts or anything from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ray_app.models.classification.manifest import ClassifierManifest
from ray_app.models.classification.scores import Doubt, HeldOut

# More labels than this make no matrix that anybody reads: the commonest confusions are listed alone.
_MATRIX = 30
_CONFUSIONS = 40
# Pixels of a diagram's drawing area.
_SIDE = 260


@dataclass(frozen=True, slots=True)
class Findings:
    """What is for people only: held-out answers, doubtful documents, macro-F1 by documents learnt from."""

    held_out: HeldOut
    doubts: list[Doubt]
    curve: list[tuple[int, float]]


class Confusion(NamedTuple):
    """So many documents of a label were given another one."""

    given: str
    told: str
    documents: int


class Dot(NamedTuple):
    """A point of a diagram in pixels from its top left corner, and what it says."""

    x: float
    y: float
    note: str


def write_report(manifest: ClassifierManifest, findings: Findings) -> str:
    """The page; names and labels are escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("ray_app.models.classification", ""),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    matrix = _matrix(findings.held_out)
    return environment.get_template("report.html.jinja").render(
        manifest=manifest,
        matrix=matrix if len(manifest.labels) <= _MATRIX else [],
        most=max((count for row in matrix for count in row), default=0),
        confusions=_confusions(findings.held_out, matrix),
        reliability=_reliability(manifest),
        curve=_curve(findings.curve),
        doubts=findings.doubts,
        side=_SIDE,
    )


def _matrix(held_out: HeldOut) -> list[list[int]]:
    """Documents by given label (rows) and label told (columns); none where a document may have several."""
    if held_out.each:
        return []
    count = np.zeros((len(held_out.labels), len(held_out.labels)), int)
    np.add.at(count, (held_out.truth.argmax(axis=1), held_out.told.argmax(axis=1)), 1)
    found: list[list[int]] = count.tolist()
    return found


def _confusions(held_out: HeldOut, matrix: list[list[int]]) -> list[Confusion]:
    names = held_out.labels
    found = [
        Confusion(names[given], names[told], count)
        for given, row in enumerate(matrix)
        for told, count in enumerate(row)
        if count and given != told
    ]
    return sorted(found, key=lambda one: (-one.documents, one.given, one.told))[:_CONFUSIONS]


def _reliability(manifest: ClassifierManifest) -> list[Dot]:
    return [
        Dot(
            one.confidence * _SIDE,
            (1 - one.accuracy) * _SIDE,
            f"{one.answers} answers, told {one.confidence:.2f}, right {one.accuracy:.2f}",
        )
        for one in manifest.reliability
    ]


def _curve(points: list[tuple[int, float]]) -> list[Dot]:
    most = max(documents for documents, _ in points)
    return [
        Dot(documents / most * _SIDE, (1 - f1) * _SIDE, f"{documents} documents, macro-F1 {f1:.3f}")
        for documents, f1 in points
    ]
