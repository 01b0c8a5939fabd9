from __future__ import annotations

import pytest

from ray_app.search.suggest import suggest
from ray_app.store.collections import DOCUMENTS
from ray_app.store.named_sources import NamedSource, save_source
from ray_app.store.scope import Scope, ScopedReader
from ray_app.store.vocabulary import MOST_WORDS, frequent_words
from tests.search.conftest import document, opened

pytestmark = pytest.mark.anyio


async def texts(index, typed, scope=Scope("default"), limit=8):  # noqa: B008
    reader = ScopedReader(index.store, scope)
    found = await suggest(reader, typed, languages=["en"], limit=limit, most_documents=200)
    return [one.text for one in found]


async def test_the_last_word_is_completed_the_most_frequent_one_first(index):
    assert await texts(index, "wareh") == ["warehouse"]
    assert (await texts(index, "prob"))[0] == "probe"
    assert await texts(index, "xyz") == []
    assert await texts(index, "  ") == []


async def test_words_before_narrow_what_may_follow(index):
    assert "Salinity electrode" in await texts(index, "Salinity el")
    assert await texts(index, "bread el") == []


async def test_titles_are_suggested(index):
    assert "lease.txt" in await texts(index, "lea")


async def test_the_limit_holds(index):
    assert len(await texts(index, "l", limit=2)) <= 2


async def test_words_of_hidden_sources_are_never_suggested(embedder, tmp_path):
    hidden = document("z.txt", "secret", "report", "2025-01-01", ["The takeover of Zanzibar Shipping."], embedder)
    async with opened(tmp_path, embedder, [hidden]) as index:
        await save_source(index.store, NamedSource(name="secret", tenant="default", uri="file:///s", groups=("staff",)))
        assert await texts(index, "zan", Scope("default", ("staff",))) == ["zanzibar"]
        assert await texts(index, "zan", Scope("default", ())) == []
        assert await texts(index, "zan", Scope("other")) == []
        places, _ = await index.store.scroll(DOCUMENTS, fields=[])
        await index.store.delete(DOCUMENTS, [one.id for one in places])
        assert await texts(index, "zan") == []


def test_frequent_words_are_those_of_the_title_and_the_most_frequent_others():
    words = frequent_words("Board minutes", ["the probe and the probe and the salt 4711"], "en")
    assert words == ["board", "minutes", "probe", "salt"]
    assert len(frequent_words("", [" ".join(f"word{chr(97 + n % 26)}{n}" for n in range(99))], "en")) == MOST_WORDS
