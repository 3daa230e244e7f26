"""Every file of logs in a record, whatever it is called and however deep it lies."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from shared.kernel.audit.logs.unread import Why

FOLDER = "logs"


@dataclass(frozen=True)
class LogFile:
    """Something that lies under `logs/`."""

    path: Path
    name: str
    """Relative to the record, as it may be shown."""
    bytes: int = 0
    why: Why | None = None
    """Why it cannot be read at all, where that can be seen without opening it."""


def log_files(record: Path) -> list[LogFile]:
    """All that lies under `logs/` and is no folder, in the order of names: hidden files, links, everything."""
    found: list[LogFile] = []

    def closed(error: OSError) -> None:
        path = Path(error.filename)
        if path.is_dir():
            found.append(LogFile(path, _shown(path, record), 0, Why.CANNOT_BE_OPENED))

    for folder, folders, files in os.walk(record / FOLDER, onerror=closed):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        found += [_found(Path(folder) / name, record) for name in (*files, *links)]
    return sorted(found, key=lambda file: file.path)


def _found(path: Path, record: Path) -> LogFile:
    name = _shown(path, record)
    try:
        facts = path.lstat()
    except OSError:
        return LogFile(path, name, 0, Why.CANNOT_BE_OPENED)
    if stat.S_ISLNK(facts.st_mode):
        return LogFile(path, name, 0, Why.LINK)
    # A pipe is never opened: nobody may ever write to it.
    return LogFile(path, name, facts.st_size, None if stat.S_ISREG(facts.st_mode) else Why.NOT_A_FILE)


def _shown(path: Path, record: Path) -> str:
    """A path as text that any file and screen can bear: what cannot be printed is escaped."""
    text = path.relative_to(record).as_posix()
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)
