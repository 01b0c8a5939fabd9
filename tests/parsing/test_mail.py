"""E-mail and Outlook messages: bodies, attachments, messages within messages."""

from __future__ import annotations

import struct
from email.message import EmailMessage

import pytest
from oxmsg import Message
from oxmsg.storage import Storage, Stream

from ray_app.parsing.email import read_message
from ray_app.parsing.msg import as_email
from tests.parsing.reading import lines, parse, reason, text
from tests.parsing.samples import message


def test_attachments_are_children_with_their_bytes_and_names():
    mail = message()
    mail.add_attachment(b"\0\xff%", maintype="application", subtype="pdf", filename="Årsregnskab.pdf")
    mail.add_attachment("Tekst på dansk", filename="note.txt")
    parsed = parse(mail.as_bytes(), "x.eml")
    assert [child.name for child in parsed.children] == ["Årsregnskab.pdf", "note.txt"]
    assert parsed.children[0].data == b"\0\xff%"
    assert parsed.children[1].data.decode().strip() == "Tekst på dansk"
    assert "Attachments: Årsregnskab.pdf, note.txt" in lines(parsed)


def test_a_message_within_a_message_is_a_child_that_is_a_message():
    outer = EmailMessage()
    outer["Subject"] = "Fwd: Færgen"
    outer.set_content("Se nedenfor")
    outer.add_attachment(message())
    (child,) = parse(outer.as_bytes(), "x.eml").children
    assert child.name == "Færgen.eml"
    assert "Færgen sejler klokken otte." in text(parse(child.data, child.name))


def test_pictures_with_the_same_name_are_told_apart():
    mail = message()
    for number in (b"1", b"2"):
        mail.add_attachment(number, maintype="image", subtype="png", filename="image001.png")
    children = parse(mail.as_bytes(), "x.eml").children
    assert [(child.name, child.data) for child in children] == [("image001.png", b"1"), ("image001 (2).png", b"2")]


def part(words, kind="plain"):
    made = EmailMessage()
    made.set_content(words, subtype=kind)
    return made


def file(name, kind="application/pdf"):
    made = EmailMessage()
    maintype, subtype = kind.split("/")
    made.set_content(name.encode(), maintype=maintype, subtype=subtype, filename=name, disposition="inline")
    return made


def multipart(kind, *parts):
    made = EmailMessage()
    made["Content-Type"] = f"multipart/{kind}"
    made.set_payload(list(parts))
    return made


def both():
    return multipart("alternative", part("Se kontrakten"), part("<p>Se kontrakten</p>", "html"))


@pytest.mark.parametrize(
    ("mail", "words", "files"),
    [
        (
            lambda: multipart(
                "alternative",
                part("Se kontrakten"),
                multipart("mixed", part("<p>Se kontrakten</p>", "html"), file("k.pdf"), part("<p>Hilsen</p>", "html")),
            ),
            ["Se kontrakten"],
            ["k.pdf"],
        ),
        (
            lambda: multipart("mixed", part("<p>Fusionen</p>", "html"), part("Listens fodnote")),
            ["Fusionen", "Listens fodnote"],
            [],
        ),
        (
            lambda: multipart("mixed", multipart("related", both(), file("skærm.png", "image/png")), file("k.pdf")),
            ["Se kontrakten"],
            ["skærm.png", "k.pdf"],
        ),
        (lambda: multipart("mixed", both(), part("Fortroligt")), ["Se kontrakten", "Fortroligt"], []),
        (
            lambda: multipart("signed", multipart("mixed", both(), file("k.pdf")), file("smime.p7s")),
            ["Se kontrakten"],
            ["k.pdf", "smime.p7s"],
        ),
        (lambda: multipart("mixed", file("n.txt", "text/plain"), part("Se noterne")), ["Se noterne"], ["n.txt"]),
        (
            lambda: multipart("alternative", part("<p>Mødet</p>", "html"), part("BEGIN:VCALENDAR", "calendar")),
            ["Mødet"],
            [],
        ),
    ],
    ids=["in-an-alternative", "footer", "related", "footer-of-both", "signed", "named-text", "calendar"],
)
def test_words_and_files_are_found_however_mail_programs_nest_them(mail, words, files):
    parsed = parse(mail().as_bytes(), "x.eml")
    assert [line for line in lines(parsed) if not line.startswith("Attachments: ")] == words
    assert [(child.name, child.data.decode()) for child in parsed.children] == [(name, name) for name in files]


def test_a_multipart_message_without_its_boundary_is_read_as_it_stands():
    parsed = parse(b"Subject: x\nContent-Type: multipart/mixed\n\n--a\n\nOrdene\n--a--\n", "x.eml")
    assert "Ordene" in lines(parsed)
    assert parsed.children == ()


def test_text_parts_between_pictures_all_belong_to_the_body():
    mail = EmailMessage()
    mail.make_mixed()
    for words in ("Før billedet", "Efter billedet"):
        part = EmailMessage()
        part.set_content(words)
        mail.attach(part)
    parsed = parse(mail.as_bytes(), "x.eml")
    assert lines(parsed) == ["Før billedet", "Efter billedet"]
    assert parsed.children == ()


