"""Trains the default model: a conditional random field by gradient descent, with features left out at random."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ray_app.models.ner.corpus import Annotated
from ray_app.models.ner.crf import ALLOWED, ENDS, LABELS, STARTS
from ray_app.models.ner.encoding import Examples, encode
from ray_app.models.ner.lexicon import Lexicon
from ray_app.models.ner.model import Weights

_EPOCHS = 12
_BATCH_TOKENS = 2000
_RATE, _DECAY = 0.01, 0.02
# Features that are left out at random, so that no single one decides.
_DROPPED = 0.25
# This share of the lists' names is unknown to the model while it learns.
_HIDDEN = 0.3
_NEVER = -1e4


class _Field(torch.nn.Module):
    """Scores of labels by features, and of labels after one another."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.scores = torch.nn.EmbeddingBag(features, len(LABELS), mode="sum", padding_idx=0)
        self.steps = torch.nn.Parameter(torch.zeros(len(LABELS), len(LABELS)))
        torch.nn.init.zeros_(self.scores.weight)
        self._forbidden, self._starts, self._ends = (
            torch.where(torch.tensor(allowed), 0.0, _NEVER) for allowed in (ALLOWED, STARTS, ENDS)
        )

    def loss(self, features: torch.Tensor, labels: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Minus the logarithm of the labels' probability, summed over sequences.

        `features` has shape (sequences, tokens, features), `labels` (sequences, tokens), `lengths` (sequences,), which
        fall: the longest comes first.
        """
        count, longest, _ = features.shape
        scores: torch.Tensor = self.scores(features.flatten(0, 1)).unflatten(0, (count, longest))
        steps = self.steps + self._forbidden
        inside = torch.arange(longest)[None, :] < lengths[:, None]
        right = (scores.gather(2, labels[:, :, None])[:, :, 0] * inside).sum()
        right = right + (steps[labels[:, :-1], labels[:, 1:]] * inside[:, 1:]).sum()
        reached = scores[:, 0] + self._starts
        for at in range(1, longest):
            alive = int((lengths > at).sum())
            onward = torch.logsumexp(reached[:alive, :, None] + steps, dim=1) + scores[:alive, at]
            reached = torch.cat([onward, reached[alive:]])
        total: torch.Tensor = torch.logsumexp(reached + self._ends, dim=1).sum() - right
        return total


def fit(texts: Sequence[Annotated], lexicon: Lexicon, *, seed: int) -> Weights:
    """Weights; on one machine the same for the same texts, lexicon and seed."""
    examples = encode(texts, lexicon.without_names(_HIDDEN))
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    size = max(first + values for first, values in examples.tables.values())
    field = _Field(size)
    optimizer = torch.optim.Adam(field.parameters(), lr=_RATE)
    batches = list(_batches(examples))
    steps = _EPOCHS * len(batches)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(1 - step / steps, 0.02))
    for _ in range(_EPOCHS):
        for number in chance.permutation(len(batches)):
            features, labels, lengths = _padded(examples, batches[number])
            dropped = torch.from_numpy(chance.random(features.shape, np.float32) < _DROPPED)
            loss = field.loss(features.masked_fill(dropped, 0), labels, lengths) / int(lengths.sum())
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                field.scores.weight.mul_(1 - _DECAY * schedule.get_last_lr()[0])
    return _weights(field, examples, lexicon)


def _batches(examples: Examples) -> Iterator[list[int]]:
    """Numbers of sequences, the longest first in each batch, about as many tokens in each."""
    order = sorted(range(len(examples.spans)), key=lambda number: examples.spans[number][0] - examples.spans[number][1])
    batch: list[int] = []
    longest = 0
    for number in order:
        start, end = examples.spans[number]
        if batch and (len(batch) + 1) * longest > _BATCH_TOKENS:
            yield batch
            batch = []
        longest = end - start if not batch else longest
        batch.append(number)
    if batch:
        yield batch


def _padded(examples: Examples, batch: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A batch's features, labels and lengths, as `_Field.loss` takes them."""
    spans = [examples.spans[number] for number in batch]
    lengths = np.array([end - start for start, end in spans])
    features = np.zeros((len(spans), int(lengths[0]), examples.features.shape[1]), np.int32)
    labels = np.zeros((len(spans), int(lengths[0])), np.int64)
    for row, (start, end) in enumerate(spans):
        features[row, : end - start] = examples.features[start:end]
        labels[row, : end - start] = examples.labels[start:end]
    return torch.from_numpy(features), torch.from_numpy(labels), torch.from_numpy(lengths)


def _weights(field: _Field, examples: Examples, lexicon: Lexicon) -> Weights:
    """The field as arrays, scaled to what it sums up where no feature is left out."""
    table: NDArray[np.float32] = field.scores.weight.detach().numpy() * np.float32(1 - _DROPPED)
    words = table[1 : len(examples.keys) + 1]
    telling = np.abs(words).max(axis=1) > 0.02
    return Weights(
        keys=examples.keys[telling],
        weights=words[telling],
        transitions=field.steps.detach().numpy(),
        tables={name: table[first : first + size] for name, (first, size) in examples.tables.items()},
        lexicon=lexicon,
    )
