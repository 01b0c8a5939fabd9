"""Lists of high-risk words, read from files and arranged to be found in one pass over a text.

A list is a YAML file named by its language (`da.yaml`): categories, each with its terms; `lists/en.yaml` explains the
signs that terms are written with. The category `false_friends` holds phrases in which nothing counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

from ray_app.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

FALSE_FRIENDS = "false_friends"
# Words as they are cut from terms and texts alike: an apostrophe within is a part, a hyphen is not. The marks are
# accents of decomposed letters.
WORD = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*|['’][^\W_]+)*")
_LISTS = Path(__file__).parent / "lists"
# Snowball's names of languages whose words are reduced to stems; in others a term is found as it is written.
_STEMMERS = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
}
# What inflection adds to words of these languages. Stems alone join what derivation parts: hospital and hospitalised,
# several and severance. In other languages the stem decides.
_ENDINGS = {
    "en": "s es 's d ed e ing y ies ied",
    "da": "s e es en ens et ets er ers ere erne ernes ene enes est este ede ende n ns ne nes t te ts r rs rne rnes",
}
# Short beginnings would take in half the dictionary.
_LEAST_BEGINNING = 3
_KEPT_WORDS = 50_000


class Term(NamedTuple):
    """A term as its list has it."""

    category: str
    text: str


@dataclass(slots=True)
class Node:
    """What may follow the words read so far, and the terms that end with them."""

    following: dict[str, Node] = field(default_factory=dict)
    terms: list[Term] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The terms of one language as a tree of keys, one level a word.

    A word has several keys: each word of a term that it is an inflection of, `=` with the word itself, `!` with a word
    of capitals, and its beginnings with a `*`. `stems` leads to the words of terms that have this stem; `beginnings`
    holds the lengths that beginnings in the list have.
    """

    language: str
    root: Node
    keys: frozenset[str]
    stems: dict[str, tuple[str, ...]]
    beginnings: tuple[int, ...]

    def keys_of(self, word: str, stem: Callable[[str], str]) -> tuple[str, ...]:
        """The keys by which a word of a text may be in the list; mostly none."""
        plain = plain_form(word)
        inflected = (form for form in self.stems.get(stem(plain), ()) if _are_forms(form, plain, self.language))
        others = [f"={plain}", *(f"{plain[:length]}*" for length in self.beginnings)]
        if word.isupper():
            others.append(f"!{word}")
        return tuple(dict.fromkeys([*inflected, *(key for key in others if key in self.keys)]))


@cache
def read_lexicon(language: str, own: Path | None = None) -> Lexicon | None:
    """The supplied list of a language (ISO 639-1) together with the one in the folder `own`; None without either.

    Read once a process. Raises ConfigurationError, naming the file, where one is not a list of words.
    """
    folders = [_LISTS, own] if own else [_LISTS]
    paths = [path for folder in folders if (path := folder / f"{language}.yaml").exists()]
    return build_lexicon(language, [term for path in paths for term in _read(path)]) if paths else None


@cache
def known_languages(own: Path | None = None) -> tuple[str, ...]:
    """Languages that there are lists of. Raises ConfigurationError where the folder `own` is missing."""
    if own and not own.is_dir():
        raise ConfigurationError(f"the folder {own} of the setting privacy.words_dir does not exist")
    folders = [_LISTS, own] if own else [_LISTS]
    return tuple(sorted({path.stem for folder in folders for path in folder.glob("*.yaml")}))


def build_lexicon(language: str, terms: Iterable[Term]) -> Lexicon:
    """The tree of these terms."""
    root, keys = Node(), set()
    for term in terms:
        node = root
        for key in _keys(term.text):
            keys.add(key)
            node = node.following.setdefault(key, Node())
        if term not in node.terms:
            node.terms.append(term)
    beginnings = tuple(sorted({len(key) - 1 for key in keys if key.endswith("*")}))
    return Lexicon(language, root, frozenset(keys), _by_stem(language, keys), beginnings)


def _by_stem(language: str, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    stem, found = stemmer(language), defaultdict(list)
    for key in sorted(keys):
        if key[0] not in "=!" and not key.endswith("*"):
            found[stem(key)].append(key)
    return {one: tuple(words) for one, words in found.items()}


def _are_forms(one: str, other: str, language: str) -> bool:
    """Whether two words with one stem differ in endings of inflection only, a doubled letter before them perhaps."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return all(_is_ending(word[shared:], word[shared - 1 : shared], language) for word in (one, other))


def _is_ending(rest: str, before: str, language: str) -> bool:
    if not rest or language not in _ENDINGS:
        return True
    endings = _ENDINGS[language].split()
    return rest in endings or (rest[0] == before and rest[1:] in endings)


@lru_cache(_KEPT_WORDS)
def keys_of(word: str, language: str, own: Path | None) -> tuple[str, ...]:
    """The keys of a word in the list of a language that there is one of; most words come again."""
    lexicon = read_lexicon(language, own)
    return lexicon.keys_of(word, stemmer(language)) if lexicon else ()


def stemmer(language: str) -> Callable[[str], str]:
    """Words of plain form to stems. It is for one thread only."""
    if language not in _STEMMERS:
        return str
    import Stemmer

    stem: Callable[[str], str] = Stemmer.Stemmer(_STEMMERS[language]).stemWord
    return stem


def plain_form(word: str) -> str:
    """A word in lower case, composed, with a typewriter's apostrophe."""
    return unicodedata.normalize("NFC", word).lower().replace("’", "'")


def _keys(term: str) -> Iterator[str]:
    """The keys of a term's words, in order. A `=` before the term is meant for each of its words."""
    exact = term.startswith("=")
    for match in WORD.finditer(term):
        word = match[0]
        if term[match.end() : match.end() + 1] == "*":
            yield f"{plain_form(word)}*"
        elif exact:
            yield f"={plain_form(word)}"
        elif word.isupper() and len(word) > 1:
            yield f"!{word}"
        else:
            yield plain_form(word)


def _read(path: Path) -> Iterator[Term]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"cannot read the words of {path}: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path} must hold a mapping of categories to lists of terms")
    for category, terms in content.items():
        if not isinstance(terms, list):
            raise ConfigurationError(f"{path}: the category {category} must hold a list of terms")
        yield from (_checked(str(category), term, path) for term in terms)


def _checked(category: str, term: object, path: Path) -> Term:
    if not isinstance(term, str) or not WORD.search(term):
        raise ConfigurationError(f"{path}: the category {category} holds {term!r}, which is no term; quote it if it is")
    beginnings = [match[0] for match in WORD.finditer(term) if term[match.end() : match.end() + 1] == "*"]
    if any(len(beginning) < _LEAST_BEGINNING for beginning in beginnings):
        raise ConfigurationError(f"{path}: {term!r} takes in too many words; write {_LEAST_BEGINNING} letters before *")
    return Term(category, term)
