"""What stands around a candidate: words for it, words for something else, signs that it is part of another thing."""

from __future__ import annotations

import re
from functools import cache

from ray_app.enrichment.identifiers.tidy import Tidied

# The beginning, or the end, of a number as long as those of telephones; a date or a case's number is shorter.
LONG = "[0-9][0-9 -]{6}[0-9]"
# A word after the identifier stands for it only when it is close: "(CPR)", "-Fax".
_AFTER = 15
BEFORE = 60
_OTHERWISE_BEFORE = 30
# A short word has to end where it ends ("tin" is not in "tiny"); a long one may go on ("personnummeret").
_SHORT = 4


@cache
def words(*some: str) -> re.Pattern[str]:
    """Finds any of them in lower-case text, also as the beginning of a longer word unless it is short."""
    each = (re.escape(one) + (r"(?![^\W\d_])" if len(one) <= _SHORT and one[-1].isalpha() else "") for one in some)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(each)})")


# What a number is called that is no identifier of these rules. The nearest word before a number decides.
_OTHERWISE = words(
    *("invoice", "faktura", "rechnung", "order", "ordre", "auftrag", "po", "quote", "tilbud", "ticket", "case", "sag"),
    *("sagsnr", "journal", "ref", "reference", "serial", "serie", "serienr", "s/n", "lot", "batch", "part", "varenr"),
    *("item", "sku", "article", "artikel", "model", "isbn", "issn", "ean", "gtin", "upc", "doi", "arxiv", "pmid"),
    *("tracking", "track", "parcel", "pakke", "version", "ver", "build", "commit", "revision", "timestamp", "epoch"),
    *("konto", "account", "acct", "reg", "swift", "bic", "iban", "cvr", "cpr", "kundenr", "customer", "kunde"),
    *("police", "policy", "patent", "license", "licence", "licens", "meter", "måler", "imei", "pid", "port"),
    *("offset", "bytes", "total", "sum", "amount", "beløb", "price", "pris", "kr", "dkk", "eur", "usd", "gbp"),
    *("$", "€", "£"),
)
_MONEY_AFTER = re.compile(r" ?(?:kr|dkk|eur|usd|gbp|sek|nok|[$€£%])(?![^\W_])|,-")
_JOINTS = "-/_#@=+*["
_BESIDE, _BESIDE_CHARS = re.compile(f"{LONG}/"), 9
# What may be an amount where decimals follow, and what then is one for certain.
_FIGURE, _THOUSANDS = re.compile("[0-9 .]+"), re.compile("[0-9]{1,3}(?:[ .][0-9]{3})+")
# In a row of a table, no decimals follow a comma but the next column.
_DECIMALS = re.compile(r",[0-9]{1,3}(?![0-9]|,\S)")


class Place:
    """A candidate, and what stands around it: several rules ask for the same words."""

    def __init__(self, tidied: Tidied, start: int, end: int) -> None:
        self.text, self.lower, self.start, self.end = tidied.text, tidied.lower, start, end
        self._near: dict[tuple[re.Pattern[str], int], int] = {}

    def word(self, some: re.Pattern[str], reach: int) -> int:
        """Where the last of the words before it ends, its own start where one stands right after it; -1 for none."""
        found = self._near.get((some, reach))
        if found is None:
            found = self._near[some, reach] = self._find(some, reach)
        return found

    def other(self) -> int:
        """Where the last word ends that says that it is something else, -1 for none; 1 234 567,50 says so itself."""
        if self._has_decimals(_THOUSANDS):
            return self.end
        return _last(_OTHERWISE, self.lower, max(0, self.start - _OTHERWISE_BEFORE), self.start)

    def in_doubt(self) -> bool:
        """Whether it hangs on a word, is an amount, or is said to be something else."""
        attached = self.start > 0 and self.text[self.start - 1] in _JOINTS and not self._is_beside()
        amount = self._has_decimals(_FIGURE) or _MONEY_AFTER.match(self.lower, self.end)
        return attached or bool(amount) or self.other() >= 0

    def _is_beside(self) -> bool:
        """Whether it is the second of two numbers with a slash between them."""
        before = self.start - _BESIDE_CHARS
        return before >= 0 and bool(_BESIDE.fullmatch(self.text, before, self.start))

    def _has_decimals(self, figure: re.Pattern[str]) -> bool:
        if not _DECIMALS.match(self.text, self.end) or self.text[self.start - 1 : self.start] == ",":
            return False
        return bool(figure.fullmatch(self.text, self.start, self.end))

    def _find(self, some: re.Pattern[str], reach: int) -> int:
        before = _last(some, self.lower, max(0, self.start - reach), self.start)
        if before >= 0 or not some.search(self.lower, self.end, _same_line(self.lower, self.end)):
            return before
        return self.start


def _last(some: re.Pattern[str], lower: str, start: int, end: int) -> int:
    """Where the last of the words ends, -1 where there is none."""
    place = -1
    for match in some.finditer(lower, start, end):
        place = match.end()
    return place


def _same_line(lower: str, end: int) -> int:
    line = lower.find("\n", end, end + _AFTER)
    return line if line >= 0 else end + _AFTER
