"""Uploaded bytes on their way, in a folder and in a bucket."""

from __future__ import annotations

import hashlib
import os
import time
import uuid

import pytest

from ray_app.errors import NotFoundError
from ray_app.settings import SourceSettings
from ray_app.sources import originals
from ray_app.sources.incoming import Incoming, delete_incoming, delete_old, old_incoming, read_incoming

QUICK = SourceSettings(attempts=1)
PIECES = [b"the first piece, ", b"", b"and the last"]
DATA = b"".join(PIECES)


@pytest.fixture
def url(writable):
    return writable


def receive(url, ticket, tenant="t"):
    incoming = Incoming(url, tenant, ticket, QUICK)
    for piece in PIECES:
        incoming.write(piece)
    return incoming


def test_what_was_received_in_pieces_is_read_whole(url):
    ticket = str(uuid.uuid4())
    incoming = receive(url, ticket)
    incoming.finish()
    assert (incoming.size, incoming.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert read_incoming(url, "t", ticket, QUICK) == DATA


def test_an_empty_file_is_received(url):
    ticket = str(uuid.uuid4())
    Incoming(url, "t", ticket, QUICK).finish()
    assert read_incoming(url, "t", ticket, QUICK) == b""


@pytest.mark.parametrize("finished", [False, True])
def test_what_is_discarded_is_gone(url, finished):
    ticket = str(uuid.uuid4())
    incoming = receive(url, ticket)
    if finished:
        incoming.finish()
    incoming.discard()
    with pytest.raises(NotFoundError):
        read_incoming(url, "t", ticket, QUICK)


def test_removing_may_be_repeated_and_tenants_are_apart(url):
    ticket = str(uuid.uuid4())
    receive(url, ticket).finish()
    delete_incoming(url, "u", ticket, QUICK)
    assert read_incoming(url, "t", ticket, QUICK) == DATA
    for _ in range(2):
        delete_incoming(url, "t", ticket, QUICK)
    with pytest.raises(NotFoundError):
        read_incoming(url, "t", ticket, QUICK)


def test_what_is_left_over_is_told_by_its_age(tmp_path):
    old, new = str(uuid.uuid4()), str(uuid.uuid4())
    assert old_incoming(str(tmp_path), QUICK, min_age_s=60) == {}
    for ticket in (old, new):
        receive(str(tmp_path), ticket).finish()
    originals.put(str(tmp_path), "t", hashlib.sha256(DATA).hexdigest(), DATA, QUICK)
    place = tmp_path / "t" / "uploads" / old
    os.utime(place, (time.time() - 120,) * 2)
    found = old_incoming(str(tmp_path), QUICK, min_age_s=60)
    assert set(found) == {old}
    delete_old(str(tmp_path), found.values(), QUICK)
    assert not place.exists()
    assert read_incoming(str(tmp_path), "t", new, QUICK) == DATA


def test_a_ticket_is_a_uuid():
    with pytest.raises(ValueError, match="UUID"):
        Incoming("/tmp", "t", "../../etc/passwd", QUICK)
