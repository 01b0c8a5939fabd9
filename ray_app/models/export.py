"""Writes what queries need of a model, and checks that it gives the vectors that torch gives."""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from sentence_transformers import SentenceTransformer

from ray_app.errors import ModelError
from ray_app.models.onnx_embedder import run_onnx
from ray_app.models.prepared import Manifest
from ray_app.models.weights import Weights

# Largest difference of one component between torch and ONNX; rounding gives about 1e-7.
_TOLERANCE = 1e-4
_PROBES = ("a", "notice period of the lease", "Hvornår skal sygemelding ske? " * 8, "long " * 600)


def export(weights: Weights, folder: Path, *, with_onnx: bool) -> None:
    """Writes `folder` whole or not at all. Raises ModelError where ONNX cannot express what torch computes."""
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    model = SentenceTransformer(str(weights.folder), device="cpu", local_files_only=True).eval()
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".draft-"))
    try:
        model.tokenizer.backend_tokenizer.save(str(draft / "tokenizer.json"))
        if with_onnx:
            try:
                _write_onnx(model, draft / "model.onnx")
            except torch.onnx.OnnxExporterError as error:
                raise ModelError(
                    f"{weights.name} cannot be exported to ONNX; set embedding.backend to torch"
                ) from error
        manifest = _manifest(model, weights, parity=_parity(model, draft) if with_onnx else None)
        (draft / "manifest.json").write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)  # without a manifest it is the rest of a broken attempt
        draft.replace(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _manifest(model: SentenceTransformer, weights: Weights, *, parity: float | None) -> Manifest:
    prompts = {name: text or "" for name, text in model.prompts.items()}
    return Manifest(
        name=weights.name,
        sha256=weights.sha256,
        dimension=model.get_embedding_dimension() or 0,
        max_tokens=min(model.max_seq_length or 512, 8192),
        special_tokens=model.tokenizer.num_special_tokens_to_add(pair=False),
        query_prompt=prompts.get("query", ""),
        passage_prompt=prompts.get("document") or prompts.get("passage", ""),
        parity=parity,
    )


def _write_onnx(model: SentenceTransformer, path: Path) -> None:
    class Sentence(torch.nn.Module):
        """Token ids to sentence vector: what `encode` does between tokenizer and result."""

        def __init__(self, layers: SentenceTransformer) -> None:
            super().__init__()
            self.layers = layers

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            features = self.layers({"input_ids": input_ids, "attention_mask": attention_mask})
            return torch.nn.functional.normalize(features["sentence_embedding"], dim=1)

    tokens = torch.ones((2, 8), dtype=torch.int64)
    axes = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter warns about its own dependencies
        torch.onnx.export(
            Sentence(model),
            (tokens, tokens.clone()),  # two tensors: one would become a single input
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["sentence_embedding"],
            dynamic_shapes={"input_ids": axes, "attention_mask": axes},
            dynamo=True,
            external_data=True,  # one file may hold no more than 2 GB
            verbose=False,
        )


def _parity(model: SentenceTransformer, folder: Path) -> float:
    expected = model.encode(list(_PROBES), normalize_embeddings=True)
    got = run_onnx(folder, list(_PROBES), max_tokens=model.max_seq_length or 512)
    difference = float(np.abs(expected - got).max())
    if difference > _TOLERANCE:
        raise ModelError(f"the exported model differs from torch by {difference:.1e}; set embedding.backend to torch")
    return difference
