"""What other libraries' models have in common: their labels, and the pieces of text that they are given."""

from __future__ import annotations

from collections.abc import Iterator

from ray_app.models.ner.tokens import sequences

# OntoNotes, CoNLL and their like: https://spacy.io/models, https://huggingface.co/models?pipeline_tag=token-classification
_KINDS = {
    **dict.fromkeys(("PER", "PERSON", "PRS"), "person"),
    **dict.fromkeys(("ORG", "ORGANIZATION", "ORGANISATION"), "organisation"),
    **dict.fromkeys(("LOC", "LOCATION", "GPE", "GPE_LOC", "FAC", "PLACE"), "place"),
}
# Longer pieces are more than such models read at once; shorter ones tell them too little.
_MOST_CHARS = 1000


def kind_of_label(label: str) -> str | None:
    """Our kind for a library's label, in any case; None for dates, sums and the like."""
    return _KINDS.get(label.upper().removeprefix("B-").removeprefix("I-"))


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """Spans of a text, each of whole paragraphs and at most 1,000 characters, unless a single word is longer."""
    spans = [(one[0][0].start, one[-1][-1].end) for one in sequences(text)]
    if not spans:
        return
    start, end = spans[0]
    for first, last in spans[1:]:
        if last - start > _MOST_CHARS:
            yield start, end
            start = first
        end = last
    yield start, end
