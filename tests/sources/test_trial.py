"""What would come in from a place, before anything does."""

from __future__ import annotations

from itertools import count

import pytest

from ray_app.errors import SourceError
from ray_app.records import EVERYTHING, Selection
from ray_app.settings import SourceSettings
from ray_app.sources.trial import try_out


@pytest.fixture
def place(tmp_path):
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("x" * 10 * number)
    return str(tmp_path)


def tried(place, selection=EVERYTHING, clock=lambda: 0.0, **settings):
    return try_out(place, selection, SourceSettings(**settings), shown=2, max_bytes=1000, clock=clock)


def test_the_first_files_are_shown_all_are_counted_and_one_is_read(place):
    trial = tried(place, Selection(exclude=("0.txt",)))
    assert [ref.path for ref in trial.first] == ["1.txt", "2.txt"]
    assert (trial.wanted, dict(trial.left_out), trial.whole, trial.read) == (4, {"excluded": 1}, True, 10)


def test_it_ends_when_its_time_is_over(place):
    trial = tried(place, clock=count().__next__, check_s=2)
    assert (trial.wanted, trial.whole) == (3, False)


def test_where_nothing_is_wanted_nothing_is_read(place):
    trial = tried(place, Selection(types=("pdf",)))
    assert (trial.first, trial.read, trial.left_out["other-type"]) == ([], None, 5)


def test_a_file_that_cannot_be_read_is_told(place, tmp_path):
    (tmp_path / "0.txt").unlink()
    (tmp_path / "0.txt").symlink_to("/proc/self/mem")  # its first page cannot be read
    with pytest.raises(SourceError, match=r"0\.txt"):
        tried(place)
