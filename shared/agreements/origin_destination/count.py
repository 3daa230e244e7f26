"""Counts the rows of the files that count, by residence and school authority, and says how each row ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.origin_destination.residence import ons_codes
from shared.agreements.origin_destination.tables import Counted, Sent
from shared.agreements.origin_destination.words import EHC_PLANS, NEWLY_ENTITLED, OPEN_FSM, PUPILS
from shared.kernel.days import london_day
from shared.methods.suppress import Cell

if TYPE_CHECKING:
    from shared.kernel.terms.model import Agreement
    from shared.kernel.terms.partition import Partition

DATASETS = {"roll": (PUPILS, OPEN_FSM), "entitled": (NEWLY_ENTITLED,), "plans": (EHC_PLANS,)}
"""The measures that each dataset gives."""

COUNTED = "counted"
NO_PUPILS = "excluded.pupils_not_there"
TOO_MANY = "excluded.more_than_pupils"
ENDS = {
    COUNTED: "In the table.",
    "excluded": "`pupils_not_there`: the school authority has sent no pupils file, or none with a pupil of this "
    "residence; a newly entitled count counts once that file comes. `more_than_pupils`: more newly entitled than the "
    "school authority has pupils of this residence without an open FSM period.",
}


@dataclass(frozen=True)
class Outcome:
    """The exact counts, and how many rows came to each end."""

    counted: Counted
    ends: Mapping[str, int]


def count(tables: Mapping[Partition, pa.Table], agreement: Agreement) -> Outcome:
    """Count all files of one collection. Every row comes to one of `ENDS`, excluded ones with the reason."""
    cells: dict[str, Counter[Cell]] = {measure: Counter() for named in DATASETS.values() for measure in named}
    drops: dict[str, dict[str, str]] = {measure: {} for measure in cells}
    ends: Counter[str] = Counter()
    of_residences: dict[str, pa.Table] = {}
    for partition, rows in tables.items():
        sender = code_of(agreement, partition.sender)
        for measure in DATASETS[partition.dataset]:
            drops[measure][sender] = partition.drop
        if partition.dataset == "roll":
            _count_pupils(cells, rows, sender, london_day(partition.prepared_at))
            ends[COUNTED] += rows.num_rows
        elif partition.dataset == "plans":
            for school, number in _numbers(rows, "ehc_plans", agreement):
                cells[EHC_PLANS][sender, school] += number
            ends[COUNTED] += rows.num_rows
        else:
            of_residences[sender] = rows
    withheld = set()
    for residence, rows in of_residences.items():  # once all pupils are counted
        for school, number in _numbers(rows, "newly_entitled", agreement):
            end = _count_entitled(cells, (residence, school), number)
            ends[end] += 1
            if end == TOO_MANY:
                withheld.add((residence, school))
    sent = {
        measure: Sent(drops[measure], _expected(agreement, dataset))
        for dataset, named in DATASETS.items()
        for measure in named
    }
    return Outcome(Counted(cells, sent, frozenset(withheld)), dict(ends))


def open_on(rows: pa.Table, on: date) -> pa.Array:
    """Whether each pupil's FSM period was open on that day."""
    start, end = (rows.column(name).combine_chunks() for name in ("fsm_start_date", "fsm_end_date"))
    begun = pc.fill_null(pc.less_equal(start, pa.scalar(on)), False)
    return pc.and_(begun, pc.fill_null(pc.greater_equal(end, pa.scalar(on)), True))


def code_of(agreement: Agreement, slug: str) -> str:
    """The ONS code of a party that has one; the slug of another."""
    return agreement.by_slug[slug].ons_code or slug


def _count_pupils(cells: Mapping[str, Counter[Cell]], rows: pa.Table, school: str, on: date) -> None:
    counted = pa.table({"residence": rows.column("residence"), "open": open_on(rows, on)})
    grouped = counted.group_by("residence").aggregate([("open", "count"), ("open", "sum")])
    for line in grouped.to_pylist():
        cells[PUPILS][line["residence"], school] += line["open_count"]
        cells[OPEN_FSM][line["residence"], school] += line["open_sum"]


def _count_entitled(cells: Mapping[str, Counter[Cell]], cell: Cell, number: int) -> str:
    pupils = cells[PUPILS][cell]
    if not pupils:
        return NO_PUPILS
    if number > pupils - cells[OPEN_FSM][cell]:
        return TOO_MANY
    cells[NEWLY_ENTITLED][cell] += number
    return COUNTED


def _numbers(rows: pa.Table, column: str, agreement: Agreement) -> Iterable[tuple[str, int]]:
    """Each row's school authority, as its ONS code, and its number."""
    schools = ons_codes(rows.column("school_la").combine_chunks(), agreement.authorities)
    return zip(schools.to_pylist(), rows.column(column).to_pylist(), strict=True)


def _expected(agreement: Agreement, dataset: str) -> frozenset[str]:
    """Whose file of a dataset a sum across files needs; nobody's where the agreement has no such dataset."""
    if dataset not in agreement.datasets:
        return frozenset()
    return frozenset(code_of(agreement, slug) for slug in agreement.terms_of(dataset).dropped_by)
