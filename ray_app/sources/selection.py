"""Which of the listed files are wanted: patterns as in .gitignore, types, size."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Literal

from pathspec import GitIgnoreSpec

from ray_app.errors import ConfigurationError
from ray_app.records import FileRef, Selection

Unwanted = Literal["too-large", "other-type", "not-included", "excluded"]

# The system's own tables are left out, so that every machine selects the same files.
_TYPES = mimetypes.MimeTypes()
_TYPES.add_type("text/markdown", ".md")
_TYPES.add_type("message/rfc822", ".eml")


def select(refs: Iterable[FileRef], selection: Selection) -> Iterator[FileRef]:
    """Streams those files that are wanted. Raises ConfigurationError where a pattern is none."""
    is_wanted = predicate(selection)
    return (ref for ref in refs if is_wanted(ref))


def predicate(selection: Selection) -> Callable[[FileRef], bool]:
    """Whether a file is wanted. Raises ConfigurationError where a pattern is none."""
    why_not = judge(selection)
    return lambda ref: why_not(ref) is None


def judge(selection: Selection) -> Callable[[FileRef], Unwanted | None]:
    """Why a file is not wanted, None where it is. Raises ConfigurationError where a pattern is none."""
    include, exclude = _spec(selection.include), _spec(selection.exclude)

    def why_not(ref: FileRef) -> Unwanted | None:
        if selection.max_bytes is not None and ref.size > selection.max_bytes:
            return "too-large"
        if selection.types and not any(_has_type(ref.path, wanted) for wanted in selection.types):
            return "other-type"
        if selection.include and not include.match_file(ref.path):
            return "not-included"
        return "excluded" if exclude.match_file(ref.path) else None

    return why_not


def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise ConfigurationError(f"not a pattern as in .gitignore: {error}") from error


def _has_type(path: str, wanted: str) -> bool:
    wanted = wanted.lower()
    if "/" in wanted:
        return fnmatchcase(_TYPES.guess_type(path)[0] or "", wanted)
    return PurePosixPath(path.lower()).name.endswith("." + wanted.removeprefix("."))
