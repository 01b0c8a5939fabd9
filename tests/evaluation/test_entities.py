"""`ray-app evaluate entities`: what is read, what is counted, what is said."""

from __future__ import annotations

import gzip
import json
import os

import pytest

from ray_app.errors import ConfigurationError
from ray_app.evaluation.annotated import find_annotated, read_annotated
from ray_app.evaluation.entities import Counts, evaluate_entities, figures, measurable
from ray_app.records import Mention
from tests.conftest import run_cli

IOB2 = """# newdoc id = d
# sent_id = d-1
# text = Ida Lund left Tampa, Ohio.
1\tIda\tB-PER\t-\t-
2\tLund\tI-PER\t-\t-
3\tleft\tO\t-\t-
4\tTampa\tB-LOC\t-\t-
5\t,\tO\t-\t-
6\tOhio\tB-LOC\t-\t-
7\t.\tO\t-\t-

# sent_id = d-2
1\tBye\tO\t-\t-
"""


class Capitalised:
    """Takes every word with a capital for a person."""

    method = "capitals"

    def find(self, texts):
        return [
            [
                Mention("person", 1, text.index(word), text.index(word) + len(word), word, 0.5, self.method)
                for word in text.split()
                if word.istitle()
            ]
            for text in texts
        ]


def silent(line):
    pass


def write_presidio(path, *rows):
    """A row is a text and its spans: a label and the words that it is put on."""
    made = [
        {
            "full_text": text,
            "spans": [
                {
                    "entity_type": label,
                    "start_position": text.index(words),
                    "end_position": text.index(words) + len(words),
                }
                for label, words in spans
            ],
        }
        for text, spans in rows
    ]
    path.write_text(json.dumps(made))


@pytest.fixture
def presidio(tmp_path):
    path = tmp_path / "letters.json"
    write_presidio(
        path,
        ("mail me: a@b.dk or c@d.dk", [("EMAIL_ADDRESS", "a@b.dk"), ("EMAIL_ADDRESS", "c@d.dk")]),
        ("mail me at e@f.dk, Bo", [("PERSON", "Bo"), ("TITLE", "me")]),  # the address is not marked
        ("the phone of nobody is 12", [("PHONE_NUMBER", "12")]),
    )
    return path


def test_sentences_of_tokens_become_texts_with_spans(tmp_path):
    (tmp_path / "some.iob2").write_text(IOB2)
    read = read_annotated(tmp_path / "some.iob2")
    assert [text.text for text in read.texts] == ["Ida Lund left Tampa, Ohio.", "Bye"]
    assert read.texts[0].spans == {("person", 0, 8), ("place", 14, 19), ("place", 21, 25)}
    assert read.texts[1].spans == frozenset()


def test_numbers_that_a_validator_judges_are_told_what_they_are(tmp_path):
    rows = [
        {"text": "070761-4285", "accepted_by_test": True},
        {"text": "070761-42", "accepted_by_test": False},
        {"text": "1"},
    ]
    with gzip.open(tmp_path / "cpr.jsonl.gz", "wt") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
    read = read_annotated(tmp_path / "cpr.jsonl.gz")
    assert [(text.text, set(text.spans)) for text in read.texts] == [
        ("CPR-nr. 070761-4285", {("dk.cpr", 8, 19)}),
        ("CPR-nr. 070761-42", set()),
    ]


def test_spans_count_by_kind_and_over_all(presidio):
    (texts,) = measurable([read_annotated(presidio)], None, silent)
    measured = evaluate_entities(texts, None, silent)
    assert measured.counts == {"email": Counts(right=2, wrong=1, missed=0), "phone": Counts(missed=1)}
    assert measured.exact["email"] == {"0": 1.0, "1": 0.0, "2": 1.0}
    result = figures([measured, measured])
    assert result["email"] == {"precision": pytest.approx(2 / 3), "recall": 1.0, "f1": 0.8, "spans": 4}
    assert result["micro"] == pytest.approx({"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3, "spans": 6})


def test_names_are_measured_where_something_finds_them(tmp_path, presidio):
    (tmp_path / "some.iob2").write_text(IOB2)
    both = [read_annotated(presidio), read_annotated(tmp_path / "some.iob2")]
    heard = []
    assert [one.name for one in measurable(both, None, heard.append)] == ["letters"]
    assert heard[0].startswith("some is left out")
    assert measurable(both, Capitalised(), silent) == both
    measured = evaluate_entities(both[1], Capitalised(), silent)
    assert measured.counts["person"] == Counts(right=0, wrong=5, missed=1)
    with pytest.raises(ConfigurationError, match="some: nothing in it can be measured"):
        measurable(both[1:], None, silent)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "[{}]", "not laid out as its suffix says"),
        ("a.json", "[]", "holds no texts"),
        ("a.iob2", "# text = other words\n1\tIda\tB-PER\n", "not laid out as its suffix says"),
        ("a.jsonl", '{"text": 1}\n3\n', "not laid out as its suffix says"),
        ("a.txt", "", "is none of"),
        ("a.json.gz", "[]", "not laid out"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(ConfigurationError, match=message):
        read_annotated(tmp_path / name)


def test_a_run_is_compared_with_one_before(presidio, tmp_path):
    alone = {**os.environ, "RAY_APP_DATA_DIR": str(tmp_path / "data"), "PYTHONWARNINGS": "ignore"}
    saved = tmp_path / "run.saved"
    done = run_cli("evaluate", "entities", str(presidio), "--json", "--save", str(saved), environment=alone)
    assert json.loads(done.stdout)["email"]["recall"] == 1.0
    again = run_cli("evaluate", "entities", str(tmp_path), "--against", str(saved), environment=alone)
    assert again.stdout.splitlines()[0].split() == ["precision", "recall", "f1", "spans"]
    assert again.stdout.splitlines()[1].split() == ["email", "0.667", "1.000", "0.800", "2"]
    assert "letters, email exact: +0.0000 over 3 queries, p = 1.000" in again.stdout
    with pytest.raises(ConfigurationError, match="no folder with"):
        find_annotated(tmp_path / "nothing")


def test_the_shared_sets_are_found_nearly_whole(shared_data):
    folder = shared_data / "E_pii_ner"
    least = {
        "cpr": {"dk.cpr": 0.99},
        "phone": {"phone": 0.99},
        "presidio/generated_large.json": {"phone": 0.95, "iban": 0.99, "card": 0.99, "email": 0.99},
    }
    for name, wanted in least.items():
        texts = measurable([read_annotated(one) for one in find_annotated(folder / name)], None, silent)
        result = figures([evaluate_entities(one, None, silent) for one in texts])
        assert {kind: result[kind]["f1"] >= f1 for kind, f1 in wanted.items()} == dict.fromkeys(wanted, True)
