"""Each kind in the forms it is written in, with its normal form."""

from __future__ import annotations

import pytest

from ray_app.enrichment.identifiers import find_identifiers

NEAR_A_WORD = [
    ("at.vnr", "SVNR 1237 010180", "1237010180"),
    ("au.tfn", "TFN: 123 456 782", "123456782"),
    ("be.nn", "rijksregisternummer 85073003328", "85073003328"),
    ("bg.egn", "ЕГН 8032056031", "8032056031"),
    ("br.cpf", "CPF 39053344705", "39053344705"),
    ("ca.sin", "My SIN is 123-456-782.", "123456782"),
    ("ch.ssn", "AHV-Nr. 7569217076985", "7569217076985"),
    ("cz.rc", "rodné číslo 7103192745", "7103192745"),
    ("de.idnr", "Steuer-ID 36 574 261 809", "36574261809"),
    ("dk.cvr", "CVR-nr. 13 58 56 28", "13585628"),
    ("dk.cvr", "VAT no. DK13585628", "13585628"),
    ("ee.ik", "isikukood 36805280109", "36805280109"),
    ("es.dni", "DNI: 54362315-K", "54362315K"),
    ("es.nie", "NIE X-2482300W", "X2482300W"),
    ("gb.nhs", "NHS number 943 476 5870", "9434765870"),
    ("gr.amka", "ΑΜΚΑ 01013099997", "01013099997"),
    ("hr.oib", "OIB: 33392005961", "33392005961"),
    ("ie.pps", "PPS number 6433435F", "6433435F"),
    ("in.aadhaar", "Aadhaar 2341 2341 2346", "234123412346"),
    ("in.pan", "PAN: ACUPA7085R", "ACUPA7085R"),
    ("is.kennitala", "kennitala 120174-3399", "1201743399"),
    ("lt.asmens", "Asmens kodas 33309240064", "33309240064"),
    ("lv.pk", "personas kods 161175-19997", "16117519997"),
    ("nl.bsn", "BSN 111222333", "111222333"),
    ("no.fodselsnummer", "Fødselsnummer 151086 95088", "15108695088"),
    ("passport", "Passport no. 207123456", "207123456"),
    ("passport", "pasnummer: L898902C3", "L898902C3"),
    ("pl.pesel", "PESEL 44051401359", "44051401359"),
    ("pt.cc", "cartão de cidadão 00000000 0 ZZ4", "000000000ZZ4"),
    ("pt.nif", "NIF 501964843", "501964843"),
    ("ro.cnp", "CNP 1630615123457", "1630615123457"),
    ("se.personnummer", "Personnummer 880320-0016", "198803200016"),
    ("si.emso", "EMŠO 0101006500006", "0101006500006"),
    ("tr.tckimlik", "T.C. Kimlik No 17291716060", "17291716060"),
    ("us.ssn", "Social Security No. 536904399", "536904399"),
    ("vat", "VAT GB 980 7806 84 and so on", "GB980780684"),
    ("vat", "USt-IdNr. DE136695976", "DE136695976"),
    ("za.idnr", "ID number 7503305044089", "7503305044089"),
]
# These have no check digit, or it is not the last one.
UNCHECKED = {"passport", "us.ssn", "is.kennitala"}
BY_ITSELF = [
    ("be.nn", "85.07.30-033.28", "85073003328"),
    ("br.cnpj", "16.727.230/0001-97", "16727230000197"),
    ("br.cpf", "390.533.447-05", "39053344705"),
    ("card", "4111 1111 1111 1111", "4111111111111111"),
    ("card", "3782 822463 10005", "378282246310005"),
    ("card", "5555555555554444", "5555555555554444"),
    ("ch.ssn", "756.9217.0769.85", "7569217076985"),
    ("cn.ric", "360426199101010071", "360426199101010071"),
    ("cz.rc", "710319/2745", "7103192745"),
    ("email", "Søren.O'Neill+x@Mail.Firma.dk", "søren.o'neill+x@mail.firma.dk"),
    ("fi.hetu", "131052-308T", "131052-308T"),
    ("fr.nir", "2 95 10 99 126 111 93", "295109912611193"),
    ("gb.nino", "AB 12 34 56 C", "AB123456C"),
    ("iban", "DK50 0040 0440 1162 43", "DK5000400440116243"),
    ("iban", "gb82west12345698765432", "GB82WEST12345698765432"),
    ("ip", "192.168.1.17", "192.168.1.17"),
    ("ip", "2001:DB8:0:0::1", "2001:db8::1"),
    ("it.codicefiscale", "RCCMNL83S18D969H", "RCCMNL83S18D969H"),
    ("mx.curp", "BOXW310820HNERXN09", "BOXW310820HNERXN09"),
    ("no.fodselsnummer", "15108695088", "15108695088"),
    ("phone", "+45 20 57 36 48", "+4520573648"),
    ("phone", "+44 (0)20 7946 0958", "+442079460958"),
    ("phone", "(+45) 20 57 36 48", "+4520573648"),
    ("phone", "(+44) 20 7946 0958", "+442079460958"),
    ("phone", "(0045) 20573648", "+4520573648"),
    ("phone", "(415) 555-0199", "+14155550199"),
    ("phone", "0045 20573648", "+4520573648"),
    ("phone", "20 57 36 48", "+4520573648"),
    ("se.personnummer", "19880320-0016", "198803200016"),
    ("url", "HTTPS://Example.org/Wiki_(a)?b=c", "https://example.org/Wiki_(a)?b=c"),
    ("url", "www.example.org/a", "http://www.example.org/a"),
    ("us.ssn", "536-90-4399", "536904399"),
    ("vat", "ATU13585627", "ATU13585627"),
    ("vat", "NL004495445B01", "NL004495445B01"),
    ("vat", "CHE-100.155.212", "CHE100155212"),
    ("vat", "NO 995 525 828 MVA", "NO995525828MVA"),
]


