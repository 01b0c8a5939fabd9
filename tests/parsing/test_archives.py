"""Archives: members within limits, and bombs."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile
import zipfile

import pytest

from ray_app.parsing import media
from tests.parsing.reading import parse, reason
from tests.parsing.samples import ARCHIVES, tarred, zipped


@pytest.mark.parametrize("media_type", ARCHIVES)
def test_members_are_children_with_their_paths(media_type):
    name, build = ARCHIVES[media_type]
    parsed = parse(build(), name)
    assert [(child.name, child.data) for child in parsed.children] == [("folder/one.txt", b"one"), ("two.txt", b"two")]
    assert parsed.media_type == media_type
    assert not parsed.has_text


def stored(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(("pack", "media_type"), [(stored, media.ZIP), (tarred, media.TAR)])
def test_an_archive_that_begins_with_a_pdf_as_it_is_has_all_its_members(pack, media_type):
    parsed = parse(pack({"first.pdf": b"%PDF-1.4\n%%EOF", "second.txt": b"ord"}), "x")
    assert parsed.media_type == media_type
    assert [child.name for child in parsed.children] == ["first.pdf", "second.txt"]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_one_compressed_file_is_named_after_the_archive(compress):
    (child,) = parse(compress(b"ord"), "mappe/rapport.txt.gz").children
    assert (child.name, child.data) == ("rapport.txt", b"ord")


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_too_many_members_are_a_bomb(pack):
    data = pack({f"{number}.txt": b"x" for number in range(11)})
    assert reason(data, "x", archive_members=10) == "archive_bomb"
    assert reason(data, "x", archive_members=11) == ""


@pytest.mark.parametrize("pack", [zipped, tarred, lambda members: gzip.compress(tarred(members))])
def test_too_much_in_all_is_a_bomb(pack):
    data = pack({f"{number}.bin": bytes(600_000) for number in range(4)})
    assert reason(data, "x", archive_mb=2) == "archive_bomb"
    assert reason(data, "x", archive_mb=3) == ""


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_stream_that_grows_without_end_is_a_bomb(compress):
    assert reason(compress(bytes(5_000_000)), "x", archive_mb=2) == "archive_bomb"


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_one_large_member_costs_only_itself(pack):
    children = parse(pack({"big.bin": bytes(2_000_000), "small.txt": b"ord"}), "x", max_file_mb=1).children
    assert [child.failure.reason if child.failure else child.data for child in children] == ["too_large", b"ord"]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_paths_that_lead_out_of_the_archive_are_harmless_names(pack):
    names = ["../../etc/passwd", "/root/a.txt", "C:/b.txt", "./c/./d.txt", "e\\f.txt"]
    children = parse(pack(dict.fromkeys(names, b"x")), "x").children
    assert [child.name for child in children] == ["etc/passwd", "root/a.txt", "b.txt", "c/d.txt", "e/f.txt"]


def test_links_and_folders_are_no_files():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            member = tarfile.TarInfo(f"kind{kind.decode()}")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    assert parse(stream.getvalue(), "x.tar").children == ()


# a.txt is encrypted by Info-ZIP with the password "sesam" (Python only reads such ones), b.txt is not.
ENCRYPTED = bytes.fromhex(
    "504b03040a0009000000b819795db622fe2b190000000d00000005000000612e7478740dca25bbd9dae547034bc108d3fbd497b396da54"
    "f08cc8e8ae504b0708b622fe2b190000000d000000504b03040a0000000000b819795d3aeb1ceb030000000300000005000000622e7478"
    "746f7264504b01021e030a0009000000b819795db622fe2b190000000d000000050000000000000000000000a48100000000612e747874"
    "504b01021e030a0000000000b819795d3aeb1ceb0300000003000000050000000000000000000000a4814c000000622e747874504b0506"
    "000000000200020066000000720000000000"
)


def test_an_encrypted_member_is_read_with_one_of_the_passwords_and_else_costs_only_itself():
    locked, open_one = parse(ENCRYPTED, "x.zip", passwords=("wrong",)).children
    assert (locked.name, locked.data, locked.failure.reason) == ("a.txt", b"", "password")
    assert (open_one.data, open_one.failure) == (b"ord", None)
    assert parse(ENCRYPTED, "x.zip", passwords=("wrong", "sesam")).children[0].data == b"hemmelige ord"


def test_a_damaged_member_costs_only_itself():
    data = bytearray(zipped({"bad.txt": b"words " * 100, "good.txt": b"ord"}))
    data[data.index(b"bad.txt") + len("bad.txt") + 2] ^= 0xFF
    children = parse(bytes(data), "x.zip").children
    assert [child.failure.reason if child.failure else child.data for child in children] == ["damaged", b"ord"]


def outcomes(data):
    return [(child.name, child.failure.reason if child.failure else child.data) for child in parse(data, "x").children]


MEMBERS = {"one.txt": b"one", "two.txt": random.Random(7).randbytes(40_000), "three.txt": b"three"}
REST = ("the rest of the archive", "damaged")


@pytest.mark.parametrize(
    ("length", "lost"), [(3000, ("two.txt", "damaged")), (1024 + 300, REST), (1024 + 512 + 40_448 + 9, REST)]
)
def test_a_tar_that_is_cut_off_keeps_the_files_before_that_and_tells_of_the_rest(length, lost):
    before = list(MEMBERS.items())[: 1 if length < 40_000 else 2]
    assert outcomes(tarred(MEMBERS)[:length]) == [*before, lost]


def test_a_tar_with_a_damaged_header_keeps_the_files_before_it():
    data = tarred(MEMBERS).replace(b"two.txt", b"tvo.txt")
    assert outcomes(data) == [("one.txt", b"one"), REST]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_tar_that_is_cut_off_keeps_the_files_before_that(compress):
    many = {f"{number}.bin": random.Random(number).randbytes(300_000) for number in range(8)}
    found = outcomes(compress(tarred(many))[:1_500_000])
    assert found[:2] == list(many.items())[:2]
    assert [outcome for _, outcome in found if isinstance(outcome, str)] == ["damaged"]
    assert reason(compress(MEMBERS["two.txt"])[:20_000], "x.gz") == "damaged"


def test_a_compression_that_nobody_knows_is_said_so():
    data = zipped({"odd.txt": b"x", "good.txt": b"ord"}).replace(b"\x08\x00", b"\x61\x00", 1)
    place = data.index(b"PK\x01\x02") + 10
    children = parse(data[:place] + b"\x61\x00" + data[place + 2 :], "x.zip").children
    assert [child.failure.reason if child.failure else child.data for child in children] == [
        "unsupported_format",
        b"ord",
    ]


def test_an_archive_in_an_archive_is_a_child():
    inner = zipped({"deep.txt": b"ord"})
    (child,) = parse(zipped({"inner.zip": inner}), "x.zip").children
    assert parse(child.data, child.name).children[0].name == "deep.txt"


def test_names_are_kept_in_danish_and_the_icons_of_a_mac_left_out():
    data = zipped({"Årsmøde/æøå.txt": b"x", "__MACOSX/Årsmøde/._æøå.txt": b"y"})
    assert [child.name for child in parse(data, "x.zip").children] == ["Årsmøde/æøå.txt"]
    assert zipfile.is_zipfile(io.BytesIO(data))


@pytest.mark.parametrize("encoding", ["utf-8", "cp850"])
def test_names_without_mark_of_their_encoding_are_danish_all_the_same(encoding):
    raw = "Køb på Ærø.txt".encode(encoding)
    data = zipped({"x" * len(raw): b"ord"}).replace(b"x" * len(raw), raw)
    assert [child.name for child in parse(data, "x.zip").children] == ["Køb på Ærø.txt"]
