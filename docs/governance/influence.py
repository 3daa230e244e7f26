"""What each column of an agreement is needed for, found by altering it: whatever then comes out otherwise needs it.

Of any agreement, and by nothing but its contracts and its pipeline. Example rows of every dataset are routed, the jobs
that are due are carried out, and the same is done again with one column altered. Agreements that link, where two
altered rows still find each other, are watched more closely (`reading`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

import pyarrow as pa

from docs.governance.examples import example as shown
from docs.governance.watching import WatchedFrame
from shared.agreements.registry import load_agreements
from shared.kernel.contract.columns import ARROW_TYPES, Column, Contract
from shared.kernel.contract.rules.registry import Context
from shared.kernel.envelope.pseudonyms import KeyedPseudonyms
from shared.kernel.intake.identity import derived_id
from shared.kernel.terms.agreements import Agreed
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import Carried, Job

ROWS = 30
"""Of each file: so many that no number is left out for being small."""
_AFTER_BEGIN = timedelta(days=45)
_PSEUDONYMS = KeyedPseudonyms(bytes(32))

Column_ = tuple[str, str]
"""Dataset and column."""


@dataclass(frozen=True)
class Trial:
    """One way to fill the files: a column that may be empty is, or none; a dataset has one row, or none has; and one
    column altered, or none."""

    blank: Column_ | None = None
    single: str = ""
    altered: Column_ | None = None
    value: Any = None


@dataclass(frozen=True)
class Outcome:
    """All that came of the files."""

    whose: Mapping[str, Any]
    """By dataset and sender: how many rows were whose work, and how many nobody's."""
    staged: Mapping[Partition, pa.Table]
    carried: Mapping[str, Carried]
    """By kind of job and party."""


@dataclass(frozen=True)
class _Shelf:
    """What lies staged for one party."""

    staged: Mapping[Partition, pa.Table]

    def counting(self, dataset: str, collection: str) -> tuple[Partition, ...]:
        """All of them."""
        return tuple(file for file in self.staged if (file.dataset, file.collection) == (dataset, collection))

    def kept(self, kind: str) -> tuple[Partition, ...]:
        """Nothing was before."""
        return ()

    def pending(self, word: str) -> tuple[Partition, ...]:
        """Nothing was before."""
        return ()

    def left(self, job: Job, word: str) -> Partition | None:
        """Nothing was before."""
        return None

    def before(self, job: Job, word: str) -> tuple[Partition, ...]:
        """Nothing was before."""
        return ()

    def remembered(self, word: str) -> tuple[Partition, ...]:
        """Nothing was before."""
        return ()


@cache
def needed(agreement: str) -> dict[Column_, tuple[str, ...]]:
    """What each column is needed for, in plain words; nothing where no row, job or other cell hangs on it."""
    agreed = load_agreements()[agreement]
    return {
        (dataset, column.name): tuple(dict.fromkeys((*_by_rules(contract, column), *_by_rows(agreed, dataset, column))))
        for dataset, contract in agreed.contracts.items()
        for column in contract.columns
    }


@cache
def staged(agreement: str) -> dict[str, tuple[str, ...]]:
    """By dataset: the columns that the exchange keeps of its rows while work is due."""
    found: dict[str, dict[str, None]] = {}
    for partition, rows in _outcome(load_agreements()[agreement], Trial()).staged.items():
        found.setdefault(partition.dataset, {}).update(dict.fromkeys(rows.column_names))
    return {dataset: tuple(columns) for dataset, columns in found.items()}


def checked_by(contract: Contract, column: str) -> tuple[str, ...]:
    """The codes of the rules that look at the column, but for those that look at all of them."""
    return tuple(
        dict.fromkeys(rule for rule, read, _ in _rules(contract) if column in read and len(read) < len(contract.names))
    )


def _by_rules(contract: Contract, column: Column) -> Iterator[str]:
    if column.name == contract.identifier:
        yield "says which rows of two files are the same"
    if contract.grouped_by is not None and column.name == contract.grouped_by.column:
        yield "groups the report"
    for rule, read, field in _rules(contract):
        if field != column.name and column.name in read and len(read) < len(contract.names):
            yield f"decides: {rule}"


def _rules(contract: Contract) -> Iterator[tuple[str, frozenset[str], str]]:
    """Code, columns that it reads, and the column that it is about; where it decides about a row or another value."""
    rows = _file(contract, Trial(), contract.dataset)
    for rule in contract.rules:
        frame = WatchedFrame(rows, set())
        rule.check(frame, Context(date(2026, 10, 1), 60))
        yield rule.code, frozenset(frame.read), rule.field


def _by_rows(agreed: Agreed, dataset: str, column: Column) -> Iterator[str]:
    """What comes out otherwise when all rows of a dataset have another value in this column."""
    this = (dataset, column.name)
    blanked = [Trial(blank) for blank in (None, *_optional(agreed, this))]
    for trial in (*blanked, *(Trial(single=single) for single in agreed.contracts)):
        before = _outcome(agreed, trial)
        for value in _others(column):
            after = _outcome(agreed, replace(trial, altered=this, value=value))
            yield from _differences(before, after, this)


def _optional(agreed: Agreed, but: Column_) -> Iterator[Column_]:
    for dataset, contract in agreed.contracts.items():
        for column in contract.columns:
            if not column.required and (dataset, column.name) != but:
                yield dataset, column.name


