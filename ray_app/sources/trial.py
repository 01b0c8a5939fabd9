"""What would come in from a place: its first files, how many are left out and why, and whether one can be read."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ray_app import sources
from ray_app.records import FileRef, Selection
from ray_app.settings import SourceSettings
from ray_app.sources.selection import Unwanted, judge


@dataclass(slots=True)
class Trial:
    """`whole` where the listing came to its end. `read` has the bytes of the first file, None where none is wanted."""

    root: str
    first: list[FileRef] = field(default_factory=list)
    wanted: int = 0
    left_out: Counter[Unwanted] = field(default_factory=Counter)
    whole: bool = False
    read: int | None = None


def try_out(
    uri: str,
    selection: Selection,
    settings: SourceSettings,
    *,
    shown: int,
    max_bytes: int,
    clock: Callable[[], float] = time.monotonic,
) -> Trial:
    """Looks through a place for `sources.check_s`, and reads the first file of at most `max_bytes` that is shown.

    Raises SourceError where the place cannot be listed or the file not be read, ConfigurationError where a pattern is
    none. A server that does not answer is waited for as long as its own limits say.
    """
    end = clock() + settings.check_s
    why_not = judge(selection)
    trial = Trial(sources.root_of(uri, settings))
    for ref in sources.list_files(trial.root, "", "", settings=settings):
        reason = why_not(ref)
        if reason:
            trial.left_out[reason] += 1
        else:
            trial.wanted += 1
            if len(trial.first) < shown:
                trial.first.append(ref)
        if clock() > end:
            break
    else:
        trial.whole = True
    small = [ref for ref in trial.first if ref.size <= max_bytes]
    if small:
        trial.read = len(sources.read(small[0], max_bytes, settings))
    return trial
