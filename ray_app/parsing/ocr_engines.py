"""The programs that read text off an image: Tesseract where its data is installed, else RapidOCR.

Both run in this process: the sandbox starts no programs. Each is loaded at its first image.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ray_app.errors import ParsingError
from ray_app.settings import OcrSettings

if TYPE_CHECKING:
    from PIL.Image import Image

# A line that is less sure than this is a pattern on the paper, not text.
_LEAST_SURE = 0.35
_DPI = 200
# Tesseract wants letters 20 pixels high: of a page of 612 x 792 it read 210 words, of the same page enlarged 468.
_SMALL = 1500


@dataclass(frozen=True, slots=True)
class Reading:
    """Lines in reading order, and how sure each is from 0 to 1."""

    lines: tuple[tuple[str, float], ...]

    @property
    def text(self) -> str:
        return "\n".join(text for text, _ in self.lines)

    @property
    def confidence(self) -> float:
        """The mean over the characters; 0 without any."""
        characters = sum(len(text) for text, _ in self.lines)
        return round(sum(len(text) * sure for text, sure in self.lines) / characters, 3) if characters else 0.0

    def surer_than(self, least: float) -> Reading:
        return Reading(tuple((text, sure) for text, sure in self.lines if sure >= least))


class Engine(Protocol):
    """Reads one image of mode L or RGB."""

    def read(self, image: Image) -> Reading: ...


class Tesseract:
    """Tesseract's LSTM models, by tesserocr. It turns pages that lie on their side where `osd` data is installed."""

    def __init__(self, data: Path, languages: tuple[str, ...]) -> None:
        from tesserocr import OEM, PSM, PyTessBaseAPI

        mode = PSM.AUTO_OSD if (data / "osd.traineddata").exists() else PSM.AUTO
        self._api = PyTessBaseAPI(path=f"{data}/", lang="+".join(languages), psm=mode, oem=OEM.LSTM_ONLY)
        self._api.SetVariable("debug_file", "")  # else it crashes where it may not write to /dev/null

    def read(self, image: Image) -> Reading:
        grey = _enlarged(image.convert("L"))
        # The raw pixels: SetImage would go by way of an image file, for which the sandbox gives no place.
        self._api.SetImageBytes(grey.tobytes(), grey.width, grey.height, 1, grey.width)
        self._api.SetSourceResolution(_DPI)  # only sizes in its output depend on it
        try:
            return Reading(tuple(self._lines())).surer_than(_LEAST_SURE)
        finally:
            self._api.Clear()

    def _lines(self) -> Iterator[tuple[str, float]]:
        from tesserocr import RIL, iterate_level

        if not self._api.Recognize():
            return
        for line in iterate_level(self._api.GetIterator(), RIL.TEXTLINE):
            if not line.Empty(RIL.TEXTLINE) and (text := line.GetUTF8Text(RIL.TEXTLINE).strip()):
                yield text, line.Confidence(RIL.TEXTLINE) / 100


class Rapid:
    """PP-OCRv6 by RapidOCR: Chinese, English and the Latin languages in one model, which comes with the package."""

    def __init__(self) -> None:
        import cv2
        from rapidocr import RapidOCR

        cv2.setNumThreads(1)
        self._engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                # Lines of one batch are padded to the longest: a batch of six took half as long again.
                "Rec.rec_batch_num": 1,
            }
        )

    def read(self, image: Image) -> Reading:
        import numpy as np

        pixels = np.asarray(image.convert("RGB"))[:, :, ::-1]  # RapidOCR, like OpenCV, takes BGR
        found: Any = self._engine(np.ascontiguousarray(pixels))
        lines = zip(found.txts or (), map(float, found.scores or ()), strict=True)
        return Reading(tuple(lines)).surer_than(_LEAST_SURE)


def open_engine(settings: OcrSettings) -> Engine:
    """The engine that the settings name; `auto` is Tesseract where it has data for every language.

    Raises ParsingError(`ocr_missing`) where Tesseract is named and is not there.
    """
    data = _tessdata(settings.languages) if settings.engine != "rapidocr" else None
    if data:
        return Tesseract(data, settings.languages)
    if settings.engine == "tesseract":
        names = ", ".join(f"tesseract-ocr-{language}" for language in settings.languages)
        raise ParsingError(
            "ocr_missing", f"Tesseract is not installed: pip install 'ray-app[tesseract]', and its data ({names})"
        )
    return Rapid()


def _tessdata(languages: tuple[str, ...]) -> Path | None:
    try:
        import tesserocr  # noqa: F401 - only whether it is there
    except ImportError:
        return None
    return next((place for place in _places() if all((place / f"{x}.traineddata").exists() for x in languages)), None)


def _places() -> Iterator[Path]:
    if given := os.environ.get("TESSDATA_PREFIX"):
        yield Path(given)
        yield Path(given) / "tessdata"
    yield from sorted(Path("/usr/share/tesseract-ocr").glob("*/tessdata"), reverse=True)  # Debian, by version
    yield from (Path(root) / "share" / "tessdata" for root in (sys.prefix, "/usr", "/usr/local", "/opt/homebrew"))


def _enlarged(image: Image) -> Image:
    return image.resize((image.width * 2, image.height * 2)) if max(image.size) < _SMALL else image
