"""Identity numbers of persons by country, each by python-stdnum's check unless it says otherwise.

A number found `alone` has a printed form of its own or checks that few other numbers pass; the others, mostly
nine to eleven digits with one check digit, need a word for them nearby.
"""

from __future__ import annotations

import re

from stdnum.se import personnummer

from ray_app.enrichment.identifiers.context import words
from ray_app.enrichment.identifiers.danish import HYPHEN, PLAIN
from ray_app.enrichment.identifiers.rule import Rule, by, compact, form

_NINE = form("[0-9]", "[0-9]{2}[ .-]?[0-9]{3}[ .-]?[0-9]{3}")
_TEN = form("[0-9]", "[0-9]{2}[ -]?[0-9]{3}[ -]?[0-9]{4}")
_ELEVEN = form("[0-9]", "[0-9]{10}")
_SIX_FIVE = form("[0-9]", "[0-9]{5}[ -]?[0-9]{5}")
_LV = form("[0-3]", "[0-9]{5}-?[0-9]{5}")  # from 4 on they are companies
_THIRTEEN = form("[0-9]", "[0-9]{12}")
_SE_LONG = form("[12]", "[0-9]{7}[-+][0-9]{4}")
_SE_PLAIN = form("[12]", "[0-9]{11}")
# With a letter in it; the others look like Danish numbers.
_FI = form("[0-9]", "[0-9]{5}(?:[A-FU-Y+][0-9]{3}[0-9A-Y]|-[0-9]{3}[A-Y])")
_DE = form("[1-9]", "[0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}")
_AT = form("[1-9]", "[0-9]{3} ?[0-9]{6}")
_CH = form("7", r"56\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}")
_CH_PLAIN = form("7", "56[0-9]{10}")
_BE = form("[0-9]", r"[0-9]\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}")
_FR = form("[12]", "[ .]?[0-9]{2}[ .]?[0-9]{2}[ .]?(?:[0-9]{2}|2[AB])[ .]?[0-9]{3}[ .]?[0-9]{3}[ .]?[0-9]{2}")
_DNI = form("[0-9]", "[0-9]{7}-?[A-Z]")
_NIE = form("[XYZ]", "-?[0-9]{7}-?[A-Z]")
_IT = form("[A-Z]", "[A-Z]{5}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]")
_PT = form("[0-9]", "[0-9]{7}[ -]?[0-9] ?[A-Z0-9]{2}[0-9]")
_CZ = form("[0-9]", "[0-9]{5}/[0-9]{3,4}")
_NINO = form("[A-Z]", "[A-Z] [0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]")
_NINO_PLAIN = form("[A-Z]", "[A-Z][0-9]{6} ?[A-D]")
_IE = form("[0-9]", "[0-9]{6}[A-W][A-IW]?")
_US = form("[0-9]", "[0-9]{2}-[0-9]{2}-[0-9]{4}")
_US_PLAIN = form("[0-9]", "[0-9]{2} ?[0-9]{2} ?[0-9]{4}")
_BR = form("[0-9]", r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}")
_MX = form("[A-Z]", "[A-Z]{3}[0-9]{6}[HMX][A-Z]{5}[0-9A-Z][0-9]")
_AADHAAR = form("[2-9]", "[0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}")
_PAN = form("[A-Z]", "[A-Z]{4}[0-9]{4}[A-Z]")
_CN = form("[1-9]", "[0-9]{16}[0-9X]")

