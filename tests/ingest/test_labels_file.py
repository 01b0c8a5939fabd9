"""Labels from files and folders: every form says the same, and what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ray_app.errors import ConfigurationError, SourceError
from ray_app.ingest.labelled import read_folders, read_labels_file
from ray_app.ingest.labels_file import LabelRow, read_labels
from ray_app.settings import SourceSettings

ROWS = [{"file": "a/1.txt", "label": "x; y"}, {"file": "2.txt", "label": "x"}]
SEVERAL = [LabelRow("a/1.txt", "", ("x", "y")), LabelRow("2.txt", "", ("x",))]


def written(folder, rows, form):
    path = folder / f"labels.{form}"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif form == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        path.write_text("\ufefffile,label\n" + "".join(f"{row['file']},{row['label']}\n" for row in rows))
    return path


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_every_form_says_the_same(tmp_path, form):
    path = written(tmp_path, ROWS, form)
    assert read_labels(path, "multi") == SEVERAL
    assert read_labels(path, "flat")[0].labels == ("x; y",)


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_several_labels_may_be_a_list_or_none(tmp_path, form):
    rows = [{"text": "one", "labels": ["y", "x", "x"]}, {"text": "two", "labels": []}]
    path = written(tmp_path, rows, form)
    assert read_labels(path, "multi") == [LabelRow("", "one", ("x", "y")), LabelRow("", "two", ())]
    with pytest.raises(ConfigurationError, match="row 1 must have one label"):
        read_labels(path, "flat")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"text": "a"}', "row 1 must have one label"),
        ('{"text": "a", "file": "b", "label": "c"}', "row 1 must have either a file or a text"),
        ('{"text": "a", "label": "c"}\n{"file": "b", "label": "c"}', "rows with a file and rows with a text"),
        ("[1]", "row 1 is no object"),
        ("nonsense", "cannot be read as csv, jsonl or parquet"),
        ("", "holds no rows"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, content, message):
    path = tmp_path / "labels.jsonl"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=message):
        read_labels(path, "flat")


@pytest.mark.parametrize("name", ["labels.csv", "labels.parquet"])
def test_bytes_that_are_no_table_are_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"\xff\xfe\x00binary")
    with pytest.raises(ConfigurationError, match="cannot be read as csv, jsonl or parquet"):
        read_labels(tmp_path / name, "flat")


@pytest.fixture
def archive(tmp_path):
    for name in ("finance/invoice/may.txt", "finance/invoice/june.txt", "finance/audit/report.txt", "top.txt"):
        path = tmp_path / "archive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"This is the document {name}, which somebody filed there in spring.")
    return tmp_path / "archive"


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("flat", {"finance"}),
        ("hierarchy", {"finance/invoice", "finance/audit"}),
    ],
)
def test_folders_are_labels_or_paths(archive, settings, model, kind, labels):
    examples = read_folders(str(archive), settings, model, threads=1, kind=kind).examples
    assert {label for (label,) in examples.labels} == labels
    assert sorted(examples.titles) == ["june", "may", "report"]
    assert examples.languages == ["en", "en", "en"]
    assert examples.vectors.shape == (3, 384)


def test_texts_need_no_folder_and_copies_are_one_group(tmp_path, settings, model):
    rows = [{"text": "Pay this bill", "label": "a"}, {"text": "pay this bill!", "label": "b"}]
    path = written(tmp_path, rows, "jsonl")
    examples = read_labels_file(None, path, settings, model, threads=1).examples
    assert (examples.names, examples.groups.tolist()) == (["row 1", "row 2"], [0, 0])


def test_files_need_a_folder_that_holds_them(tmp_path, archive, settings, model):
    path = written(tmp_path, ROWS, "csv")
    with pytest.raises(ConfigurationError, match="say with --documents in which folder"):
        read_labels_file(None, path, settings, model, threads=1)
    with pytest.raises(ConfigurationError, match=r"2 files that .* does not hold, such as 2.txt"):
        read_labels_file(str(archive), path, settings, model, threads=1)


def test_a_labels_file_lies_where_sources_may(tmp_path, settings, model, monkeypatch):
    (tmp_path / "in").mkdir()
    outside = written(tmp_path, [{"text": "a secret of others", "label": "x"}], "jsonl")
    (tmp_path / "in" / "link.jsonl").symlink_to(outside)
    confined = settings.model_copy(update={"sources": SourceSettings(local_folders=(tmp_path / "in",))})
    monkeypatch.chdir(tmp_path)
    for path in (outside, Path("labels.jsonl"), tmp_path / "in" / "link.jsonl"):
        with pytest.raises(SourceError, match=r"sources\.local_folders"):
            read_labels_file(None, path, confined, model, threads=1)
    inside = written(tmp_path / "in", [{"text": "a text of ours", "label": "x"}], "jsonl")
    assert read_labels_file(None, inside, confined, model, threads=1).examples.texts == ["a text of ours"]
