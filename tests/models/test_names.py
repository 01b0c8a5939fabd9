from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ray_app.errors import ConfigurationError, ModelError
from ray_app.models.ner import open_name_finder
from ray_app.models.ner.build import held_out, scores_of
from ray_app.models.ner.manifest import DEFAULT_FOLDER, MANIFEST, WEIGHTS, load_default
from ray_app.settings.names import NamesSettings

DANISH = Path(__file__).parent / "ner_da.jsonl"
KINDS = {"person", "organisation", "place"}
LETTER = "Kære Rasmus\n\nMette Brandstrup fra Grenholm Skibsværft A/S kommer til Frederikshavn på tirsdag.\n"


@pytest.fixture(scope="module")
def finder():
    return open_name_finder(NamesSettings())


def names(finder, text):
    return [(one.kind, one.value) for one in finder.find([text])[0]]


def test_people_organisations_and_places_are_found_in_danish(finder):
    assert names(finder, LETTER) == [
        ("person", "Rasmus"),
        ("person", "Mette Brandstrup"),
        ("organisation", "Grenholm Skibsværft A/S"),
        ("place", "Frederikshavn"),
    ]


def test_people_organisations_and_places_are_found_in_english(finder):
    assert names(finder, "Sarah Miller joined Northern Energy Ltd in Manchester last year.") == [
        ("person", "Sarah Miller"),
        ("organisation", "Northern Energy Ltd"),
        ("place", "Manchester"),
    ]


def test_a_mention_tells_its_place_its_model_and_how_sure_it_is(finder):
    first, *_ = finder.find(["Kontakt: Anna Sørensen"])[0]
    assert (first.page, first.start, first.end, first.found_by) == (1, 9, 22, finder.name)
    assert 0.5 <= first.confidence <= 1


def test_the_value_of_a_name_across_lines_has_one_blank(finder):
    text = "Vi har i dag modtaget en længere skrivelse fra direktør Anders\nJohansen om den nye kontrakt."
    found = next(one for one in finder.find([text])[0] if one.kind == "person")
    assert text[found.start : found.end] == "Anders\nJohansen"
    assert found.value == "Anders Johansen"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\n\t",
        "BETALINGSBETINGELSER",
        "Terms and Conditions",
        "3. Opsigelse og varsel",
        "| Varenr. | Antal | Pris |\n|---|---|---|\n| 17-204 | 3 | 1.250,00 |",
        "def load(path):\n    return open(path).read()",
        "Levering sker inden for 14 dage. Betaling sker netto 30 dage.",
        "See https://example.org/Peter/Hansen or mail peter.hansen@example.org",
    ],
)
def test_headings_tables_code_and_addresses_hold_no_names(finder, text):
    assert names(finder, text) == []


def test_columns_part_names(finder):
    found = names(finder, "Ansvarlig        Frist\nMette Jensen     Fredag\nPeter Holm    Nedlæggelse af konti")
    assert [value for kind, value in found if kind == "person"] == ["Mette Jensen", "Peter Holm"]


def test_the_same_text_gives_the_same_mentions_alone_and_among_others(finder):
    alone = finder.find([LETTER])[0]
    assert finder.find(["Intet her.", LETTER, ""])[1] == alone
    assert open_name_finder(NamesSettings()).find([LETTER])[0] == alone


def test_a_very_long_text_has_the_names_of_its_paragraphs_each_at_its_place(finder):
    """It is worked on in pieces: their number must not show."""
    paragraphs = 1 + 1_200_000 // len(LETTER + "\n")
    text = (LETTER + "\n") * paragraphs
    found = finder.find([text])[0]
    assert [(one.kind, one.value) for one in found] == names(finder, LETTER) * paragraphs
    assert all(" ".join(text[one.start : one.end].split()) == one.value for one in found)


def test_names_that_are_not_sure_enough_are_left_out():
    everything = open_name_finder(NamesSettings(min_confidence=0)).find([LETTER * 3])[0]
    strict = open_name_finder(NamesSettings(min_confidence=0.9)).find([LETTER * 3])[0]
    assert strict == [one for one in everything if one.confidence >= 0.9]


@given(st.text(max_size=400))
@settings(max_examples=150, deadline=None)
def test_spans_lie_in_the_text_in_order_and_apart(finder, text):
    found = finder.find([text])[0]
    assert {one.kind for one in found} <= KINDS
    assert all(one.value == " ".join(text[one.start : one.end].split()) != "" for one in found)
    edges = [edge for one in found for edge in (one.start, one.end)]
    assert edges == sorted(edges)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "A" * 1_000_000,
        "a-" * 500_000,
        "." * 300_000,
        "J. " * 100_000,
        "Mette " * 50_000,
        "\n" * 1_000_000,
        "@" * 300_000,
        "\ud800 Mette \x00 Hansen",
    ],
    ids=["letters", "capitals", "hyphens", "dots", "initials", "one name", "lines", "ats", "no characters"],
)
def test_hostile_text_takes_no_more_than_its_length_allows(finder, text):
    start = time.process_time()
    finder.find([text])
    assert time.process_time() - start < 30


def test_off_finds_nothing():
    assert names(open_name_finder(NamesSettings(model="off")), LETTER) == []


def test_the_manifest_says_what_the_model_was_made_of():
    _, manifest = load_default(DEFAULT_FOLDER)
    assert manifest.licence == "CC BY-SA 4.0"
    assert {one.use.split(",")[0] for one in manifest.data} == {"training", "held out"}
    assert manifest.scores["danish-hand-made"].kinds["all"].names == sum(
        len(json.loads(line)["names"]) for line in DANISH.read_text(encoding="utf-8").splitlines()
    )


def test_the_manifests_scores_can_be_reproduced(shared_data):
    weights, manifest = load_default(DEFAULT_FOLDER)
    for name, texts in held_out(shared_data / "E_pii_ner", DANISH).items():
        again = scores_of(weights, texts)
        for kind, score in manifest.scores[name].kinds.items():
            assert again.kinds[kind].f1 == pytest.approx(score.f1, abs=0.005), (name, kind)
        assert again.calibration_error == pytest.approx(manifest.scores[name].calibration_error, abs=0.01)


def test_the_danish_scores_can_be_reproduced():
    from ray_app.models.ner.corpus import read_jsonl

    weights, manifest = load_default(DEFAULT_FOLDER)
    assert scores_of(weights, read_jsonl(DANISH)).kinds["all"].f1 == pytest.approx(
        manifest.scores["danish-hand-made"].kinds["all"].f1, abs=0.005
    )


def test_damaged_weights_are_refused(tmp_path):
    (tmp_path / MANIFEST).write_bytes((DEFAULT_FOLDER / MANIFEST).read_bytes())
    (tmp_path / WEIGHTS).write_bytes((DEFAULT_FOLDER / WEIGHTS).read_bytes()[:-1])
    with pytest.raises(ModelError, match="not those that the manifest describes"):
        load_default(tmp_path)


def test_a_model_that_is_not_known_is_refused():
    with pytest.raises(ValidationError):
        NamesSettings(model="bert")


def test_a_transformers_model_that_is_not_there_says_what_to_do(tmp_path):
    with pytest.raises(ConfigurationError, match="name its folder"):
        open_name_finder(NamesSettings(model=f"transformers:{tmp_path / 'none'}"))
