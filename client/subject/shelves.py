"""What lies in a borough's folders: its tables, what the exchange has signed for it, and what cannot be looked into."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from client.codes import invalid
from client.files import SEALED_MARK, read_parquet
from client.sealed_files import SOURCE
from shared.kernel import names
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.errors import ExchangeError
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.kernel.envelope.keys import PublicKeyLookup
    from shared.kernel.envelope.manifest import Manifest
    from shared.kernel.terms.agreements import Agreements

_TABLES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_PLACE = re.compile(
    rf"/(?P<agreement>{names.AGREEMENT})/{names.DATASET}/(?P<collection>{names.COLLECTION})/(?P<job>{names.ID})/[^/]+$"
)
"""Where `exchange fetch` saves what a job has sent."""
_NO_TABLE = frozenset({".html", ".md", ".yaml", ".yml", ".toml", ".pdf", ".svg", ".png"})
_ITS_OWN = ("report.xlsx",)
"""What the exchange writes beside what is read here, and says no more."""


@dataclass(frozen=True, eq=False)
class Table:
    """One table, and what it is."""

    file: str
    rows: pa.Table
    line: np.ndarray
    """For each row its number, as the program shows it in which it is opened: a header is row 1."""
    kind: str
    """`contract`, `release`, `own` (some of our columns) or `foreign`: another layout."""
    what: str = ""
    """Of a contract or a release its name, such as `pupils`."""
    agreement: str = ""
    collection: str = ""
    job: str = ""
    """Of a release: whose it is, by where it was saved."""
    sha256: str = ""


@dataclass(frozen=True)
class Paper:
    """What the exchange has signed, and it verifies; or said beside it, unsigned."""

    file: str
    kind: str
    body: Mapping[str, Any]
    is_signed: bool = True


@dataclass(frozen=True)
class SealedFile:
    """A file that only its receiver can open; of it its manifest and, where it was kept, which file it was made of."""

    file: str
    manifest: Manifest
    made_of: str = ""
    """SHA-256 of the packed file; empty where that was not kept."""


@dataclass
class Shelves:
    """Everything that was looked at."""

    tables: list[Table] = field(default_factory=list)
    papers: list[Paper] = field(default_factory=list)
    sealed: list[SealedFile] = field(default_factory=list)
    audits: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    left: list[dict[str, str]] = field(default_factory=list)
    """What could not be looked into, with why."""
    passed_over: int = 0
    """Files that hold no rows: pages, profiles, pictures."""

    def of(self, kind: str) -> list[Paper]:
        """The papers of one kind."""
        return [paper for paper in self.papers if paper.kind == kind]


@dataclass(frozen=True)
class Reader:
    """Who looks: with which public keys statements are verified, and how a sealed file is opened."""

    agreements: Agreements
    public_key: PublicKeyLookup
    open: Callable[[bytes, Mapping[str, str]], pa.Table]
    """Raises an `ExchangeError` where it is not sealed to this borough, or its key is not here."""

    def look(self, places: Iterable[Path]) -> Shelves:
        """Look at every file of these folders and at these files, each once.

        Raises `InvalidInput` INP-001 where there is nothing. What cannot be read is listed, and the others are read.
        """
        shelves = Shelves()
        for path in _files(places):
            try:
                self._look(path, shelves)
            except ExchangeError as error:
                shelves.left.append({"file": str(path), "code": error.code, "why": error.message})
        return shelves

    def _look(self, path: Path, shelves: Shelves) -> None:
        ending = path.suffix.lower()
        if path.name.endswith((".manifest.json", SOURCE)):
            return  # read with the sealed file that it lies beside
        if path.name in _ITS_OWN or ending in _NO_TABLE:
            shelves.passed_over += 1
        elif ending == ".json":
            self._paper(path, shelves)
        elif ending == ".parquet":
            self._parquet(path, shelves)
        elif ending in _TABLES:
            shelves.tables.append(self._text(path))
        else:
            raise invalid("SUB-004", path=path)

    def _paper(self, path: Path, shelves: Shelves) -> None:
        data = path.read_bytes()
        try:
            document = loads_once(data)
        except ValueError:
            raise invalid("INP-002", path=path, kind="JSON") from None
        if not isinstance(document, dict):
            shelves.passed_over += 1
        elif "payload" in document:
            payload = verify_statement(data, self.public_key)
            shelves.papers.append(Paper(str(path), str(payload["kind"]), payload["body"]))
        elif "rows_by_code" in document and "facts" in document:
            shelves.papers.append(Paper(str(path), "report", document, is_signed=False))
        elif "access" in document and "period" in document:
            shelves.audits.append((str(path), document))
        elif "drops" in document or "decisions" in document:
            shelves.papers.append(Paper(str(path), "summary", document, is_signed=False))
        else:
            shelves.passed_over += 1

    def _parquet(self, path: Path, shelves: Shelves) -> None:
        with path.open("rb") as file:
            is_sealed = file.read(4) == SEALED_MARK
        if not is_sealed:
            rows = read_parquet(path)
            shelves.tables.append(self._told(path, rows, hashlib.sha256(path.read_bytes()).hexdigest()))
            return
        from client.sealed_files import load, source_of
        from shared.kernel.envelope.manifest import EXCHANGE

        sealed = load(path)
        if hashlib.sha256(sealed.data).hexdigest() != sealed.manifest.sha256:
            raise invalid("INP-017", path=path)
        if sealed.manifest.receiver == EXCHANGE:
            shelves.sealed.append(SealedFile(str(path), sealed.manifest, source_of(path)))
            return
        table = self._told(path, self.open(sealed.data, sealed.metadata), "")
        shelves.tables.append(replace(table, collection=sealed.manifest.collection))

    def _text(self, path: Path) -> Table:
        from client.pack.source import read

        source = read(path)
        if len(source.unsplit):
            raise invalid("SUB-005", path=path, count=len(source.unsplit))
        return replace(self._told(path, source.table, ""), line=source.line)

    def _told(self, path: Path, rows: pa.Table, sha256: str) -> Table:
        """The table, and what it is by its columns and by where it lies."""
        table = Table(str(path), rows, np.arange(2, rows.num_rows + 2), "foreign", sha256=sha256)
        columns, found = set(rows.column_names), _PLACE.search(f"/{path.as_posix()}")
        for agreed in self.agreements:
            for name, release in agreed.terms.releases.items():
                if columns == set(release.columns) and path.stem == name:
                    table = replace(table, kind="release", what=name, agreement=agreed.terms.id)
                    if found and found["agreement"] == agreed.terms.id:
                        table = replace(table, collection=found["collection"], job=found["job"])
                    return table
            for name, contract in agreed.contracts.items():
                if columns == set(contract.names):
                    return replace(table, kind="contract", what=name, agreement=agreed.terms.id)
        ours = {"upn", "household_ref", "match_ref", "child_surname", "pupil_surname"}
        return replace(table, kind="own") if columns & ours else table


def _files(places: Iterable[Path]) -> Iterator[Path]:
    seen: set[Path] = set()
    for place in places:
        if not place.exists():
            raise invalid("INP-001", path=place)
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            inside = path.relative_to(place).parts if place.is_dir() else ()
            hidden = any(part.startswith(".") for part in inside)
            keys = path.name.endswith(".jwk.json")
            if path.is_file() and not hidden and not keys and (real := path.resolve()) not in seen:
                seen.add(real)
                yield path
