"""Two sealed files of one dataset and collection never bear the same second: the exchange orders them by it.

Which second the last one took stands in a small file beside the keys, which whoever seals for a borough has in common.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from client.console import note
from client.files import make_folder, write_bytes
from client.locks import alone
from shared.kernel.errors import InvalidInput
from shared.kernel.json_once import loads_once

MARKS = "last-sealed.json"
_PATIENCE = timedelta(seconds=5)
"""A last file that is further ahead was sealed by another clock, or before this one was set back."""


def own_second(
    keys: Path, out: Path, file: str, clock: Callable[[], datetime], wait: Callable[[float], None] = time.sleep
) -> datetime:
    """A second that no other `file` (such as ``pupils-2026-autumn``) has that was sealed beside these keys.

    Waits until there is one. Where nobody can write beside the keys, the files sealed into the folder `out` are told
    apart.
    """
    try:
        with alone(keys):
            return _next(keys / MARKS, file, clock, wait)
    except (OSError, InvalidInput):
        make_folder(out)
        with alone(out):
            return _next(out / MARKS, file, clock, wait)


def _next(path: Path, file: str, clock: Callable[[], datetime], wait: Callable[[float], None]) -> datetime:
    marks = _read(path)
    last, moment = marks.get(file), clock()
    if last is not None and last >= moment:
        if last - moment > _PATIENCE:
            note(
                f"The last file of this dataset and collection was sealed at {last:%d %B %Y, %H:%M:%S} UTC, which is "
                "later than now by this machine's clock: the exchange will take that one for the newer. Is the clock "
                "right?"
            )
        else:
            free = last + timedelta(seconds=1)
            wait((free - moment).total_seconds())
            moment = free
    document = {name: mark.isoformat() for name, mark in (marks | {file: moment}).items()}
    write_bytes(path, json.dumps(document, indent=1).encode())
    return moment


def _read(path: Path) -> dict[str, datetime]:
    try:
        return {str(file): datetime.fromisoformat(mark) for file, mark in loads_once(path.read_bytes()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
