"""The collected results that lie at hand: which pairs they propose, and which of them stand now.

They are read as they lie on this machine: a slip is what is looked for, and the exchange judges again by what it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from client.decisions.row_check import SHOWN, plain_ref, shown_as
from client.files import read_parquet
from shared.kernel.days import london_day
from shared.kernel.errors import InvalidInput
from shared.kernel.json_once import loads_once
from shared.kernel.terms.current import FILE

_TABLES = ("matches", "review")
_KINDS = (".parquet", ".csv", ".xlsx")
_PLACES = ("", "*", "*/*", "results/*/*", "*/results/*/*", "*/*/results/*/*")
"""Where a run's folder lies from the folder that is looked through: `collected/fsm/results/2026-autumn/<run>`."""


@dataclass(frozen=True)
class Proposed:
    """One pair as a run proposes it: its cells as they are compared, those of `SHOWN`."""

    cells: Mapping[str, str]
    school_borough: str


@dataclass(frozen=True)
class Run:
    """The results of one run, as collected."""

    folder: Path
    name: str
    """Of the run, as its folder is called."""
    home: str | None
    """Whose results they are; these four are None where no word of the exchange lies beside them."""
    collection: str | None
    started: datetime | None
    covers: frozenset[str] | None
    """The school boroughs whose files it is over."""
    pairs: Mapping[str, Proposed]
    """By reference, as it is compared."""


@dataclass(frozen=True)
class Standing:
    """What the results at hand say of one reference."""

    word: str
    """`stands`, or one of `WHY_NOT`."""
    collection: str = ""
    current: str = ""
    """The current run of that collection."""


STANDS = "stands"
UNKNOWN, REPLACED, OTHER_COLLECTION, OTHER_BOROUGH = "unknown", "replaced", "other_collection", "other_borough"
WHY_NOT = (UNKNOWN, REPLACED, OTHER_COLLECTION, OTHER_BOROUGH)


@dataclass(frozen=True)
class AtHand:
    """Every run whose results lie at hand."""

    runs: tuple[Run, ...]

    def find(self, ref: str) -> list[Proposed]:
        """What the runs say of the pair, the newest first."""
        return [run.pairs[ref] for run in self._newest_first() if ref in run.pairs]

    def proposed_on(self, ref: str) -> date | None:
        """London's day on which the first of these runs proposed the pair; None where that is not known."""
        having = [run.started for run in self.runs if ref in run.pairs]
        if not having or None in having:
            return None
        return london_day(min(started for started in having if started))

    def standing(self, ref: str, *, borough: str | None = None, collection: str | None = None) -> Standing:
        """Whether the pair stands by the newest of these runs, in that collection and for that borough where they are
        given. Runs of which nothing is known beside their pairs speak for them."""
        having = [run for run in self._newest_first() if ref in run.pairs]
        if not having:
            return Standing(UNKNOWN)
        own = [run for run in having if borough is None or run.home in (None, borough)]
        if not own:
            return Standing(OTHER_BOROUGH)
        of_it = [run for run in own if collection is None or run.collection in (None, collection)]
        if not of_it:
            other = own[0].collection or ""
            return Standing(OTHER_COLLECTION, other, self.current(other, own[0].home))
        if any(self._speaks_for(run, ref) for run in of_it):
            return Standing(STANDS)
        newest = of_it[0]
        return Standing(REPLACED, newest.collection or "", self.current(newest.collection, newest.home))

    def current(self, collection: str | None, home: str | None) -> str:
        """The name of the newest of these runs of that collection."""
        return next((run.name for run in self._newest_first() if (run.collection, run.home) == (collection, home)), "")

    def _speaks_for(self, run: Run, ref: str) -> bool:
        """Whether no later run of the collection is over the file of this pair's school borough."""
        if run.started is None:
            return True
        later = [
            other
            for other in self.runs
            if (other.collection, other.home) == (run.collection, run.home)
            and other.started is not None
            and other.started > run.started
        ]
        school = run.pairs[ref].school_borough
        return not any(other.covers is None or school in other.covers for other in later)

    def _newest_first(self) -> list[Run]:
        return sorted(self.runs, key=lambda run: (run.started is not None, run.started, run.name), reverse=True)


def find_results(folder: Path) -> AtHand:
    """The results that lie in a folder, or below it as `exchange fetch` puts them."""
    places = {place.resolve() for pattern in _PLACES for place in (folder.glob(pattern) if pattern else [folder])}
    return AtHand(tuple(run for place in sorted(places) for run in _runs_in(place)))


def results_for(sheet: Path, given: Sequence[Path] | None) -> AtHand:
    """The results that were named, else those that lie beside the sheet.

    Raises `InvalidInput` INP-131 where a folder was named that has none.
    """
    from client.codes import invalid

    if not given:
        return find_results(sheet.parent)
    found: list[Run] = []
    for folder in given:
        runs = find_results(folder).runs
        if not runs:
            raise invalid("INP-131", path=folder)
        found += runs
    return AtHand(tuple({run.folder: run for run in found}.values()))


def _runs_in(folder: Path) -> Iterator[Run]:
    tables = [table for name in _TABLES if (table := _table(folder, name)) is not None]
    if not tables:
        return
    pairs: dict[str, Proposed] = {}
    for table in tables:
        cells = {name: shown_as(name, table.column(name)) for name in SHOWN}
        schools = table.column("school_borough").to_pylist()
        for at, ref in enumerate(table.column("match_ref").to_pylist()):
            pairs[plain_ref(ref)] = Proposed({name: cells[name][at] for name in SHOWN}, schools[at] or "")
    yield Run(folder, folder.name, *_facts(folder), pairs)


def _table(folder: Path, name: str) -> pa.Table | None:
    """One table of a run, of whatever kind it was saved as; None where there is none, or it is no result."""
    from client.pack.source import read

    for kind in _KINDS:
        path = folder / f"{name}{kind}"
        if not path.is_file():
            continue
        try:
            table = read_parquet(path) if kind == ".parquet" else read(path).table
        except InvalidInput:
            continue
        if {"match_ref", "school_borough", *SHOWN} <= set(table.column_names):
            return table
    return None


def _facts(folder: Path) -> tuple[str | None, str | None, datetime | None, frozenset[str] | None]:
    """What stands beside the results: whose they are, of which collection, since when, and over whose files."""
    summary, current = _document(folder / "summary.json"), _document(folder / FILE)
    body = current.get("payload", {}).get("body", {})
    if body.get("job") != folder.name:
        body = {}
    facts = {**summary, **body}
    try:
        started = datetime.fromisoformat(facts["started_at"])
    except (KeyError, TypeError, ValueError):
        started = None
    covers = body.get("covers")
    schools = (
        None if covers is None else frozenset(entry["sender"] for entry in covers if entry.get("dataset") == "pupils")
    )
    return facts.get("party"), facts.get("collection"), started, schools


def _document(path: Path) -> dict[str, Any]:
    try:
        document = loads_once(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