# The letters of a British number: gov.uk, National Insurance Manual, NIM39110.
_NINO_LETTERS = re.compile(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")


def _read_nino(candidate: str) -> str | None:
    number = compact(candidate)
    return number if _NINO_LETTERS.fullmatch(number) else None


_valid_swedish = by("se", "personnummer")


def _read_swedish(candidate: str) -> str | None:
    """With the century, which is written or told by the sign before the last four digits; no sign."""
    number = _valid_swedish(candidate)
    return f"{personnummer.get_birth_date(number).year // 100}{compact(number)[-10:]}" if number else None


def _row(
    kind: str, how: str, shape: re.Pattern[str], *some: str, alone: float = 0.0, near: float = 0.95, name: str = ""
) -> Rule:
    country, _, own = kind.partition(".")
    read = _read_swedish if country == "se" else by(country, name or own)
    return Rule(kind, how, shape, read, alone, near, words(*some))


_IN_AT = ("svnr", "sv-nr", "sozialversicherung", "versicherungsnummer", "vsnr")
_IN_BE = ("rijksregister", "registre national", "niss", "insz", "national number")
_IN_CA = ("sin", "social insurance", "nas", "assurance sociale")
_IN_CH = ("ahv", "avs", "oasi", "sozialversicherung")
_IN_CZ = ("rodné", "rodne", "r.č", "r. č", "birth number", "rč")
_IN_DE = ("steuer", "idnr", "identifikationsnummer", "tax id", "tin")
_IN_ES = ("dni", "nif", "nie", "n.i.e", "d.n.i", "documento", "identidad")
_IN_FI = ("henkilötunnus", "hetu", "personbeteckning", "sotu")
_IN_FR = ("nir", "sécu", "insee", "numéro de sécurité", "social security")
_IN_GB = ("national insurance", "nino", "ni no", "ni number")
_IN_IN = ("aadhaar", "aadhar", "uidai")
_IN_IE = ("pps", "ppsn", "personal public service")
_IN_NL = ("bsn", "burgerservicenummer", "sofinummer", "sofi", "citizen service")
_IN_NO = ("fødselsnummer", "fødselsnr", "fnr", "personnummer", "d-nummer", "personnr")
_IN_PT = ("cartão de cidadão", "cidadão", "citizen card")
_IN_SE = ("personnummer", "personnr", "pnr", "personal identity", "samordningsnummer")
_IN_TR = ("kimlik", "tckn", "tc no", "t.c")
_IN_US = ("ssn", "social security", "soc. sec", "taxpayer")

_DATED, _TWICE, _FORM = "date and check digit", "date and check digits", "form and check digit"
RULES = (
    _row("at.vnr", _DATED, _AT, *_IN_AT),
    _row("au.tfn", "check digit", _NINE, "tfn", "tax file"),
    _row("be.nn", _FORM, _BE, *_IN_BE, alone=0.95, near=0.99),
    _row("be.nn", _TWICE, _ELEVEN, *_IN_BE),
    _row("bg.egn", _DATED, PLAIN, "егн", "egn", "единен граждански"),
    _row("br.cpf", _FORM, _BR, "cpf", alone=0.97, near=0.99),
    _row("br.cpf", "check digits", _ELEVEN, "cpf"),
    _row("ca.sin", "check digit", _NINE, *_IN_CA),
    _row("ch.ssn", _FORM, _CH, *_IN_CH, alone=0.97, near=0.99),
    _row("ch.ssn", "check digit", _CH_PLAIN, *_IN_CH),
    _row("cn.ric", _DATED, _CN, "身份证", "resident identity", alone=0.9, near=0.98),
    _row("cz.rc", _DATED, _CZ, *_IN_CZ, alone=0.7, near=0.98),
    _row("cz.rc", _DATED, PLAIN, *_IN_CZ),
    _row("de.idnr", "check digit", _DE, *_IN_DE),
    _row("ee.ik", _DATED, _ELEVEN, "isikukood", "ik", "personal code", "id code"),
    _row("es.dni", "check letter", _DNI, *_IN_ES, alone=0.5, near=0.97),
    _row("es.nie", "check letter", _NIE, *_IN_ES, alone=0.6, near=0.98),
    _row("fi.hetu", _DATED, _FI, *_IN_FI, alone=0.95, near=0.99),
    _row("fi.hetu", _DATED, HYPHEN, *_IN_FI, near=0.99),
    _row("fr.nir", _FORM, _FR, *_IN_FR, alone=0.85, near=0.99),
    _row("gb.nhs", "check digit", _TEN, "nhs", near=0.97),
    Rule("gb.nino", "form", _NINO, _read_nino, 0.7, 0.98, words(*_IN_GB)),
    Rule("gb.nino", "form", _NINO_PLAIN, _read_nino, 0.5, 0.98, words(*_IN_GB)),
    _row("gr.amka", _DATED, _ELEVEN, "αμκα", "amka", "α.μ.κ.α"),
    _row("hr.oib", "check digit", _ELEVEN, "oib", "osobni identifikacijski", near=0.97),
    _row("ie.pps", "check letter", _IE, *_IN_IE),
    _row("in.aadhaar", "check digit", _AADHAAR, *_IN_IN),
    _row("in.pan", "form", _PAN, "permanent account", "pan"),
    _row("is.kennitala", _DATED, HYPHEN, "kennitala", "kt"),
    _row("is.kennitala", _DATED, PLAIN, "kennitala", "kt"),
    _row("it.codicefiscale", "form and check letter", _IT, "codice fiscale", alone=0.97, near=0.99),
    _row("lt.asmens", _DATED, _ELEVEN, "asmens", "a.k", "personal code"),
    _row("lv.pk", "check digit", _LV, "personas kod", "p.k", "personal code", name="pvn"),
    _row("mx.curp", _FORM, _MX, "curp", alone=0.97, near=0.99),
    _row("nl.bsn", "check digit", _NINE, *_IN_NL),
    _row("no.fodselsnummer", _TWICE, _SIX_FIVE, *_IN_NO, alone=0.7, near=0.98),
    _row("pl.pesel", _DATED, _ELEVEN, "pesel", near=0.98),
    _row("pt.cc", _FORM, _PT, *_IN_PT),
    _row("pt.nif", "check digit", _NINE, "nif", "contribuinte", "n.i.f"),
    _row("ro.cnp", _DATED, _THIRTEEN, "cnp", "cod numeric", near=0.98),
    _row("se.personnummer", _DATED, _SE_LONG, *_IN_SE, alone=0.85, near=0.98),
    _row("se.personnummer", _DATED, HYPHEN, *_IN_SE),
    _row("se.personnummer", _DATED, PLAIN, *_IN_SE, near=0.9),
    _row("se.personnummer", _DATED, _SE_PLAIN, *_IN_SE),
    _row("si.emso", _DATED, _THIRTEEN, "emšo", "emso", near=0.98),
    _row("tr.tckimlik", "check digits", _ELEVEN, *_IN_TR),
    _row("us.ssn", "form", _US, *_IN_US, alone=0.8, near=0.98),
    _row("us.ssn", "form", _US_PLAIN, *_IN_US, near=0.85),
    _row("za.idnr", _DATED, _THIRTEEN, "identity number", "id number", "said", near=0.9),
)
