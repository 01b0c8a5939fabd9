"""The sentences of a passage."""

from __future__ import annotations

import re

import sentencex

# What has no word in it, such as a line of dashes, is no sentence.
_WORD = re.compile(r"\w")
# Languages whose rules are unknown here are cut by English ones.
_OTHERWISE = "en"


def sentence_spans(text: str, language: str) -> list[tuple[int, int]]:
    """Where each sentence stands, in order, without the white space around it."""
    spans = []
    for one in sentencex.get_sentence_boundaries(language or _OTHERWISE, text):
        start, end = one["start_index"], one["end_index"]
        inner = text[start:end]
        if _WORD.search(inner):
            spans.append((start + len(inner) - len(inner.lstrip()), end - (len(inner) - len(inner.rstrip()))))
    return spans