def test_an_empty_plain_body_gives_way_to_the_html_one():
    mail = EmailMessage()
    mail.set_content("\n")
    mail.add_alternative("<p>Kun <b>HTML</b> har ordene</p>", subtype="html")
    assert "Kun HTML har ordene" in text(parse(mail.as_bytes(), "x.eml"))


def test_a_message_that_is_nothing_but_a_file_has_it_as_a_child():
    mail = EmailMessage()
    mail["From"] = "scanner@mail.example"
    mail.set_content(b"%PDF-1.4", maintype="application", subtype="pdf", filename="scan.pdf", disposition="attachment")
    (child,) = parse(mail.as_bytes(), "x.eml").children
    assert (child.name, child.data) == ("scan.pdf", b"%PDF-1.4")


@pytest.mark.parametrize(
    "header",
    [
        b"From: =?no-such?q?=F8?= <a@b>",
        b"To: <<<>>>,,;:",
        b"Date: yesterday",
        b"Subject: =?utf-8?b?!!!?=",
        b"Cc: \xff\xfe",
    ],
)
def test_malformed_headers_cost_nothing_but_themselves(header):
    assert "Ordene" in text(parse(header + b"\nX-A: b\n\nOrdene\n", "x.eml"))


def test_an_unknown_encoding_is_guessed():
    source = (
        b"Subject: x\nContent-Type: text/plain; charset=no-such\n\nK\xe6re K\xf8ge, vi h\xe5ber at f\xe6rgen sejler\n"
    )
    assert "Kære Køge" in text(parse(source, "x.eml"))


WORDS = "Kære Søren, blåbærgrød på Ærø koster 5 kr."


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("", "utf-8"),
        ("; charset=us-ascii", "utf-8"),
        ("; charset=us-ascii", "cp1252"),
        ("; charset=iso-8859-1", "utf-8"),
        ("; charset=utf-8", "cp1252"),
        ("; charset=no-such", "utf-8"),
    ],
)
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_words_whose_encoding_is_named_wrongly_or_not_at_all_are_read(declared, encoding, kind):
    head = f"Subject: x\nContent-Type: text/{kind}{declared}\nContent-Transfer-Encoding: 8bit\n\n"
    assert WORDS in lines(parse(head.encode() + WORDS.encode(encoding), "x.eml"))


def test_quotation_marks_of_windows_are_read_where_latin_1_is_named():
    head = b"Subject: x\nContent-Type: text/plain; charset=iso-8859-1\n\n"
    assert "It’s “five” €" in lines(parse(head + "It’s “five” €".encode("cp1252"), "x.eml"))


def test_an_html_body_may_name_its_encoding_itself():
    head = b"Subject: x\nContent-Type: text/html\n\n<html><head><meta charset=cp1251></head><body>"
    assert "Привет, Москва" in lines(parse(head + "Привет, Москва</body></html>".encode("cp1251"), "x.eml"))


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_headers_and_names_of_files_in_raw_bytes_are_read(encoding):
    source = (
        "From: Søren Kjærgård <s@mail.example>\nSubject: Færgen til\n Ærø sejler også på lørdag\n"
        'Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Disposition: inline; filename="Søren.pdf"\n\n%PDF\n'
        "--a\nContent-Type: message/rfc822\n\nSubject: Færgen sejler på søndag\n\nOrdene\n--a--\n"
    )
    parsed = parse(source.encode(encoding), "x.eml")
    assert lines(parsed)[:2] == [
        "From: Søren Kjærgård <s@mail.example>",
        "Subject: Færgen til Ærø sejler også på lørdag",
    ]
    assert [child.name for child in parsed.children] == ["Søren.pdf", "Færgen sejler på søndag.eml"]
    assert "Subject: Færgen sejler på søndag" in lines(parse(parsed.children[1].data, "x.eml"))


def mailbox(*messages):
    return b"\n".join(b"From a@mail.example Mon Jan  1 10:00:00 2024\n" + one for one in messages)


def letter(number, words="Ordene"):
    head = (
        f"From: a@mail.example\nDate: Mon, 1 Jan 2024 10:00:00 +0100\nSubject: Nr. {number}\nMessage-ID: <{number}@x>"
    )
    return f"{head}\n\n{words} {number}\n".encode()


