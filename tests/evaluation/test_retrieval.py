"""`ray-app evaluate retrieval` on collections whose figures are known."""

from __future__ import annotations

import json

import pytest

from tests.conftest import run_cli

SUBJECTS = ["lease", "bread", "salinity", "vaccine", "tractor", "violin", "glacier", "mortgage"]


@pytest.fixture
def folder(tmp_path):
    """Each query has one answer, which alone holds its word; a second query's judgement names another document."""
    made = tmp_path / "tiny"
    made.mkdir()
    write(made / "corpus.jsonl", [{"_id": name, "title": "", "text": f"It is about a {name}."} for name in SUBJECTS])
    write(made / "queries.jsonl", [{"_id": "q1", "text": '"lease" -terms'}, {"_id": "q2", "text": "violin"}])
    (made / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tlease\t1\nq2\ttractor\t1\n")
    return made


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_each_way_of_searching_gets_its_figures(folder, alone, tmp_path):
    saved = tmp_path / "run.json"
    done = run_cli("evaluate", "retrieval", str(folder), "--json", "--save", str(saved), environment=alone)
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert set(found) == {"lexical", "dense", "hybrid"}
    # By words the first query finds its answer first, and the second one nothing that answers it.
    assert found["lexical"] == {"ndcg@10": 0.5, "recall@100": 0.5, "mrr": 0.5}
    # By meaning all eight documents are found.
    assert found["dense"]["recall@100"] == found["hybrid"]["recall@100"] == 1.0
    assert 0.5 < found["hybrid"]["mrr"] < 1.0
    assert json.loads(saved.read_text())["tiny"]["lexical"]["mrr"] == {"q1": 1.0, "q2": 0.0}
    again = run_cli("evaluate", "retrieval", str(folder.parent), "--against", str(saved), environment=alone)
    assert "tiny, hybrid ndcg@10: +0.0000 over 2 queries, p = 1.000" in again.stdout
    assert not (tmp_path / "data" / "index").exists()


def test_a_folder_that_is_no_collection_is_named(alone, tmp_path):
    refused = run_cli("evaluate", "retrieval", str(tmp_path), environment=alone, check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"ray-app: {tmp_path} holds no collection")
