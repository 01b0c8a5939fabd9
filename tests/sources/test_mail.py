"""Mailboxes: what makes a message the same document, whatever happens around it."""

from __future__ import annotations

import mailbox

import pytest
from imapclient import SEEN
from pydantic import SecretStr

from ray_app import sources
from ray_app.errors import ConfigurationError, SourceError
from ray_app.settings import SourceSettings
from tests.sources.conftest import MESSAGES, imap_settings, login, message

QUICK = SourceSettings(attempts=3, longest_wait_s=0.05, timeout_s=5)


def listed(uri, settings=QUICK):
    return list(sources.list_files(sources.root_of(uri, settings), "s", "t", settings=settings))


def versions(refs):
    return {ref.uri: ref.version for ref in refs}


def write_mbox(path, *messages):
    path.unlink(missing_ok=True)
    box = mailbox.mbox(path)
    for one in messages:
        box.add(one)
    box.close()
    return f"mbox://{path}"


def test_a_message_of_an_mbox_stays_the_same_document_when_others_go(tmp_path):
    before = versions(listed(write_mbox(tmp_path / "a.mbox", *MESSAGES)))
    refs = listed(write_mbox(tmp_path / "a.mbox", MESSAGES[2], message(4)))
    assert len(set(versions(refs).items()) & set(before.items())) == 1
    assert sources.read(refs[0], 10_000, QUICK) == MESSAGES[2]


def test_status_lines_that_mail_programs_write_change_nothing(tmp_path):
    before = versions(listed(write_mbox(tmp_path / "a.mbox", MESSAGES[0])))
    read = b"Status: RO\nX-Status: A\nX-Mozilla-Status: 0001\n" + MESSAGES[0]
    after = versions(listed(write_mbox(tmp_path / "a.mbox", read)))
    assert list(before) == list(after)
    assert [version.rsplit("-", 2)[1:] for version in before.values()] == [
        version.rsplit("-", 2)[1:] for version in after.values()
    ]


def test_messages_without_an_id_are_known_by_their_hash(tmp_path):
    plain = [f"Subject: {number}\n\ntext {number}\n".encode() for number in range(3)]
    refs = listed(write_mbox(tmp_path / "a.mbox", *plain))
    assert [sources.read(ref, 100, QUICK) for ref in refs] == plain
    moved = listed(write_mbox(tmp_path / "a.mbox", *reversed(plain)))
    assert versions(moved) == versions(refs)


def test_messages_with_one_id_are_documents_of_their_own_and_copies_are_not(tmp_path):
    one, other = message(1, identity="<same@x>"), message(2, identity="<same@x>")
    refs = listed(write_mbox(tmp_path / "a.mbox", one, other, one))
    assert [sources.read(ref, 10_000, QUICK) for ref in refs] == [one, other]


def test_an_mbox_that_grows_between_listing_and_reading_is_read_right(tmp_path):
    uri = write_mbox(tmp_path / "a.mbox", MESSAGES[1])
    (ref,) = listed(uri)
    assert sources.read(ref, 10_000, QUICK) == MESSAGES[1]
    write_mbox(tmp_path / "a.mbox", MESSAGES[0], MESSAGES[1])
    assert sources.read(ref, 10_000, QUICK) == MESSAGES[1]


def test_reading_a_message_leaves_the_mbox_as_it_was(tmp_path):
    uri = write_mbox(tmp_path / "a.mbox", *MESSAGES)
    before = ((tmp_path / "a.mbox").read_bytes(), (tmp_path / "a.mbox").stat().st_mtime_ns)
    for ref in listed(uri):
        sources.read(ref, 10_000, QUICK)
    assert ((tmp_path / "a.mbox").read_bytes(), (tmp_path / "a.mbox").stat().st_mtime_ns) == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.mbox"]


def test_a_maildir_message_that_is_read_and_flagged_stays_the_same_document(tmp_path):
    box = mailbox.Maildir(tmp_path / "mail", create=True)
    key = box.add(MESSAGES[0])
    before = listed(f"maildir://{tmp_path}/mail")
    assert sources.read(before[0], 10_000, QUICK) == MESSAGES[0]
    (new,) = (tmp_path / "mail" / "new").iterdir()
    for name in (f"{key}:2,", f"{key}:2,FS"):
        new = new.rename(tmp_path / "mail" / "cur" / name)
        assert listed(f"maildir://{tmp_path}/mail") == before
        assert sources.read(before[0], 10_000, QUICK) == MESSAGES[0]