@pytest.mark.parametrize("name", ["Inbox", "Inbox.mbox"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_the_messages_of_a_mailbox_in_one_file_are_its_children(name, line_end):
    box = mailbox(letter(1, "Se her:\n\nFrom now on\n\nFrom: ingen\n\n"), letter(2)).replace(b"\n", line_end)
    first, second = parse(box, name).children
    assert (first.name[:6], second.name[:6]) == ("Nr. 1 ", "Nr. 2 ")
    assert "From now on" in text(parse(first.data, first.name))
    assert "Ordene 2" in lines(parse(second.data, second.name))


def test_a_message_of_a_mailbox_keeps_its_name_when_others_go():
    names = [child.name for child in parse(mailbox(*map(letter, (1, 2, 3))), "Inbox").children]
    assert [child.name for child in parse(mailbox(*map(letter, (1, 3))), "Inbox").children] == [names[0], names[2]]


def test_a_mailbox_of_one_message_is_that_message():
    parsed = parse(mailbox(letter(1)), "Inbox")
    assert (parsed.title, parsed.children) == ("Nr. 1", ())


def test_a_mailbox_of_too_many_messages_is_a_bomb():
    assert reason(mailbox(*map(letter, range(4))), "Inbox", archive_members=3) == "archive_bomb"
    assert reason(mailbox(*map(letter, range(3))), "Inbox", archive_members=3) == ""


def test_mail_is_known_by_its_headers_where_the_name_says_nothing():
    source = b"Return-Path: <a@b>\nReceived: from x\nDate: Fri, 1 Mar 2024 10:00:00 +0100\nSubject: Hej\n\nHej\n"
    assert parse(source, "1700000000.M1P2.host,S=99:2,S").media_type == "message/rfc822"
    assert parse(b"Dear all,\n\nFrom: now on\nTo: all\nDate: today\n", "letter").media_type == "text/plain"


def test_outlook_messages_read_like_mail(shared_data):
    path = shared_data / "B_office/docling-project__docling/msg_with_attachment.msg"
    parsed = parse(path.read_bytes(), "x.msg")
    assert lines(parsed)[:2] == ["From: Alice Example <alice@example.com>", "To: Bob Example <bob@example.com>"]
    assert "This email contains an attachment." in lines(parsed)
    assert [child.name for child in parsed.children] == ["test.txt", "report.pdf"]
    assert (parsed.title, parsed.date) == ("Email with Attachment", "2026-05-20T10:30:00+00:00")


def outlook(subject, body, *, header=32, attached=(), codepage=None, raw=None):
    """A message as python-oxmsg holds it, by MS-OXMSG: properties of 16 bytes each, long values in streams.

    `raw` are further properties in bytes by key and type.
    """
    texts = {0x0037: subject, 0x1000: body}
    values = {(key, 0x1F): value.encode("utf-16-le") for key, value in texts.items() if value is not None}
    values |= raw or {}
    properties = bytes(header) + b"".join(struct.pack("<HHIQ", kind, key, 6, 0) for key, kind in values)
    if codepage:  # PidTagInternetCodepage
        properties += struct.pack("<HHIQ", 0x03, 0x3FDE, 6, codepage)
    streams = [Stream("__properties_version1.0", properties)]
    streams += [Stream(f"__substg1.0_{key:04X}{kind:04X}", value) for (key, kind), value in values.items()]
    holders = tuple(
        Storage(f"__attach_version1.0_#{n:08X}", (Stream("__properties_version1.0", bytes(8)),), (inner,))
        for n, inner in enumerate(attached)
    )
    return Storage("__substg1.0_3701000D", tuple(streams), holders)


def test_a_message_within_an_outlook_message_is_a_child_that_is_a_message():
    inner = outlook("Færgen", "Færgen sejler klokken otte.", header=24)
    parsed = read_message(as_email(Message(outlook("Fwd", "Se nedenfor", attached=[inner]))))
    (child,) = parsed.children
    assert child.name == "Færgen.eml"
    assert "Se nedenfor" in text(parsed)
    assert "Færgen sejler klokken otte." in text(parse(child.data, child.name))


@pytest.mark.parametrize(
    ("codepage", "html"),
    [
        (65001, "<p>Søren siger – ja</p>".encode("cp1252")),
        (20127, "<p>Søren siger – ja</p>".encode()),
        (932, "<p>Søren siger – ja</p>".encode()),
    ],
)
def test_an_outlook_body_that_does_not_fit_its_code_page_costs_nothing(codepage, html):
    source = outlook("Fusionen", "", codepage=codepage, raw={(0x1013, 0x0102): html})
    parsed = read_message(as_email(Message(source)))
    assert parsed.title == "Fusionen"
    assert "Søren siger – ja" in text(parsed)


@pytest.mark.parametrize("markup", ["<!-- tom -->", "<!doctype html>"])
def test_an_html_body_without_an_element_costs_nothing_but_itself(markup):
    mail = EmailMessage()
    mail["Subject"] = "Scanning"
    mail.set_content(markup, subtype="html")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="scan.pdf")
    parsed = parse(mail.as_bytes(), "x.eml")
    assert parsed.title == "Scanning"
    assert [child.name for child in parsed.children] == ["scan.pdf"]


def test_outlook_text_that_does_not_fit_its_code_page_is_read():
    source = outlook("Fusionen", None, codepage=65001, raw={(0x1000, 0x1E): "Søren siger ja".encode("cp1252")})
    assert "Søren siger ja" in text(read_message(as_email(Message(source))))
