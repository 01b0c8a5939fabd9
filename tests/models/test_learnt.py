"""Which texts a version has learnt from, kept in eight bytes each."""

from __future__ import annotations

import numpy as np
import pytest

from ray_app.errors import ModelError
from ray_app.models import registry
from ray_app.models.classification.learnt import hash_texts, load_learnt, save_learnt
from ray_app.models.classification.training import train
from tests.models.letters import letters


def test_equal_texts_have_equal_hashes_however_their_lines_are_broken():
    one, same, other = hash_texts(["first line\nsecond", " first  line second", "first line"]).tolist()
    assert one == same != other
    assert hash_texts([]).tolist() == []


def test_a_published_version_tells_all_that_it_learnt_from(settings):
    examples = letters()
    folder = registry.publish(train(examples, embedding="x"), settings)
    assert set(load_learnt(folder).tolist()) == set(hash_texts(examples.texts).tolist())


def test_a_hundred_thousand_documents_take_less_than_a_megabyte(tmp_path):
    save_learnt(np.arange(100_000, dtype=np.uint64), tmp_path)
    assert (tmp_path / "learnt.npy").stat().st_size < 1_000_000


def test_nothing_kept_is_told_from_something_damaged(tmp_path):
    assert load_learnt(tmp_path) is None
    (tmp_path / "learnt.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(ModelError, match="damaged"):
        load_learnt(tmp_path)
