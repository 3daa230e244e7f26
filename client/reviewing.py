"""Sheets for the officers who decide: a first look that shows no score, and then everything, with room to decide.

The first look stays with the borough. A pair is judged by what both records say, so that the exchange's own opinion
does not lead the officer's; some pairs that are matched already stand among those in review, so that being on the sheet
says nothing either. Rows are in an order that knows no score.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import invalid
from client.console import note
from client.decisions.judge import listed
from client.decisions.row_check import CHECK, SHOWN, differing, row_checks, shown_as
from client.files import read_parquet
from client.pack.dates import DATE_ORDERS
from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.methods.linkage.model.probabilistic import UNLISTED_RULE as OF_UNLISTED

if TYPE_CHECKING:
    from client.pack.source import Source

ANSWERS = ("same", "different", "unsure")
FIRST_LOOK = "first_look"
TO_FILL_IN = tuple(column.name for column in CONTRACTS["decisions"].filled_in[1:])
SIDE_BY_SIDE = (
    *("match_ref", CHECK, FIRST_LOOK),
    *("pupil_surname", "child_surname", "pupil_forename", "child_forename", "pupil_dob", "child_dob"),
    *("nc_year", "school_name", "school_borough", "claimant_forename", "claimant_surname"),
    *("household_ref", "child_seq", "suppress_contact", "also_compared"),
)
"""The columns of a first look: nothing of rule, guard, probability, weight, margin, sentence or tier."""
ALSO_COMPARED = ("upn", "uln", "sex", "address", "contact")
"""Parts of the evidence that are about cells which the release does not carry, so that an officer cannot compare them.
Names and dates are there to be compared, and `family` is what the exchange concluded from other pairs."""
LEAST_CONTROLS, REVIEW_TO_A_CONTROL = 10, 4
_NEEDED = {*SIDE_BY_SIDE, "evidence", "rule"} - {CHECK, FIRST_LOOK, "also_compared"}


@dataclass(frozen=True)
class Results:
    """The two tables of one run, as collected."""

    matches: pa.Table
    review: pa.Table

    @property
    def all(self) -> pa.Table:
        """Review first, then the matches, in the columns of the review."""
        return pa.concat_tables([self.review, self.matches], promote_options="default")


def read_results(folder: Path) -> Results:
    """`matches.parquet` and `review.parquet` of a collected run.

    Raises `InvalidInput` INP-001, 002, 004 (which columns are missing), 013.
    """
    tables = []
    for name in ("matches", "review"):
        path = folder / f"{name}.parquet"
        table = read_parquet(path)
        if missing := sorted(_NEEDED - set(table.column_names)):
            raise invalid(
                "INP-004", path=path, columns=", ".join(missing), hint="give the files as they were collected."
            )
        tables.append(table)
    return Results(*tables)


def first_look(results: Results, controls: int | None = None) -> tuple[pa.Table, int]:
    """The sheet for a first look (`SIDE_BY_SIDE`, with empty answers), and how many of its rows are controls.

    A control is a pair that is matched; without `controls`, one for every `REVIEW_TO_A_CONTROL` pairs in review and at
    least `LEAST_CONTROLS`, as far as there are any. They are chosen by their reference alone, so they stand for all
    matches, and the same results give the same sheet. Claims that do not list the pupil are left out: there the two
    records are known to be of different children.
    """
    listed = results.review.filter(pc.not_equal(results.review.column("rule"), OF_UNLISTED))
    wanted = max(-(-listed.num_rows // REVIEW_TO_A_CONTROL), LEAST_CONTROLS) if controls is None else controls
    chosen = _shuffled(results.matches).slice(0, wanted)
    rows = _shuffled(Results(chosen, listed).all)
    columns = {name: rows.column(name) for name in SIDE_BY_SIDE if name in _NEEDED}
    columns[CHECK] = row_checks(rows)
    columns[FIRST_LOOK] = pa.nulls(rows.num_rows, pa.string())
    columns["also_compared"] = pa.array(map(_unseen, rows.column("evidence").to_pylist()), pa.string())
    return pa.table({name: columns[name] for name in SIDE_BY_SIDE}), chosen.num_rows


def _shuffled(rows: pa.Table) -> pa.Table:
    """The rows in the order of their references' digests, which follows neither score nor school."""
    digests = [sha256(reference.encode()).digest() for reference in rows.column("match_ref").to_pylist()]
    return rows.take(pa.array(sorted(range(len(digests)), key=digests.__getitem__), pa.int64()))