def mentions(text, **options):
    return [(one.kind, text[one.start : one.end], one.value) for one in find_identifiers(text, 1, **options)]


@pytest.mark.parametrize(("kind", "text", "value"), NEAR_A_WORD)
def test_a_word_nearby_tells_what_a_number_is(kind, text, value):
    (found,) = find_identifiers(text, 3)
    assert (found.kind, found.value, found.page) == (kind, value, 3)
    assert found.confidence >= 0.8


@pytest.mark.parametrize(("kind", "text", "value"), BY_ITSELF)
@pytest.mark.parametrize("around", ["{}", "Se ({}), tak.", "first\n{}\nlast", "a\t{}\tb"])
def test_a_form_of_its_own_needs_no_word(kind, text, value, around):
    assert mentions(around.format(text)) == [(kind, text, value)]


@pytest.mark.parametrize(
    ("kind", "text", "value"), [row for row in NEAR_A_WORD if row[1][-3:].isdigit() and row[0] not in UNCHECKED]
)
def test_a_wrong_check_digit_makes_it_none(kind, text, value):
    wrong = text[:-1] + str((int(text[-1]) + 1) % 10)
    assert kind not in [one.kind for one in find_identifiers(wrong, 1)]


def test_a_passport_is_read_by_its_lines_for_machines():
    lines = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
    assert mentions(f"Copy:\n{lines}\n") == [("passport", lines, "L898902C3")]
    assert mentions(lines[45:]) == [("passport", lines[45:], "L898902C3")]
    assert mentions(lines.replace("740812", "740813")) == []


def test_one_company_has_one_value_however_it_is_written():
    values = {value for _, _, value in mentions("CVR 13585628, moms-nr. DK 13 58 56 28, CVR-nr.: 13 58 56 28")}
    assert values == {"13585628"}
