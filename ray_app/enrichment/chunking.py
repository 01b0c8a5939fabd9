"""Pages to passages that end at paragraph and sentence borders and fit the embedding model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache

from semantic_text_splitter import TextSplitter
from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from ray_app.records import Chunk, Page

# Bump when the same pages would be cut otherwise: it is part of the pipeline's version.
CHUNKING_VERSION = "1"
_KEPT_WORDS = 50_000
_LONGEST_WORD = 100  # longer ones hardly come again


def make_splitter(tokenizer: Tokenizer, max_tokens: int, overlap_tokens: int) -> TextSplitter:
    """A splitter that counts in the model's own tokens, special ones left out.

    It takes the largest unit (paragraph, sentence by Unicode's rules, word, character) whose pieces fit.
    """
    unbounded = Tokenizer.from_str(tokenizer.to_str())
    unbounded.no_truncation()
    unbounded.no_padding()
    if not isinstance(unbounded.pre_tokenizer, BertPreTokenizer):
        return TextSplitter.from_huggingface_tokenizer(unbounded, max_tokens, overlap=overlap_tokens)
    return TextSplitter.from_callback(count_by_words(unbounded), max_tokens, overlap=overlap_tokens)


def count_by_words(tokenizer: Tokenizer) -> Callable[[str], int]:
    """Counts a text's tokens, special ones left out, by those of its words: no token may span white space.

    A splitter asks for each stretch of a text five times, and most words of a text come again: looking them up takes a
    quarter of the time.
    """

    def count(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    known = lru_cache(_KEPT_WORDS)(count)

    def counted(text: str) -> int:
        words = text.replace("\n", " ").split(" ")
        return sum(known(word) if len(word) <= _LONGEST_WORD else count(word) for word in words)

    return counted


def chunk(pages: Sequence[Page], splitter: TextSplitter) -> tuple[Chunk, ...]:
    """The passages of all pages, in order. Each lies within one page; only white space is left out between them."""
    pieces = ((page, start, text) for page in pages for start, text in splitter.chunk_indices(page.text) if text)
    return tuple(
        Chunk(ordinal, text, page.number, start, start + len(text), page.confidence)
        for ordinal, (page, start, text) in enumerate(pieces)
    )


def pages_of(chunks: Sequence[Chunk]) -> tuple[Page, ...]:
    """The pages that passages were cut from: each character where it was, white space between passages as spaces.

    White space behind a page's last passage is gone, and so are pages without text; a passage that stands on no page
    (`name_chunk`) makes none.
    """
    parts: dict[int, list[str]] = defaultdict(list)  # one text that grows would be copied for each of its passages
    lengths: dict[int, int] = defaultdict(int)
    confidences: dict[int, float | None] = {}
    for piece in chunks:
        length = lengths[piece.page]
        if piece.end > length:
            new = piece.text[max(0, length - piece.start) :]  # passages may overlap
            parts[piece.page] += [" " * (piece.start - length), new]
            lengths[piece.page] = max(length, piece.start) + len(new)
            confidences[piece.page] = piece.confidence
    return tuple(Page(number, "".join(text), confidences[number]) for number, text in sorted(parts.items()))


def name_chunk(title: str) -> tuple[Chunk, ...]:
    """The one passage by which a document without text is found: its title, which stands on no page."""
    return (
        Chunk(
            ordinal=0,
            text=" ".join(title.replace("_", " ").replace("-", " ").split()),
            page=1,
            start=0,
            end=0,
        ),
    )
