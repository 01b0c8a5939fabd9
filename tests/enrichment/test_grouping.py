from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ray_app.enrichment.duplicates import signature
from ray_app.enrichment.grouping import near_duplicate_groups

LONG = "the committee met in the old town hall and spoke for three hours about the bridge over the river " * 2


def groups(*texts):
    return near_duplicate_groups([signature(text) for text in texts])


def test_the_same_words_are_one_group_whatever_their_case_and_marks():
    assert groups("Pay the bill.", "a poem", "pay THE bill!") == [0, 1, 0]


def test_a_text_with_a_few_words_changed_is_a_near_duplicate():
    assert groups(LONG + "one two", "something else", LONG + "one three") == [0, 1, 0]


def test_texts_without_words_stand_alone():
    assert groups("", "…", "") == [0, 1, 2]


@given(st.lists(st.sampled_from(["alpha beta", "gamma", LONG, ""]), max_size=12))
def test_copies_share_a_group_and_other_texts_do_not(texts):
    found = groups(*texts)
    for row, text in enumerate(texts):
        assert found[row] == (texts.index(text) if text else row)
