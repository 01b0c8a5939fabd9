"""Archives (zip, tar, gz, bz2, xz): their files as children, within limits."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator

from ray_app.errors import ParsingError
from ray_app.parsing import media
from ray_app.parsing.detect import media_type_of
from ray_app.parsing.zipped import BROKEN
from ray_app.records import Child, Failure, Parsed
from ray_app.settings import ParsingSettings

_Stream = gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile

_COMPRESSED: dict[str, Callable[[io.BytesIO], _Stream]] = {
    media.GZIP: lambda packed: gzip.GzipFile(fileobj=packed),
    media.BZIP2: bz2.BZ2File,
    media.XZ: lzma.LZMAFile,
}
# The name of what could not be reached in a tar archive.
_REST = "the rest of the archive"
# Bytes decompressed at a time.
_PIECE = 1 << 20
# WinZip's number for "encrypted by AES", where others give the compression.
_AES = 99
_UTF8_NAME = 0x800
# What macOS adds to every archive: icons and attributes of the files beside it.
_APPLE_DOUBLE = "__MACOSX/"


def parse_zip(data: bytes, settings: ParsingSettings) -> Parsed:
    """No pages; each file is a child, with a failure where it is encrypted, damaged or too large.

    Raises ParsingError: `archive_bomb` beyond the limits, `damaged` where the archive cannot be opened.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _refuse_bomb(len(members), sum(member.file_size for member in members), settings)
            wanted = [member for member in members if not member.filename.startswith(_APPLE_DOUBLE)]
            children = tuple(_unzip(archive, member, settings) for member in wanted)
    except (*BROKEN, tarfile.TarError) as error:
        raise ParsingError("damaged", f"cannot be opened as a zip archive: {error}") from error
    return _parsed(media.ZIP, children)


def parse_tar(data: bytes, settings: ParsingSettings) -> Parsed:
    """The same for tar. Links and devices are no files, and are left out.

    Where the archive is cut off or damaged, the files before that are children, and a failed one stands for the rest.
    """
    return _parsed(media.TAR, tuple(_untar(data, settings)))


def parse_compressed(data: bytes, settings: ParsingSettings) -> Parsed:
    """The same for gz, bz2 and xz: a tar archive within, or one file, which has no name of its own."""
    media_type = media_type_of(data, "")
    content, error = _expanded(_COMPRESSED[media_type], data, settings)
    _refuse_bomb(1, len(content), settings)
    if media_type_of(content, "") == media.TAR:
        return _parsed(media_type, tuple(_untar(content, settings, cut=error)))
    if error:
        raise ParsingError("damaged", f"cannot be decompressed: {error}") from error
    return _parsed(media_type, (_child("", content, settings),))


def _expanded(
    opener: Callable[[io.BytesIO], _Stream], data: bytes, settings: ParsingSettings
) -> tuple[bytes, Exception | None]:
    """What can be decompressed, a byte beyond the limit at most, and what stopped it before the end."""
    content = bytearray()
    most = settings.archive_mb * 2**20 + 1
    try:
        with opener(io.BytesIO(data)) as stream:
            while part := stream.read1(min(_PIECE, most - len(content))):
                content += part
    except BROKEN as error:
        return bytes(content), error
    return bytes(content), None


def _parsed(media_type: str, children: tuple[Child, ...]) -> Parsed:
    return Parsed(media_type, (), metadata={"members": str(len(children))}, children=children)


def _refuse_bomb(members: int, size: int, settings: ParsingSettings) -> None:
    if members > settings.archive_members:
        limit = f"{settings.archive_members} files (setting parsing.archive_members)"
    elif size > settings.archive_mb * 2**20:
        limit = f"{settings.archive_mb} MB expanded (setting parsing.archive_mb)"
    else:
        return
    raise ParsingError("archive_bomb", f"the archive holds more than {limit}")


def _unzip(archive: zipfile.ZipFile, member: zipfile.ZipInfo, settings: ParsingSettings) -> Child:
    name = _name_of(member)
    if member.file_size > settings.max_file_mb * 2**20:
        return _too_large(name, settings)
    if member.compress_type == _AES:
        return _failed(name, "password", "the file is encrypted in its archive, by AES, which is not read")
    try:
        return Child(name, _read_member(archive, member, settings))
    except NotImplementedError as error:
        return _failed(name, "unsupported_format", f"packed in a way that is not supported: {error}")
    except RuntimeError:  # zipfile's word for a password that is missing or wrong
        return _failed(name, "password", "the file is encrypted in its archive")
    except (*BROKEN, tarfile.TarError) as error:
        return _failed(name, "damaged", f"cannot be taken out of its archive: {error}")


def _name_of(member: zipfile.ZipInfo) -> str:
    """Names without the mark of UTF-8 are that anyway (from Unix) or in Western Europe's DOS code page (from Windows).

    Python takes them for American DOS, where ø is a cent.
    """
    if member.flag_bits & _UTF8_NAME or member.filename.isascii():
        return member.filename
    raw = member.filename.encode("cp437", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp850", "replace")


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, settings: ParsingSettings) -> bytes:
    if not member.flag_bits & 1:
        return archive.read(member)
    for password in settings.passwords:
        try:
            return archive.read(member, password.get_secret_value().encode())
        except NotImplementedError:
            raise
        except (RuntimeError, zipfile.BadZipFile, zlib.error):  # one wrong password in 256 passes the first check
            continue
    raise RuntimeError("no password fits")


def _untar(data: bytes, settings: ParsingSettings, *, cut: Exception | None = None) -> Iterator[Child]:
    """`cut` is why the data ends before the archive does."""
    count = size = 0
    name = _REST
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for member in archive:
                count, size, name = count + 1, size + member.size, member.name
                _refuse_bomb(count, size, settings)
                if member.isreg():
                    yield _tar_child(archive, member, settings)
                name = _REST
            if cut or _goes_on(data, archive.offset):
                raise tarfile.ReadError(str(cut or "a header is damaged"))
    except (*BROKEN, tarfile.TarError) as error:
        if count == 0:
            raise ParsingError("damaged", f"cannot be opened as a tar archive: {error}") from error
        yield _failed(name, "damaged", f"the archive is cut off or damaged here (entry {count}): {cut or error}")


def _goes_on(data: bytes, place: int) -> bool:
    """Whether a block stands there that is not the end's; tarfile takes a damaged header for the end."""
    return bool(data[place : place + tarfile.BLOCKSIZE].strip(b"\0"))


def _tar_child(archive: tarfile.TarFile, member: tarfile.TarInfo, settings: ParsingSettings) -> Child:
    if member.size > settings.max_file_mb * 2**20:
        return _too_large(member.name, settings)
    content = archive.extractfile(member)
    return Child(member.name, content.read() if content else b"")


def _child(name: str, data: bytes, settings: ParsingSettings) -> Child:
    return _too_large(name, settings) if len(data) > settings.max_file_mb * 2**20 else Child(name, data)


def _too_large(name: str, settings: ParsingSettings) -> Child:
    return _failed(name, "too_large", f"larger than {settings.max_file_mb} MB (setting parsing.max_file_mb)")


def _failed(name: str, reason: str, detail: str) -> Child:
    return Child(name, b"", Failure("parse", reason, detail))
