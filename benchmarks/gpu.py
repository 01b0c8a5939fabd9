"""What a GPU embeds in a second, by passages in one forward pass, and how far its vectors are from the CPU's.

    python -m benchmarks.gpu TEXTS.jsonl [--passages N]

Each line of the file has a `text`. They are embedded as an ingest does it on a GPU, through torch: in blocks, each
sorted by length. The CPU's speed is that of torch with all threads, on the first few hundred.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from ray_app.models.embedder import Vectors
from ray_app.models.prepared import PreparedModel, prepare_model
from ray_app.models.torch_embedder import TorchEmbedder
from ray_app.settings import EmbeddingSettings, Settings

_BATCH_SIZES = (16, 32, 64, 128, 256, 512, 1024)
# Passages that one call embeds; and those that the CPU embeds too.
_BLOCK = 4096
_COMPARED = 512


def main() -> None:
    """Prints a row for the CPU, and one for each batch size on the GPU."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--passages", type=int, default=20_000)
    arguments = parser.parse_args()
    with arguments.file.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in islice(lines, arguments.passages)]
    # What runs on a GPU is torch: nothing has to be exported for it.
    settings = Settings().embedding.model_copy(update={"backend": "torch"})
    prepared = prepare_model(Settings(embedding=settings))
    print(f"{torch.cuda.get_device_name()}; {len(texts)} passages")
    cpu, seconds = _embedded(texts[:_COMPARED], prepared, settings, gpu=False)
    print(f"CPU               {len(cpu) / seconds:9.0f} passages/s")
    for size in _BATCH_SIZES:
        torch.cuda.reset_peak_memory_stats()
        vectors, seconds = _embedded(texts, prepared, settings.model_copy(update={"batch_size": size}), gpu=True)
        apart = float(np.abs(vectors[: len(cpu)] - cpu).max())
        memory = torch.cuda.max_memory_allocated() / 2**20
        print(
            f"GPU, {size:4} at a time {len(texts) / seconds:9.0f} passages/s  "
            f"{memory:6.0f} MB  {apart:.1e} from the CPU's at most",
            flush=True,
        )


def _embedded(
    texts: Sequence[str], prepared: PreparedModel, settings: EmbeddingSettings, *, gpu: bool
) -> tuple[Vectors, float]:
    """The vectors, and the seconds that they took without loading the model and without the first pass."""
    embedder = TorchEmbedder(prepared, settings, threads=os.cpu_count() or 1, gpu=gpu)
    embedder.embed_passages(texts[:_COMPARED])
    started = time.perf_counter()
    blocks = [embedder.embed_passages(texts[start : start + _BLOCK]) for start in range(0, len(texts), _BLOCK)]
    return np.concatenate(blocks), time.perf_counter() - started


if __name__ == "__main__":
    main()
