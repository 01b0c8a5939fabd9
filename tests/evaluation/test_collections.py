"""Judged collections as they are read: what is in them, and what is said of a wrong one."""

from __future__ import annotations

import gzip

import pytest

from ray_app.errors import ConfigurationError
from ray_app.evaluation.collections import find_collections, read_collection

CORPUS = '{"_id": "d1", "title": "Lease", "text": "The lease ends in May."}\n{"_id": "d2", "text": "Bread is baked."}\n'
QUERIES = '{"_id": "q1", "text": "end of the lease"}\n{"_id": "q2", "text": "nobody knows"}\n'
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td2\t0\n"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "tiny"
    made.mkdir()
    with gzip.open(made / "corpus.jsonl.gz", "wt", encoding="utf-8") as corpus:
        corpus.write(CORPUS)
    (made / "queries.jsonl").write_text(QUERIES)
    (made / "qrels.tsv").write_text(QRELS)
    return made


def test_documents_queries_and_judgements_are_read_packed_or_not(folder):
    judged = read_collection(folder)
    assert judged.documents == {"d1": ("Lease", "The lease ends in May."), "d2": ("", "Bread is baked.")}
    assert judged.queries == {"q1": "end of the lease"}, "nothing answers the other"
    assert judged.answers == {"q1": {"d1": 2, "d2": 0}}


def test_a_folder_of_collections_and_one_alone_are_found(folder):
    assert find_collections(folder) == find_collections(folder.parent) == [folder]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("queries.jsonl", '{"_id": "q1"}\n', "queries.jsonl, line 1 has no text in text"),
        ("queries.jsonl", '\n["q1"]\n', "queries.jsonl, line 2 is no JSON object"),
        ("qrels.tsv", "heading\nq1\td1\tyes\n", "qrels.tsv, line 2"),
        ("qrels.tsv", "heading\nq9\td1\t1\n", "no query of queries.jsonl is answered"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(folder, name, text, said):
    (folder / name).write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        read_collection(folder)


def test_a_missing_file_is_named(folder):
    (folder / "qrels.tsv").unlink()
    with pytest.raises(ConfigurationError, match=r"has no qrels\.tsv"):
        read_collection(folder)
    with pytest.raises(ConfigurationError, match="holds no collection"):
        find_collections(folder / "nothing")