def _differences(before: Outcome, after: Outcome, altered: Column_) -> Iterator[str]:
    if before.whose != after.whose:
        yield "says whose work a row is"
    dataset, column = altered
    for partition, rows in before.staged.items():
        others = [name for name in rows.column_names if (partition.dataset, name) != (dataset, column)]
        if partition in after.staged and rows.select(others) != after.staged[partition].select(others):
            yield "goes into what is staged of the row"
    for kind, carried in before.carried.items():
        then = after.carried.get(kind)
        word = kind.partition(" ")[0]
        if then is None:
            yield f"decides whether there is work: {word}"
            continue
        released = {release.name for release in carried.releases}
        for name in sorted(released):
            if _released(carried, name) != _released(then, name):
                yield f"released: {name}"
        if dict(carried.kept) != dict(then.kept):
            yield f"kept for later: {', '.join(sorted(carried.kept))}"
        if dict(carried.ends) != dict(then.ends):
            yield f"says how a row of {word} ends"


def _released(carried: Carried, name: str) -> list[tuple[str, Any]]:
    return [(release.to, release.rows.to_pylist()) for release in carried.releases if release.name == name]


@cache
def _outcome_of(agreement: str, trial: Trial) -> Outcome:
    agreed = load_agreements()[agreement]
    terms, pipeline = agreed.terms, agreed.pipeline
    at = datetime.combine(terms.in_force.first + _AFTER_BEGIN, time(12), UTC)
    whose: dict[str, Any] = {}
    parts: dict[str, dict[Partition, pa.Table]] = {}
    for dataset, contract in agreed.contracts.items():
        said = terms.terms_of(dataset)
        [collection, *_] = said.open_on(at.date())
        for sender in said.dropped_by:
            rows = _file(contract, trial, dataset)
            routed = pipeline.route(dataset, rows, sender=sender, agreement=terms, postcodes=lambda: _directory(agreed))
            nowhere = {why.reason: len(numbers) for why, numbers in routed.nowhere.items()}
            whose[f"{dataset} {sender}"] = ({to: part.num_rows for to, part in routed.parts.items()}, nowhere)
            file = Partition(dataset, collection, sender, at, derived_id(dataset, sender))
            for party, part in routed.parts.items():
                parts.setdefault(party, {})[file] = part
    carried: dict[str, Carried] = {}
    for party, files in parts.items():
        for job in _due(agreed, party, files):
            tables = {Partition.named(name): files[Partition.named(name)] for name in job.inputs}
            carried[f"{job.kind} {party} {job.collection}"] = pipeline.carry_out(job, tables, terms, at, _PSEUDONYMS)
    return Outcome(whose, {file: part for files in parts.values() for file, part in files.items()}, carried)


def _outcome(agreed: Agreed, trial: Trial) -> Outcome:
    return _outcome_of(agreed.terms.id, trial)


def _due(agreed: Agreed, party: str, files: Mapping[Partition, pa.Table]) -> tuple[Job, ...]:
    shelf = _Shelf(files)
    return tuple(dict.fromkeys(job for file in files for job in agreed.pipeline.due(file, party, shelf)))


def _directory(agreed: Agreed) -> pa.Table:
    """The examples' postcodes, and those next to them, each in another authority."""
    codes = [party.ons_code for party in agreed.terms.participants if party.ons_code]
    columns = [column for contract in agreed.contracts.values() for column in contract.columns]
    postcodes = dict.fromkeys(
        value
        for column in columns
        if column.form == "postcode"
        for value in (example(column), *_others(column))
        if value
    )
    ons = [codes[number % len(codes)] for number, _ in enumerate(postcodes)]
    return pa.table({"postcode": pa.array(list(postcodes), pa.string()), "ons_code": pa.array(ons, pa.string())})


def _file(contract: Contract, trial: Trial, dataset: str) -> pa.Table:
    def value(column: Column) -> Any:
        if trial.altered == (dataset, column.name):
            return trial.value
        return None if trial.blank == (dataset, column.name) else example(column)

    rows = 1 if trial.single == dataset else ROWS
    cells = {column.name: pa.array([value(column)] * rows, ARROW_TYPES[column.kind]) for column in contract.columns}
    return pa.table(cells | {"row": pa.array(range(rows), pa.int32())})


def example(column: Column) -> Any:
    """The value that the data dictionary shows, of the column's own kind."""
    said = shown(column)
    return {"integer": int, "decimal": float}.get(column.kind, lambda value: value)(said)


def _others(column: Column) -> Iterator[Any]:
    """Other values that the column can have."""
    said = example(column)
    if not column.required:
        yield None
    if column.kind == "flag":
        yield not said
    elif column.kind == "date":
        yield from (said + timedelta(days=days) for days in (-1500, 1500))
    elif column.codes:
        yield from (code for code in column.codes if code != said)
    elif column.kind == "text":
        yield from dict.fromkeys(_changed(said, place) for place in (0, -1))
    else:
        yield said + 1


def _changed(text: str, place: int) -> str:
    """The text with its first or last digit, else letter, another."""
    places = [n for n, sign in enumerate(text) if sign.isdigit()] or [
        n for n, sign in enumerate(text) if sign.isalpha()
    ]
    at = places[place]
    sign = text[at]
    other = str((int(sign) + 1) % 10) if sign.isdigit() else "B" if sign.upper() != "B" else "C"
    return text[:at] + other + text[at + 1 :]
