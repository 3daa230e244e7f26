"""Collects from the outbox, file by file: what cannot be had is listed with its reason, and never bars what can."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from client.codes import invalid
from client.current import CurrentResults
from client.files import write_bytes, write_table
from client.opening import open_release
from shared.kernel.errors import ExchangeError, NotAllowed, StorageUnavailable

if TYPE_CHECKING:
    from shared.kernel.envelope.ring import LocalKeyRing
    from shared.kernel.storage.access import BoroughDoor
    from shared.kernel.terms.agreements import Agreements

_LINE_DOWN = {"STO-020", "STO-021", "STO-022", "STO-023", "STO-024", "STO-025"}
"""Nothing that is asked next would fare better."""
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)
_UNSAFE = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')
_LONGEST = 150
"""Characters of one part of a name: Windows takes 255, and 260 of the whole path."""


@dataclass
class Collected:
    """What one `fetch` did. Each entry is what JSON shows of a file."""

    saved: list[dict[str, object]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Files that were there already."""
    left: list[dict[str, object]] = field(default_factory=list)
    """What stayed behind: its name, code, why, and what to do."""
    replaced: list[str] = field(default_factory=list)
    """Files of results that are not the current ones of their collections: they are not collected."""


@dataclass(frozen=True)
class Collector:
    """Who collects, and how it is saved."""

    out: Path
    kind: str
    """`parquet`, `csv` or `xlsx`."""
    force: bool
    slug: str
    ring: LocalKeyRing
    agreements: Agreements
    current: CurrentResults = field(default_factory=CurrentResults)
    """What is current in the outbox."""

    def collect(self, door: BoroughDoor, names: list[str]) -> Collected:
        """Fetch, open and save each; go on after one that cannot be had."""
        done = Collected(
            left=[_left(name, error) for name, error in self.current.unread.items()],
            replaced=[name for name in names if self.current.is_replaced(name)],
        )
        names = [name for name in names if name not in {*done.replaced, *self.current.unread}]
        for place, name in enumerate(names):
            try:
                self._one(door, name, done)
            except ExchangeError as error:
                done.left.append(_left(name, error))
                if error.code in _LINE_DOWN and isinstance(error, StorageUnavailable | NotAllowed):
                    done.left += [_left(other, error) for other in names[place + 1 :]]
                    break
        return done

    def _one(self, door: BoroughDoor, name: str, done: Collected) -> None:
        path = self._place(self.current.beside(name))
        if path.exists() and not self.force:
            done.kept.append(str(path))
            return
        blob = door.fetch(name)
        self.current.check(name, blob.data)
        rows = None
        if name.endswith(".parquet"):
            table = open_release(blob, slug=self.slug, ring=self.ring, agreements=self.agreements)
            write_table(path, table)
            rows = table.num_rows
        else:
            write_bytes(path, blob.data)
        done.saved.append({"name": name, "file": str(path), "rows": rows})

    def _place(self, name: str) -> Path:
        """Where a blob is saved. A name that would lead out of the folder is refused, whoever gave it."""
        parts = PurePosixPath(name).parts
        if not parts or any(part in ("..", "/") for part in parts):
            raise invalid("INP-026")
        path = self.out.joinpath(*map(safe, parts))
        return path.with_suffix(f".{self.kind}") if path.suffix == ".parquet" else path


def safe(part: str) -> str:
    """A part of a name that every system takes, Windows too. One that has to be changed bears a mark of what it was."""
    tidy = _UNSAFE.sub("_", part).rstrip(". ")
    stem, dot, ending = tidy.rpartition(".")
    if len(tidy) > _LONGEST:
        tidy = f"{stem[: _LONGEST - len(ending) - 1]}.{ending}" if dot and len(ending) <= 10 else tidy[:_LONGEST]
    if _RESERVED.fullmatch(tidy) or not tidy:
        tidy = f"_{tidy}"
    if tidy == part:
        return part
    mark = hashlib.sha256(part.encode()).hexdigest()[:8]
    stem, dot, ending = tidy.rpartition(".")
    return f"{stem}-{mark}.{ending}" if dot and stem else f"{tidy}-{mark}"


def _left(name: str, error: ExchangeError) -> dict[str, object]:
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)
    return {"name": shown, "code": error.code, "message": error.message, "remedy": error.remedy}
