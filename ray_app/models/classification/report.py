"""The report that lies beside a classifier: one page of HTML for people, without scripts or anything from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ray_app.models.classification.manifest import ClassifierManifest, Confusion, CurvePoint
from ray_app.models.classification.scores import Doubt

# More labels than this make no matrix that anybody reads: the commonest confusions are listed alone.
_MATRIX = 30
_CONFUSIONS = 40
# Pixels of a diagram's drawing area.
_SIDE = 260


class Dot(NamedTuple):
    """A point of a diagram in pixels from its top left corner, and what it says."""

    x: float
    y: float
    note: str


def write_report(manifest: ClassifierManifest, doubts: Sequence[Doubt]) -> str:
    """The page; names and labels are escaped. The doubtful documents stand nowhere else: a manifest names none."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("ray_app.models.classification", ""),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    matrix = _matrix(manifest)
    return environment.get_template("report.html.jinja").render(
        manifest=manifest,
        matrix=matrix if len(manifest.labels) <= _MATRIX else [],
        most=max((count for row in matrix for count in row), default=0),
        confusions=_confusions(manifest),
        reliability=_reliability(manifest),
        curve=_curve(manifest.learning_curve),
        doubts=doubts,
        side=_SIDE,
    )


def _matrix(manifest: ClassifierManifest) -> list[list[int]]:
    """Documents by given label (rows) and label told (columns); none where a document may have several."""
    if not manifest.confusions:
        return []
    count = {(one.given, one.told): one.documents for one in manifest.confusions}
    return [[count.get((given, told), 0) for told in manifest.labels] for given in manifest.labels]


def _confusions(manifest: ClassifierManifest) -> list[Confusion]:
    found = [one for one in manifest.confusions if one.given != one.told]
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


def _curve(points: Sequence[CurvePoint]) -> list[Dot]:
    most = max(one.documents for one in points)
    return [
        Dot(
            one.documents / most * _SIDE,
            (1 - one.macro_f1) * _SIDE,
            f"{one.documents} documents, macro-F1 {one.macro_f1:.3f}",
        )
        for one in points
    ]
