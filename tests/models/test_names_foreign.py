from __future__ import annotations

import sys

import pytest

from ray_app.errors import ConfigurationError
from ray_app.models.ner import open_name_finder
from ray_app.models.ner.foreign import kind_of_label, pieces
from ray_app.settings.names import NamesSettings

LABELS = ["O", "B-PER", "I-PER", "B-ORG", "B-LOC"]
TEXT = "Ada met Bob.\n\nThe office of Acme is in Odense."


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """A spaCy pipeline that knows four names."""
    spacy = pytest.importorskip("spacy")
    folder = tmp_path_factory.mktemp("spacy") / "names"
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(
        [
            {"label": "PERSON", "pattern": "Ada"},
            {"label": "ORG", "pattern": "Acme"},
            {"label": "GPE", "pattern": "Odense"},
            {"label": "DATE", "pattern": "today"},
        ]
    )
    nlp.to_disk(folder)
    return folder


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    """A token classifier that gives every token the label of a place: its last layer says so."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("transformers")
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, "[PAD]": 1, "Odense": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]").save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=3,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
    )
    model = BertForTokenClassification(config)
    with torch.no_grad():
        model.classifier.bias.copy_(torch.tensor([0.0, 0.0, 0.0, 0.0, 5.0]))
    model.save_pretrained(folder)
    return folder


def test_a_spacy_pipeline_finds_names_at_their_places(pipeline):
    finder = open_name_finder(NamesSettings(model=f"spacy:{pipeline}"))
    found = finder.find([TEXT, ""])
    assert [(one.kind, TEXT[one.start : one.end], one.confidence) for one in found[0]] == [
        ("person", "Ada", 1.0),
        ("organisation", "Acme", 1.0),
        ("place", "Odense", 1.0),
    ]
    assert found[1] == []
    assert finder.name == "spacy:en_pipeline-0.0.0"


def test_a_spacy_pipeline_that_is_not_there_says_what_to_install():
    pytest.importorskip("spacy")
    with pytest.raises(ConfigurationError, match="python -m spacy download nowhere_sm"):
        open_name_finder(NamesSettings(model="spacy:nowhere_sm"))


def test_without_spacy_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(ConfigurationError, match="pip install spacy"):
        open_name_finder(NamesSettings(model="spacy:en_core_web_sm"))


def test_a_token_classifier_finds_names_at_their_places(classifier):
    finder = open_name_finder(NamesSettings(model=f"transformers:{classifier}", min_confidence=0.5))
    found = finder.find(["  Odense  ", ""])
    assert [(one.kind, one.start, one.end, one.value) for one in found[0]] == [("place", 2, 8, "Odense")]
    assert found[0][0].confidence > 0.5
    assert found[1] == []
    assert finder.name.startswith(f"transformers:{classifier}@")


def test_a_token_classifier_reads_long_texts_in_pieces(classifier):
    finder = open_name_finder(NamesSettings(model=f"transformers:{classifier}"))
    text = "Odense.\n\n" * 400
    found = finder.find([text])[0]
    assert all(text[one.start : one.end].split() == one.value.split() for one in found)
    assert found[-1].end > len(text) - 20


def test_a_classifier_of_other_things_is_refused(classifier, tmp_path):
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    model = AutoModelForTokenClassification.from_pretrained(classifier)
    model.config.id2label = dict(enumerate(["NOUN", "VERB", "ADJ", "ADV", "PRON"]))
    model.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(classifier).save_pretrained(tmp_path)
    with pytest.raises(ConfigurationError, match="its labels are no names: NOUN"):
        open_name_finder(NamesSettings(model=f"transformers:{tmp_path}"))


def test_labels_of_other_schemes_are_understood():
    assert [kind_of_label(label) for label in ("PER", "B-ORG", "GPE", "loc", "DATE")] == [
        "person",
        "organisation",
        "place",
        "place",
        None,
    ]


def test_pieces_cover_every_word_once():
    text = "\n\n".join(f"Paragraph {number} of a long text, with some words." for number in range(200))
    spans = list(pieces(text))
    assert max(end - start for start, end in spans) <= 1000
    assert " ".join(text[start:end] for start, end in spans).split() == text.split()
