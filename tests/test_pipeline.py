"""The stages as plain functions, over files that are made here and parsed in this process."""

from __future__ import annotations

import hashlib
import io
import tracemalloc

import docx
import pytest

from ray_app import pipeline
from ray_app.pipeline import Fetched
from ray_app.records import FileRef, Page, Parsed, walk
from tests.parsing.reading import parse
from tests.parsing.samples import zipped


class Parser:
    """What a sandbox does, without its process. `read` has the names of the files that it was given."""

    def __init__(self) -> None:
        self.read = []

    def parse(self, data, name):
        self.read.append(name)
        return parse(data, name)


class Whole:
    """Cuts nothing."""

    def chunk_indices(self, text):
        return [(0, text)] if text else []


def fetched(name, data):
    ref = FileRef(f"file:///{name}", name, "s", "t", len(data), 0.0)
    return Fetched(ref, data, hashlib.sha256(data).hexdigest())


def extract(*files, children_mb=512, parser=None, splitter=None):
    some = [fetched(*file) for file in files]
    return pipeline.extract(
        some, lambda _: (), parser or Parser(), splitter or Whole(), depth=3, children_mb=children_mb
    )


def letter(text):
    file = io.BytesIO()
    document = docx.Document()
    document.add_paragraph(text)
    document.save(file)
    return file.getvalue()


class Choosy(Whole):
    """Cannot cut what speaks of scissors."""

    def chunk_indices(self, text):
        if "scissors" in text:
            raise ValueError("year 10000 is out of range")
        return super().chunk_indices(text)


def reasons(documents):
    return [one.failure.reason if one.failure else "" for one in walk(documents)]


def test_a_small_archive_of_archives_cannot_take_any_amount_of_memory():
    bomb = zipped({f"{number}.zip": zipped({f"{number}.txt": bytes(4 << 20)}) for number in range(20)})
    tracemalloc.start()
    (document,) = extract(("bomb.zip", bomb), children_mb=10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 << 20
    assert reasons(document.children).count("archive_bomb") == 18  # of the third archive its file, and 17 unread
    assert "max_children_mb" in document.children[-1].failure.detail
    assert document.content.children == 20


def test_small_files_that_unfold_to_much_text_count_by_their_text():
    letters = {f"{number}.docx": letter(f"letter {number} " * 100_000) for number in range(9)}
    bundle = zipped(letters)
    assert len(bundle) < 400_000
    (document,) = extract(("bundle.zip", bundle), children_mb=3)
    assert reasons(document.children) == [""] * 3 + ["archive_bomb"] * 6
    assert reasons(extract(("one.docx", letters["0.docx"]), children_mb=1)) == [""]  # nothing lies inside it


def test_files_without_a_byte_count_too():
    many = zipped({f"{number}.txt": b"" for number in range(600)})
    (document,) = extract(("bomb.zip", zipped({f"{number}.zip": many for number in range(10)})), children_mb=1)
    assert len(list(walk([document]))) < 1500


def test_each_file_of_a_batch_has_a_budget_of_its_own():
    large = zipped({"a.txt": b"a" * 900_000})
    assert set(reasons(extract(("one.zip", large), ("two.zip", large + b" "), children_mb=1))) == {""}


def test_what_lies_in_one_file_is_read_before_the_next_file():
    parser = Parser()
    archives = {name: zipped({"in.txt": name.encode()}) for name in ("a", "b")}
    extract(("all.zip", zipped({f"{name}.zip": data for name, data in archives.items()})), parser=parser)
    inside = ["a.zip", "a.zip/in.txt", "b.zip", "b.zip/in.txt"]
    assert parser.read == ["all.zip", *(f"all.zip/{name}" for name in inside)]


def test_the_same_file_in_two_archives_of_a_batch_is_parsed_once():
    one, two = extract(("one.zip", zipped({"same.txt": b"same"})), ("two.zip", zipped({"copy.txt": b"same"})))
    assert (one.children[0].content is not None, two.children[0].content) == (True, None)


def test_a_file_that_cannot_be_cut_fails_alone():
    paper, scissors = extract(("a.txt", b"paper"), ("b.txt", b"scissors"), splitter=Choosy())
    assert paper.content.chunks[0].text == "paper"
    assert scissors.failure.reason == "parser_error"
    assert scissors.failure.detail == "ValueError: year 10000 is out of range"


def test_a_file_from_outside_the_calendar_is_of_unknown_date():
    far = FileRef("file:///far.txt", "far.txt", "s", "t", 3, 253402304399.0)  # as of 31 Dec 9999 23:59:59 -0100
    (document,) = pipeline.extract(
        [Fetched(far, b"far", "0" * 64)], lambda _: (), Parser(), Whole(), depth=0, children_mb=1
    )
    assert document.content.date == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2024-05-06", "2024-05-06T00:00:00Z"),
        ("2024-05-06T10:00Z", "2024-05-06T10:00:00Z"),
        ("2024-05-06T10:00:00.5+02:00", "2024-05-06T08:00:00Z"),
        ("2024-05-06T10:00:00", "2024-05-06T10:00:00Z"),
        ("0000-00-00", "1970-01-01T00:00:00Z"),
        ("2024-02-30", "1970-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59-01:00", "1970-01-01T00:00:00Z"),
        ("soon", "1970-01-01T00:00:00Z"),
        (None, "1970-01-01T00:00:00Z"),
    ],
)
def test_a_date_is_kept_whole_or_else_the_time_of_the_file(said, kept):
    parsed = Parsed("text/plain", (Page(1, "text"),), date=said)
    assert pipeline.content_of(fetched("a.txt", b"text"), parsed, Whole()).date == kept


def test_a_web_page_with_a_date_of_no_calendar_has_the_time_of_its_file():
    page = b'<html><head><meta name="date" content="0000-00-00"></head><body><p>words</p></body></html>'
    (document,) = extract(("a.html", page))
    assert document.content.date == "1970-01-01T00:00:00Z"
