"""How much memory an ingest takes where every document has 40 to 50 MB.

    python -m benchmarks.large [--documents 200]

Most large files are large by their pictures, some by their text: of a hundred, 95 are Word files with photographs,
alone, attached to a mail or in a zip; three are plain text or CSV; two are PDFs of two thousand pages, made
of those in ../shared/data. They are read with `--embed later` and OCR off, in blocks of one document each, and the
peak memory of each kind of process is printed. Needs 10 GB of disk.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from itertools import cycle, islice
from pathlib import Path

from benchmarks.one_run import apart, ingest_once, prepare_models, with_models
from benchmarks.scale import TEXTS

PDFS = TEXTS.parents[1] / "A_pdf"
MB = 1 << 20
# How many of a hundred documents are of each kind.
MIXTURE = {"docx": 47, "eml": 26, "zip": 22, "txt": 2, "csv": 1, "pdf": 2}


def main() -> None:
    """Makes the documents, ingests them once, and prints the peaks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=200)
    wanted = parser.parse_args().documents
    if not PDFS.is_dir():
        sys.exit(f"skipped: {PDFS} is not here")
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "documents"
        folder.mkdir()
        for number, kind in enumerate(islice(cycle(_shuffled()), wanted)):
            (folder / f"{number:03}.{kind}").write_bytes(MAKERS[kind](random.Random(number)))
        sizes = [path.stat().st_size / MB for path in folder.iterdir()]
        print(f"{len(sizes)} documents of {min(sizes):.0f} to {max(sizes):.0f} MB, {sum(sizes) / 1024:.1f} GB in all")
        data_dir = with_models(Path(home) / "data", apart(prepare_models, Path(home) / "models"))
        run = apart(ingest_once, folder, data_dir, embed="later", ocr="off")
    print(f"{run.documents - run.quarantined} indexed, {run.quarantined} quarantined, {run.chunks} passages")
    print(f"{run.working_s:.0f} s at work, {run.spilled_mb:.0f} MB spilled, index of {run.index_mb:.0f} MB")
    peaks = ", ".join(f"{kind} {megabytes:.0f} MB" for kind, megabytes in sorted(run.by_kind.items()))
    print("peak memory by kind of process:", peaks)


def _shuffled() -> list[str]:
    kinds = [kind for kind, count in MIXTURE.items() for _ in range(count)]
    random.Random(0).shuffle(kinds)
    return kinds


def _size(chance: random.Random) -> int:
    return chance.randint(40 * MB, 50 * MB)


def _lines() -> list[str]:
    with gzip.open(TEXTS, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def _prose(chance: random.Random, size: int, separator: str) -> bytes:
    """So many bytes of sentences in another order each time."""
    lines = _lines()
    chosen = io.BytesIO()
    while chosen.tell() < size:
        chosen.write((chance.choice(lines) + separator).encode())
    return chosen.getvalue()


def _txt(chance: random.Random) -> bytes:
    return _prose(chance, _size(chance), "\n\n")


def _csv(chance: random.Random) -> bytes:
    lines = [line.replace('"', "'") for line in _lines()]
    rows = io.BytesIO(b"number,subject,remark\n")
    rows.seek(0, io.SEEK_END)
    size, number = _size(chance), 0
    while rows.tell() < size:
        number += 1
        rows.write(f'{number},"{chance.choice(lines)}","{chance.choice(lines)}"\n'.encode())
    return rows.getvalue()


def _docx(chance: random.Random, size: int | None = None) -> bytes:
    """A Word file of twenty paragraphs and a picture that no one can compress."""
    paragraphs = "".join(f"<w:p><w:r><w:t>{_escaped(line)}</w:t></w:r></w:p>" for line in chance.sample(_lines(), 20))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        members.writestr("[Content_Types].xml", _TYPES)
        members.writestr("_rels/.rels", _RELATIONS)
        members.writestr(
            "word/document.xml", f'<w:document xmlns:w="{_WORD}"><w:body>{paragraphs}</w:body></w:document>'
        )
        members.writestr("word/media/image1.jpg", chance.randbytes(size or _size(chance)))
    return file.getvalue()


def _eml(chance: random.Random) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "The photographs", "anne@example.com", "bo@example.com"
    message.set_content(chance.choice(_lines()))
    attached = _docx(chance, _size(chance) * 3 // 4 - MB)  # base64 adds a third
    message.add_attachment(attached, maintype="application", subtype="octet-stream", filename="photographs.docx")
    return message.as_bytes()


def _zip(chance: random.Random) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        for number in range(3):
            members.writestr(f"{number}.docx", _docx(chance, _size(chance) // 3))
    return file.getvalue()


def _pdf(chance: random.Random) -> bytes:
    """Pages of real PDFs, in another order each time."""
    import pypdfium2

    whole = pypdfium2.PdfDocument.new()
    for path in _readable_pdfs(chance):
        part = pypdfium2.PdfDocument(path)
        whole.import_pages(part)
        part.close()
        if len(whole) > 300:
            file = io.BytesIO()
            whole.save(file)
            if file.tell() > 40 * MB:
                return file.getvalue()
    raise AssertionError("endless")


def _readable_pdfs(chance: random.Random) -> Iterator[Path]:
    paths = sorted(path for path in PDFS.rglob("*.pdf") if 200_000 < path.stat().st_size < 3 * MB)
    while True:
        yield chance.choice([path for path in paths if _opens(path)])


def _opens(path: Path) -> bool:
    import pypdfium2

    try:
        pypdfium2.PdfDocument(path).close()
    except pypdfium2.PdfiumError:
        return False
    return True


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


MAKERS: dict[str, Callable[[random.Random], bytes]] = {
    "docx": _docx,
    "eml": _eml,
    "zip": _zip,
    "txt": _txt,
    "csv": _csv,
    "pdf": _pdf,
}
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="jpg" ContentType="image/jpeg"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_MAIN}"/></Types>'
)
_RELATIONS = (
    f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_DOCUMENT}" Target="word/document.xml"/></Relationships>'
)

if __name__ == "__main__":
    main()
