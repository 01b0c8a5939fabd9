from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ray_app.enrichment.privacy.risk import Assessment, assess
from ray_app.findings import Counted, How, Risk, WatchMatch, WordHit
from ray_app.records import Label, Mention
from ray_app.settings.privacy import Evidence, PrivacySettings, Rule

SETTINGS = PrivacySettings()


def mention(kind, value="", start=0, page=1, confidence=0.9):
    return Mention(kind, page, start, start + 5, value or f"{kind} {start}", confidence, "rule")


def word(category, term="word", start=0, page=1):
    return WordHit(category, page, start, start + 4, term)


def match(confidence=0.9, person="p1"):
    return WatchMatch(person, 1, 0, 5, How.EXACT, confidence)


def risk(mentions=(), words=(), matches=(), labels=(), settings=SETTINGS):
    return assess(mentions, labels, words, matches, settings).risk


def people(count, step=2000):
    return [mention("person", start=number * step) for number in range(count)]


def test_risks_are_ordered():
    assert Risk.NONE < Risk.PERSONAL < Risk.SENSITIVE < Risk.HIGH
    assert sorted(["sensitive", "none", "high", "personal"], key=Risk) == ["none", "personal", "sensitive", "high"]
    assert max(Risk.HIGH, Risk.SENSITIVE) is Risk.HIGH
    assert Risk.PERSONAL <= Risk.PERSONAL >= Risk.PERSONAL


@pytest.mark.parametrize(
    ("level", "mentions", "words", "matches"),
    [
        ("none", [], [], []),
        ("none", people(1), [], []),
        ("none", [mention("organisation"), mention("phone"), mention("dk.cvr"), mention("vat")], [], []),
        ("none", [], [word("health"), word("union", "b")], []),
        ("personal", [mention("person"), mention("email", start=9000)], [], []),
        ("personal", people(3), [], []),
        ("personal", [], [], [match()]),
        ("sensitive", [mention("dk.cpr")], [], []),
        ("sensitive", [mention("se.personnummer")], [], []),
        ("sensitive", [mention("iban")], [], []),
        ("sensitive", people(1), [word("health", start=400)], []),
        ("sensitive", people(1), [word("health", start=900), word("union", "b", 4000)], []),
        ("sensitive", people(1), [word("employment", start=100)], []),
        ("none", people(1), [word("health", start=900)], []),
        ("none", people(1), [word("health", page=2)], []),
        ("high", people(1), [word("health", term, 100) for term in "abc"], []),
        ("high", [mention("dk.cpr")], [word("criminal", start=300)], []),
        ("high", [], [word("health", page=7)], [match()]),
        ("high", [mention("dk.cpr", start=100 * n) for n in range(10)], [], []),
        ("sensitive", [mention("dk.cpr", "the same", 100 * n) for n in range(10)], [], []),
        ("none", [], [word("health")], [match(confidence=0.4)]),
        ("none", [mention("dk.cpr", confidence=0.3)], [], []),
    ],
)
def test_the_default_rules(level, mentions, words, matches):
    assert risk(mentions, words, matches) == level


def test_reasons_tell_kinds_and_counts_the_weightiest_first():
    mentions = [
        mention("person", "Anna Jensen"),
        mention("email", "anna@example.com"),
        mention("dk.cpr", "0101901234", 50),
    ]
    found = assess(mentions, [], [word("health", start=20)], [], SETTINGS)
    assert [reason.risk for reason in found.reasons] == ["high", "sensitive", "sensitive", "personal"]
    assert found.reasons[0].evidence == (Counted("dk.cpr", 1), Counted("words:health", 1))
    assert found.reasons[3].text == "A person is named with contact data"


@given(st.lists(st.sampled_from(["person", "email", "dk.cpr", "card", "xx.number"]), max_size=8), st.text(min_size=6))
def test_no_personal_value_is_in_a_reason(kinds, secret):
    found = assess([mention(kind, f"<{secret}>") for kind in kinds], [], [word("health")], [match()], SETTINGS)
    assert f"<{secret}>" not in str(found)


@given(st.data())
def test_more_evidence_is_never_less_risk(data):
    kinds = st.sampled_from(["person", "email", "dk.cpr", "card", "place"])
    mentions = data.draw(st.lists(st.builds(mention, kinds, start=st.integers(0, 3000))))
    words = data.draw(st.lists(st.builds(word, st.sampled_from(["health", "finances"]), start=st.integers(0, 3000))))
    assert risk(mentions[1:], words[1:]) <= risk(mentions, words[1:]) <= risk(mentions, words)


def test_together_means_within_so_many_characters_of_one_page_whatever_the_order():
    rule = Rule(
        level="high", reason="r", all_of=(Evidence(kinds=("a",), at_least=2), Evidence(words=("w",))), within_chars=10
    )
    settings = PrivacySettings(rules=(rule,))
    far = [mention("a", start=0), mention("a", start=100)]
    assert risk(far, [word("w", start=50)], settings=settings) == "none"
    assert risk([*far, mention("a", start=91)], [word("w", start=101)], settings=settings) == "high"
    assert risk([*far, mention("a", start=90)], [word("w", start=101)], settings=settings) == "none"


def test_any_of_needs_one_of_its_alternatives_and_labels_are_of_the_whole_document():
    rule = Rule(
        level="personal",
        reason="r",
        all_of=(Evidence(kinds=("person",)),),
        any_of=(Evidence(labels=("payslip",), min_confidence=0.8), Evidence(words=("w",))),
        within_chars=10,
    )
    settings = PrivacySettings(rules=(rule,))
    payslip = [Label("payslip", 0.9, "m")]
    assert assess(people(1), payslip, [], [], settings).reasons[0].evidence == (
        Counted("label:payslip", 1),
        Counted("person", 1),
    )
    assert risk(people(1), [word("w", start=5)], settings=settings) == "personal"
    assert risk(people(1), [word("w", start=50)], labels=[Label("payslip", 0.7, "m")], settings=settings) == "none"


def test_without_rules_nothing_is_a_risk():
    assert assess(people(50), [], [], [match()], PrivacySettings(rules=())) == Assessment(Risk.NONE, ())


@pytest.mark.parametrize(
    "rule",
    [
        {"level": "high", "reason": "r"},
        {"level": "none", "reason": "r", "all_of": [{"watched": True}]},
        {"level": "high", "reason": "r", "all_of": [{}]},
        {"level": "high", "reason": "r", "all_of": [{"kinds": ["a"], "words": ["b"]}]},
    ],
)
def test_a_rule_that_says_nothing_is_refused(rule):
    with pytest.raises(ValidationError):
        PrivacySettings.model_validate({"rules": [rule]})


def test_hashes_need_a_key_which_is_not_shown():
    with pytest.raises(ValidationError, match="hash_key"):
        PrivacySettings(values="hashed")
    settings = PrivacySettings(values="hashed", hash_key="0123456789abcdef" * 2)
    assert "0123456789abcdef" not in settings.model_dump_json() + repr(settings)
    assert PrivacySettings.model_validate_json(settings.model_dump_json(context={"secrets": True})) == settings
