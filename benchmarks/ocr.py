"""How well, how fast and in how much memory each OCR engine reads pages whose text is known.

    python -m benchmarks.ocr [--documents FOLDER ...] [--pages N] [--dpi 200]

Pages of PDFs are drawn as images; the truth is the PDFs' own text layer. Counted are words, whatever their order:
recall is the share of the truth that was read, precision the share of what was read that is true, glued the share of
the truth that was read as part of two neighbouring words without the space. Seconds are CPU time in one thread, so
that other work on the machine does not count. Each engine runs in a process of its own, whose peak memory is printed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import re
import resource
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

import pypdfium2 as pdfium

from ray_app.errors import ParsingError
from ray_app.parsing.ocr_engines import open_engine
from ray_app.parsing.pdf_scan import draw
from ray_app.settings import OcrSettings

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data" / "A_pdf"
FOLDERS = [*([SHARED] if SHARED.is_dir() else []), ROOT / "examples" / "documents"]
ENGINES = ("tesseract", "rapidocr")
LEAST_WORDS = 60
# Letters that an engine was never asked for would say nothing about it.
LATIN = re.compile(r"[\x00-\x7fæøåÆØÅäöüÄÖÜßé–—’‘“”•§°€±×…\s]")
DANISH = re.compile(r"\b(og|ikke|skal|med|er|til)\b")


@dataclass(frozen=True, slots=True)
class Sample:
    """One page with its truth."""

    path: Path
    index: int
    truth: str

    @property
    def group(self) -> str:
        language = "Danish" if len(DANISH.findall(self.truth)) > 8 else "English"
        return f"examples, {language}" if ROOT in self.path.parents else "shared PDFs"


@dataclass(frozen=True, slots=True)
class Score:
    """How one page was read."""

    group: str
    recall: float
    precision: float
    glued: float
    seconds: float
    confidence: float


def main() -> None:
    """Prints a table of engines by group of pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=Path, nargs="+", default=FOLDERS)
    parser.add_argument("--pages", type=int, default=60, help="most pages, one of a document")
    parser.add_argument("--dpi", type=int, default=200)
    parser.add_argument("--engines", nargs="+", default=ENGINES)
    wanted = parser.parse_args()
    found = [sample for folder in wanted.documents for sample in samples(folder)]
    random.Random(1).shuffle(found)
    print("| engine | pages | n | recall | precision | glued | CPU s a page | confidence | peak memory |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|")
    for engine in wanted.engines:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            report(engine, *pool.apply(measure, (engine, found[: wanted.pages], wanted.dpi)))


def samples(folder: Path) -> Iterator[Sample]:
    """The first page with enough Latin text of every PDF."""
    for path in sorted(folder.rglob("*.pdf")):
        try:
            with pdfium.PdfDocument(path) as document:
                truths = (clean(document[index].get_textpage().get_text_range()) for index in range(len(document)))
                yield from ([Sample(path, *page) for page in enumerate(truths) if is_readable(page[1])][:1])
        except pdfium.PdfiumError:
            continue  # with a password, or none at all


def measure(engine: str, pages: Sequence[Sample], dpi: int) -> tuple[list[Score], int]:
    """Reads all pages; returns their scores, and this process's peak memory in megabytes."""
    reader: Any = open_engine(OcrSettings.model_validate({"engine": engine}))
    scores = []
    for sample in pages:
        with pdfium.PdfDocument(sample.path) as document:
            image = draw(document, sample.index, dpi)
        if image is None:
            raise ParsingError("damaged", f"{sample.path} cannot be drawn")
        started = time.process_time()
        reading = reader.read(image)
        scores.append(score(sample, reading.text, time.process_time() - started, reading.confidence))
    return scores, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def score(sample: Sample, text: str, seconds: float, confidence: float) -> Score:
    """Compares words."""
    truth, read = words(sample.truth), words(text)
    wanted, got = Counter(truth), Counter(read)
    hits = (wanted & got).total()
    pairs = Counter(first + second for first, second in pairwise(truth))
    glued = 2 * ((got - wanted) & pairs).total()
    return Score(sample.group, hits / len(truth), hits / max(1, len(read)), glued / len(truth), seconds, confidence)


def report(engine: str, scores: Sequence[Score], megabytes: int) -> None:
    """One line for each group of pages."""
    for group in sorted({score.group for score in scores}):
        some = [score for score in scores if score.group == group]
        recall, precision, glued, seconds, confidence = (
            mean(getattr(score, name) for score in some)
            for name in ("recall", "precision", "glued", "seconds", "confidence")
        )
        print(
            f"| {engine} | {group} | {len(some)} | {recall:.3f} | {precision:.3f} | {glued:.3f} "
            f"| {seconds:.1f} | {confidence:.2f} | {megabytes} MB |",
            flush=True,
        )


def words(text: str) -> list[str]:
    """In lower case, without punctuation."""
    return re.findall(r"\w+", text.casefold())


def clean(text: str) -> str:
    """Words whole again that PDFium marks as hyphenated."""
    return re.sub("[\ufffe\u0002](\r?\n)?", "", text)


def is_readable(text: str) -> bool:
    """Enough words, in letters that the engines know."""
    return len(words(text)) >= LEAST_WORDS and len(LATIN.sub("", text)) < 0.03 * len(text)


if __name__ == "__main__":
    main()
