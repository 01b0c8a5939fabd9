"""Which of the listed files are wanted: patterns as in .gitignore, types, size."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from pathspec import GitIgnoreSpec

from ray_app.errors import ConfigurationError
from ray_app.records import FileRef, Selection

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
    include, exclude = _spec(selection.include), _spec(selection.exclude)

    def is_wanted(ref: FileRef) -> bool:
        if selection.max_bytes is not None and ref.size > selection.max_bytes:
            return False
        if selection.types and not any(_has_type(ref.path, wanted) for wanted in selection.types):
            return False
        if selection.include and not include.match_file(ref.path):
            return False
        return not exclude.match_file(ref.path)

    return is_wanted


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