def _unseen(evidence: str | None) -> str:
    return "; ".join(part for part in (evidence or "").split("; ") if part.split(" ")[0] in ALSO_COMPARED)


def read_first_looks(path: Path) -> pa.Table:
    """A sheet that was filled in: each `match_ref` once with its `first_look`, null where there is no answer yet, or
    where its rows have several.

    Raises `InvalidInput` INP-001, 002, 004, 007, 015, 018 (which row has no such answer), 133 (which rows are not those
    of their references).
    """
    from client.pack.source import read

    source = read(path)
    if missing := [name for name in ("match_ref", FIRST_LOOK) if name not in source.table.column_names]:
        hint = "give a sheet that `exchange review first-look` wrote."
        raise invalid("INP-004", path=path, columns=", ".join(missing), hint=hint)
    answers = pc.utf8_lower(source.column(FIRST_LOOK))
    if len(wrong := np.flatnonzero(~np.asarray(pc.is_in(answers, pa.array([*ANSWERS, None]))))):
        row, example = int(source.line[wrong[0]]), " or ".join(ANSWERS)
        raise invalid("INP-018", path=path, row=row, column=FIRST_LOOK, kind="first look", example=example)
    if astray := _astray(source, answers):
        raise invalid("INP-133", path=path, rows=listed(astray))
    looks = pa.table({"match_ref": source.column("match_ref"), FIRST_LOOK: answers})
    by_ref = looks.group_by("match_ref").aggregate([(FIRST_LOOK, "count_distinct"), (FIRST_LOOK, "max")])
    differ = pc.greater(by_ref.column(f"{FIRST_LOOK}_count_distinct"), 1)
    if pc.any(differ).as_py():
        of_them = pc.is_in(looks.column("match_ref"), by_ref.column("match_ref").filter(differ).combine_chunks())
        rows = listed(source.line[np.asarray(of_them)].tolist())
        note(f"{path}, rows {rows}: answers to one pair differ, so it counts as not looked at until they agree.")
    agreed = pc.if_else(differ, pa.scalar(None, pa.string()), by_ref.column(f"{FIRST_LOOK}_max"))
    looks = pa.table({"match_ref": by_ref.column("match_ref"), FIRST_LOOK: agreed})
    return looks.filter(pc.is_valid(looks.column("match_ref")))


def _astray(source: Source, answers: pa.Array) -> list[int]:
    """The numbers of answered rows that, by their check, are not those of their references."""
    if not {CHECK, *SHOWN} <= set(source.table.column_names):
        return []  # of an earlier version, or shortened: it decides nothing
    orders = [{name: shown_as(name, source.column(name), order) for name in SHOWN} for order in DATE_ORDERS]
    refs, checks = (source.column(name).to_pylist() for name in ("match_ref", CHECK))
    return [
        int(source.line[at])
        for at, answer in enumerate(answers.to_pylist())
        if answer
        and checks[at]
        and all(differing(checks[at], refs[at], {name: cells[name][at] for name in SHOWN}) for cells in orders)
    ]


def to_decide(results: Results, looks: pa.Table | None) -> tuple[pa.Table, int]:
    """The sheet on which to decide, and how many pairs it holds back: those that `looks` leaves without an answer.

    The columns of the decisions contract come first and empty, with the first look beside the reference; then all that
    the exchange says of the pair. `exchange pack table` takes the sheet as it is.
    """
    rows = results.all
    answers = pa.nulls(rows.num_rows, pa.string())
    held = np.zeros(rows.num_rows, np.bool_)
    if looks is not None:
        place = pc.index_in(rows.column("match_ref"), looks.column("match_ref").combine_chunks()).combine_chunks()
        answers = looks.column(FIRST_LOOK).combine_chunks().take(place)
        held = np.asarray(pc.is_valid(place)) & np.asarray(pc.is_null(answers))
    empty = {name: pa.nulls(rows.num_rows, pa.string()) for name in TO_FILL_IN}
    others = {name: rows.column(name) for name in rows.column_names if name != "match_ref"}
    begin = {"match_ref": rows.column("match_ref"), CHECK: row_checks(rows), FIRST_LOOK: answers}
    sheet = pa.table(begin | empty | others)
    return sheet.filter(pa.array(~held)), int(held.sum())
