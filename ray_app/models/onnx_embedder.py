"""Embedding through onnxruntime: starts in a fifth of a second, and is the quicker on CPUs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from ray_app.models.embedder import Vectors
from ray_app.models.prepared import PreparedModel
from ray_app.settings import EmbeddingSettings

# Texts in one pass: each is padded to the longest, and a larger batch leaves the core's cache
# (docs/benchmarks.md has the figures).
_BATCH = 2


class OnnxEmbedder:
    """The prepared model in this process. Safe for several threads."""

    def __init__(self, model: PreparedModel, settings: EmbeddingSettings, *, threads: int) -> None:
        self.manifest = model.manifest
        self._batch_size = settings.batch_size or _BATCH
        self._tokenizer = _tokenizer(model.folder, model.manifest.max_tokens)
        self._session = _session(model.folder, threads)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed([self.manifest.passage_prompt + text for text in texts])

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed([self.manifest.query_prompt + text for text in texts])

    def _embed(self, texts: list[str]) -> Vectors:
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors = np.empty((len(texts), self.manifest.dimension), np.float32)
        for start in range(0, len(order), self._batch_size):
            batch = order[start : start + self._batch_size]
            vectors[batch] = _run(self._session, self._tokenizer, [texts[i] for i in batch])
        return vectors


def run_onnx(folder: Path, texts: list[str], *, max_tokens: int) -> Vectors:
    """One pass over all texts, for the check that follows an export."""
    return _run(_session(folder, threads=1), _tokenizer(folder, max_tokens), texts)


def _run(session: onnxruntime.InferenceSession, tokenizer: Tokenizer, texts: list[str]) -> Vectors:
    encoded = tokenizer.encode_batch(texts)
    inputs = {
        "input_ids": np.array([one.ids for one in encoded], np.int64),
        "attention_mask": np.array([one.attention_mask for one in encoded], np.int64),
    }
    vectors: Vectors = session.run(None, inputs)[0]
    return vectors


def _session(folder: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Idle threads that spin would take a core from the ingest beside a quiet server.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])


def _tokenizer(folder: Path, max_tokens: int) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(max_tokens)
    tokenizer.enable_padding(pad_id=_pad_id(tokenizer))
    return tokenizer


def _pad_id(tokenizer: Tokenizer) -> int:
    known = (tokenizer.token_to_id(token) for token in ("[PAD]", "<pad>", "<|endoftext|>"))
    return next((number for number in known if number is not None), 0)  # masked: any id will do
