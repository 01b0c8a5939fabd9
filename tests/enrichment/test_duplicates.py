from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ray_app.enrichment.duplicates import bands, signature, similarity
from tests.conftest import EXAMPLES

LEASE = (EXAMPLES / "documents/technical-note/TN-044-potting-compound.md").read_text()


def shared(one, other):
    """The Jaccard similarity itself."""
    sets = []
    for text in (one, other):
        words = re.findall(r"\w+", text.lower())
        sets.append({" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_the_same_words_are_alike_whatever_the_layout():
    assert similarity(signature(LEASE), signature("  \n".join(LEASE.split()))) == 1


def test_the_estimate_is_near_the_share_of_common_wording():
    for cut in (20, 5, 2):
        other = LEASE[len(LEASE) // cut :]
        assert abs(similarity(signature(LEASE), signature(other)) - shared(LEASE, other)) < 0.15


def test_a_revised_text_is_worth_comparing_and_another_one_is_not():
    revised = LEASE.replace("the", "a", 3)
    other = (EXAMPLES / "documents/cv/kastbjerg-emil.txt").read_text(encoding="utf-8-sig")
    assert set(bands(signature(LEASE))) & set(bands(signature(revised)))
    assert not set(bands(signature(LEASE))) & set(bands(signature(other)))


def test_a_text_without_words_has_no_signature():
    assert signature(" – … \n") == b""
    assert bands(b"") == []


@given(st.text(min_size=1))
def test_a_signature_is_the_same_each_time_and_bands_fit_an_index(text):
    one = signature(text)
    assert one == signature(text)
    assert len(one) in (0, 480)
    assert all(0 <= band < 2**63 for band in bands(one))
