"""How files are read, and what is made of their text."""

from __future__ import annotations

from typing import Literal

from pydantic import (
    Field,
    FieldSerializationInfo,
    SecretStr,
    field_serializer,
)

from ray_app.settings.group import Group


class EmbeddingSettings(Group):
    """The model that gives meaning its vectors."""

    model: str = Field(
        "sentence-transformers/all-MiniLM-L6-v2",
        description="A sentence-transformers model: a folder or a hub name. "
        "The default is English; for other languages name a multilingual one.",
    )
    sha256: str | None = Field(
        None, description="Refuse weights whose SHA-256 is another; the default model is always pinned."
    )
    backend: Literal["onnx", "torch"] | None = Field(
        None,
        description="What runs the model; unset: torch in an ingest on GPUs, else ONNX, the quicker on CPUs. "
        "Name torch for a model that cannot be exported to ONNX.",
    )
    batch_size: int | None = Field(
        None,
        gt=0,
        description="Passages in one forward pass; unset: 64 on a GPU, 8 with torch on a CPU, 2 with ONNX: "
        "small batches are hardly padded and stay in a core's cache.",
    )
    threads: int | None = Field(
        None,
        gt=0,
        description="CPU threads of one embedding worker; unset: 1 where memory allows a worker per CPU.",
    )
    device: str | None = Field(None, description="torch device such as cuda:1; unset: the GPU that Ray gives.")


class ChunkingSettings(Group):
    """How pages are cut into passages."""

    max_tokens: int | None = Field(
        None, ge=16, description="Longest passage in the model's tokens; unset: what the model reads at most."
    )
    overlap_tokens: int = Field(0, ge=0, description="Tokens that a passage repeats of the one before it.")


class OcrSettings(Group):
    """Reading images and scanned pages (OCR)."""

    engine: Literal["auto", "tesseract", "rapidocr", "off"] = Field(
        "auto",
        description="What reads images. auto: Tesseract where it and its languages are installed, else RapidOCR.",
    )
    languages: tuple[str, ...] = Field(
        ("eng", "dan"),
        min_length=1,
        description="Tesseract's names of the languages to expect; RapidOCR reads Latin letters in any language.",
    )
    max_pages: int = Field(
        50, gt=0, description="Most scanned pages and pictures of one document that are read by OCR."
    )
    timeout_s: float = Field(
        90.0,
        gt=0,
        description="After this time no further page of a document is read by OCR; keep it below parsing.cpu_s.",
    )


class ParsingSettings(Group):
    """Limits of the process that reads files."""

    timeout_s: float = Field(180.0, gt=0, description="Longest time for one document.")
    cpu_s: float = Field(
        120.0, gt=0, description="Most CPU time for one document: unlike time, it is the same on a busy machine."
    )
    start_wait_s: float = Field(
        120.0,
        ge=0,
        description="How long an ingest goes on trying where the parsing process cannot start, for want of memory say.",
    )
    memory_mb: int = Field(2048, ge=256, description="Most memory of the process that parses.")
    max_file_mb: int = Field(100, gt=0, description="Largest file that is read.")
    max_text_mb: int = Field(64, gt=0, description="Most text of one document; beyond it is a bomb.")
    max_children_mb: int = Field(
        512,
        gt=0,
        description="Most megabytes of files inside one document (attachments, members of an archive), and of the text "
        "that they unfold to, at all depths together; beyond it is a bomb.",
    )
    max_depth: int = Field(
        3,
        ge=0,
        description="How many files deep files in files are opened: an attachment in a mail in an archive is 3.",
    )
    max_documents: int = Field(
        10_000,
        gt=0,
        description="Documents after which the parsing process is renewed, against leaks: it takes half a second.",
    )
    max_growth_mb: int = Field(
        1024, gt=0, description="Growth of its memory after which the parsing process is renewed."
    )
    passwords: tuple[SecretStr, ...] = Field(
        (), description="Passwords that are tried on protected PDF, Office and zip files, in this order."
    )
    archive_members: int = Field(10_000, gt=0, description="Most files in one archive; beyond it is a bomb.")
    archive_mb: int = Field(256, gt=0, description="Most megabytes that one archive expands to; beyond it is a bomb.")
    ocr: OcrSettings = OcrSettings()

    @field_serializer("passwords")
    def _masked(self, passwords: tuple[SecretStr, ...], info: FieldSerializationInfo) -> list[str]:
        """Passwords leave the process only where asked for: `model_dump_json(context={"secrets": True})`."""
        shown = bool(info.context and info.context.get("secrets"))
        return [password.get_secret_value() if shown else str(password) for password in passwords]


class ClassificationSettings(Group):
    """How classifiers are trained, and labels before one is."""

    features: Literal["words", "embedding", "both"] = Field(
        "both", description="What a classifier that is trained looks at: words, the embedding's meaning, or both."
    )
    precision: float = Field(
        0.9,
        gt=0,
        lt=1,
        description="How often a label that is told as sure shall be right; training finds each label's threshold.",
    )
    language_documents: int | None = Field(
        None,
        gt=0,
        description="A language with so many labelled documents gets a classifier of its own, which learns from them "
        "alone; unset: one classifier for all languages, which is better where a language has few documents.",
    )
    retrain_after: int = Field(
        20, gt=0, description="`ray-app train --watch` trains anew after so many newly labelled documents."
    )
    licence: str = Field("", description="Under which licence trained classifiers stand: it is noted in them.")
    descriptions: dict[str, str] = Field(
        default_factory=lambda: {
            "invoice": "an invoice or bill with amounts to pay, due date and bank account",
            "contract": "a contract or agreement between parties with clauses, terms and signatures",
            "cv": "a curriculum vitae: a person's education, work experience and skills",
            "letter": "a letter from one person or company to another",
            "report": "a report with findings, figures, analysis and conclusions",
            "minutes": "minutes of a meeting: participants, agenda, decisions and actions",
            "policy": "a policy: rules that employees must follow",
            "technical-note": "a technical note: how a device or a system works and is configured",
        },
        description="Label: description. Used to classify by meaning until a classifier is trained.",
    )
    zero_shot_temperature: float = Field(
        0.05, gt=0, description="Sharpness of probabilities by description: small is sure, large is even."
    )


class PageSettings(Group):
    """Images of pages."""

    width: int = Field(1000, gt=0, description="Width in pixels where none is asked for.")
    max_width: int = Field(2400, gt=0, description="Largest width that may be asked for, in pixels.")
    timeout_s: float = Field(
        20.0, gt=0, description="Longest time, and most CPU time, for the image of one page; then the request fails."
    )