def test_a_folder_that_is_no_maildir_is_named(tmp_path):
    with pytest.raises(SourceError, match="not a maildir"):
        sources.root_of(f"maildir://{tmp_path}", QUICK)


def fill(imap, user, *messages, folder="INBOX"):
    with login(imap, user) as client:
        for one in messages:
            client.append(folder, one.replace(b"\n", b"\r\n"))


def test_imap_over_tls_lists_and_reads_without_marking_messages_as_seen(imap):
    fill(imap, "tls", *MESSAGES)
    refs = listed(imap.url("tls", "INBOX", secure=True), imap_settings("tls"))
    assert [ref.path for ref in refs] == ["1.eml", "2.eml", "3.eml"]
    assert sources.read(refs[1], 10_000, imap_settings("tls")) == MESSAGES[1].replace(b"\n", b"\r\n")
    with login(imap, "tls") as client:
        client.select_folder("INBOX", readonly=True)
        assert client.search(["SEEN"]) == []


def test_flags_and_deleted_neighbours_leave_an_imap_message_the_same_document(imap):
    fill(imap, "flags", *MESSAGES)
    before = listed(imap.url("flags"), imap_settings("flags"))
    with login(imap, "flags") as client:
        client.select_folder("INBOX")
        client.add_flags([2], [SEEN])
        client.delete_messages([1])
        client.expunge()
    assert listed(imap.url("flags"), imap_settings("flags")) == before[1:]


def test_a_folder_names_itself_and_those_below_it(imap):
    with login(imap, "tree") as client:
        for name in ("A", "A.B æ", "AB"):
            client.create_folder(name)
            client.append(name, MESSAGES[0])
    refs = listed(imap.url("tree", "A"), imap_settings("tree"))
    assert [ref.path for ref in refs] == ["1.eml", "B %C3%A6/1.eml"]
    assert all(sources.read(ref, 10_000, imap_settings("tree")) for ref in refs)


def test_a_large_imap_folder_is_listed_in_pages(imap):
    fill(imap, "many", message(1))
    with login(imap, "many") as client:
        client.select_folder("INBOX")
        for _ in range(10):
            client.copy("1:*", "INBOX")
    refs = listed(imap.url("many", "INBOX"), imap_settings("many"))
    assert [ref.path for ref in refs] == [f"{uid}.eml" for uid in range(1, 1025)]


def test_a_lost_imap_connection_is_made_anew(imap):
    fill(imap, "lost", MESSAGES[0])
    settings = imap_settings("lost").model_copy(update={"attempts": 3, "longest_wait_s": 0.05})
    (ref,) = listed(imap.url("lost"), settings)
    from ray_app.sources.imap import _local

    for session in _local.sessions.values():
        session.client.socket().close()
    assert sources.read(ref, 10_000, settings)


def test_a_folder_that_was_made_anew_has_other_documents(imap):
    with login(imap, "anew") as client:
        client.create_folder("F")
        client.append("F", MESSAGES[0])
    (old,) = listed(imap.url("anew", "F"), imap_settings("anew"))
    with login(imap, "anew") as client:
        client.delete_folder("F")
        client.create_folder("F")
        client.append("F", MESSAGES[1])
    (new,) = listed(imap.url("anew", "F"), imap_settings("anew"))
    assert new.uri != old.uri
    with pytest.raises(SourceError, match="numbered its messages anew"):
        sources.read(old, 10_000, imap_settings("anew"))


def test_a_wrong_password_is_not_tried_again_and_a_missing_one_names_the_setting(imap):
    wrong = QUICK.model_copy(update={"passwords": {"who@localhost": SecretStr("wrong")}})
    with pytest.raises(SourceError, match="refuses the password") as caught:
        sources.root_of(imap.url("who"), wrong)
    assert not caught.value.passing
    assert "wrong" not in str(caught.value)
    with pytest.raises(ConfigurationError, match=r"sources\.passwords has none for who@localhost"):
        sources.root_of(imap.url("who"), QUICK)


def test_a_certificate_that_nobody_vouches_for_is_refused(imap, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(SourceError, match="certificate verify failed") as caught:
        sources.root_of(imap.url("tls2", secure=True), imap_settings("tls2"))
    assert not caught.value.passing


@pytest.mark.parametrize("url", ["imaps://anna:secret@localhost/INBOX", "imaps://localhost/INBOX", "imap://a@b:x/I"])
def test_urls_that_cannot_be_right_are_refused_without_showing_a_password(url):
    with pytest.raises(SourceError) as caught:
        sources.root_of(url, QUICK)
    assert "secret" not in str(caught.value)
