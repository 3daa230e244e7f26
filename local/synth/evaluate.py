"""Scores links against the synthetic truth: precision, recall and F1, overall and by groups that may fare worse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from local.synth.streams import Flags, Ints

OUTSIDE = "outside London"


@dataclass(frozen=True)
class Score:
    """Counts of one group, and what follows from them.

    `links` were made, `correct` of them lead to the pupil's own record, `expected` pupils had one to be found.
    """

    links: int
    correct: int
    expected: int

    @property
    def false(self) -> int:
        """Links to somebody else's record."""
        return self.links - self.correct

    @property
    def precision(self) -> float | None:
        """Part of the links that are right; None where there are none."""
        return self.correct / self.links if self.links else None

    @property
    def recall(self) -> float | None:
        """Part of the expected pupils who were found; None where none was expected."""
        return self.correct / self.expected if self.expected else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of the two; None where either is."""
        return 2 * self.correct / (self.links + self.expected) if self.links and self.expected else None

    def as_dict(self) -> dict[str, float | int | None]:
        """Everything, for JSON."""
        return {
            "links": self.links,
            "correct": self.correct,
            "false": self.false,
            "expected": self.expected,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
        }


@dataclass(frozen=True)
class Evaluation:
    """Scores of one set of links.

    `by_rule` gives to each rule what it adds: its recall is of all that was expected. `by_mark` shows which errors
    in the data cost recall; a pair has several marks. `elsewhere` counts pupils whose record is out of the run's
    reach: in another borough's extract than the address says, or behind a row that is invalid. They are not in
    `expected`. Groups with neither a link nor an expected pupil are left out.
    """

    overall: Score
    elsewhere: int
    by_borough: Mapping[str, Score]
    by_origin: Mapping[str, Score]
    by_rule: Mapping[str, Score]
    by_mark: Mapping[str, Score]

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        groups = {name: getattr(self, name) for name in ("by_borough", "by_origin", "by_rule", "by_mark")}
        return {"overall": self.overall.as_dict(), "elsewhere": self.elsewhere} | {
            name: {key: score.as_dict() for key, score in scores.items()} for name, scores in groups.items()
        }


def evaluate(matches: pa.Table, truth: pa.Table, *, among: pa.Table | None = None) -> Evaluation:
    """Score `matches` against `truth` (`truth.SCHEMA`).

    `matches` has `school_slug`, `pupil_row`, `household_slug`, `household_row` (0-based rows of the drops) and may
    have `rule` and `outcome`; with `outcome` only rows that are `matched` count. `among` (`school_slug`,
    `pupil_row`) restricts the truth to the pupils who came to linkage at all: not rejected, not excluded. A pupil
    with two right records, because two parents have claimed, may be linked to either. Raises ValueError when a
    pupil row is linked twice.
    """
    truth = truth if among is None else truth.filter(pa.array(_positions(truth, among) >= 0))
    matches = _made(matches)
    at = _positions(matches, truth)
    if len(np.unique(at[at >= 0])) < (at >= 0).sum():
        raise ValueError("a pupil row is linked more than once")
    right = _right(matches, truth, at)
    reachable = _flags(truth, "reachable")
    listed = np.asarray(truth.column("household_row").combine_chunks().is_valid())
    expected = reachable
    total = Score(matches.num_rows, int(right.sum()), int(expected.sum()))
    by_rule = {}
    if "rule" in matches.column_names:
        rules = _texts(matches, "rule", "")
        by_rule = {
            rule: Score(int((rules == rule).sum()), int(right[rules == rule].sum()), total.expected)
            for rule in sorted(set(rules))
        }
    groups = {
        name: _by(_texts(truth, column, OUTSIDE), at, right, expected)
        for name, column in (("by_borough", "home_slug"), ("by_origin", "name_origin"))
    }
    return Evaluation(
        overall=total,
        elsewhere=int((listed & ~reachable).sum()),
        by_rule=by_rule,
        by_mark=dict(_by_mark(_texts(truth, "marks", ""), at, right, expected)),
        **groups,
    )


def wrong_children(matches: pa.Table, truth: pa.Table, claims: Mapping[str, pa.ChunkedArray]) -> int:
    """How many of `matches` (as `evaluate` takes them) lead to another row of the pupil's own claim.

    `claims` gives the claim of each row by `household_slug`. All other false links lead to another family.
    """
    matches = _made(matches)
    at = _positions(matches, truth)
    there = truth.take(pa.array(at, mask=at < 0))
    wrong = np.flatnonzero(~_right(matches, truth, at))
    found = 0
    for link, own in zip(matches.take(wrong).to_pylist(), there.take(wrong).to_pylist(), strict=True):
        if own["household_slug"] == link["household_slug"]:
            claim = claims[own["household_slug"]]
            rows = [row for row in (own["household_row"], own["other_household_row"]) if row is not None]
            found += claim[link["household_row"]].as_py() in {claim[row].as_py() for row in rows}
    return found


def from_links(links: pa.Table, *, school_slug: str, household_slug: str) -> pa.Table:
    """`link`'s table for one pair of drops in the form that `evaluate` reads. Its rows must be those of the drops."""
    size = links.num_rows
    table = links.append_column("school_slug", pa.array([school_slug] * size))
    return table.append_column("household_slug", pa.array([household_slug] * size))


def _made(matches: pa.Table) -> pa.Table:
    made = matches.column("household_row").is_valid()
    if "outcome" in matches.column_names:
        made = pc.and_(made, pc.equal(matches.column("outcome"), "matched"))
    return matches.filter(made)


def _positions(rows: pa.Table, among: pa.Table) -> Ints:
    """For each of `rows` its position in `among`, by `school_slug` and `pupil_row`; -1 where it is not there."""
    slugs = pa.array(
        sorted(set(rows.column("school_slug").to_pylist()) | set(among.column("school_slug").to_pylist())), pa.string()
    )
    wanted, known = (_keys(table, slugs) for table in (rows, among))
    order = np.argsort(known, kind="stable")
    if not len(order):
        return np.full(len(wanted), -1, dtype=np.int64)
    near = order[np.minimum(np.searchsorted(known[order], wanted), len(order) - 1)]
    return np.where(known[near] == wanted, near, -1)


def _keys(table: pa.Table, slugs: pa.Array) -> Ints:
    school = pc.index_in(table.column("school_slug").combine_chunks().cast(pa.string()), slugs)
    return np.asarray(school, dtype=np.int64) << 32 | np.asarray(
        table.column("pupil_row").combine_chunks(), dtype=np.int64
    )


def _right(matches: pa.Table, truth: pa.Table, at: Ints) -> Flags:
    there = truth.take(pa.array(at, mask=at < 0))
    same_borough = _equal(matches, "household_slug", there, "household_slug")
    same_row = _equal(matches, "household_row", there, "household_row")
    return same_borough & (same_row | _equal(matches, "household_row", there, "other_household_row"))


def _equal(left: pa.Table, name: str, right: pa.Table, other: str) -> Flags:
    one, two = left.column(name).combine_chunks(), right.column(other).combine_chunks()
    return np.asarray(pc.fill_null(pc.equal(one.cast(two.type), two), False), dtype=bool)


def _by(groups: np.ndarray, at: Ints, right: Flags, expected: Flags) -> dict[str, Score]:
    of_match = np.where(at >= 0, groups[np.maximum(at, 0)], "") if len(groups) else np.array([""] * len(at))
    scores = {
        str(group): Score(
            int((of_match == group).sum()),
            int((right & (of_match == group)).sum()),
            int((expected & (groups == group)).sum()),
        )
        for group in sorted(set(groups))
    }
    return {group: score for group, score in scores.items() if score.links or score.expected}


def _by_mark(marks: np.ndarray, at: Ints, right: Flags, expected: Flags) -> Iterator[tuple[str, Score]]:
    distinct, which = np.unique(marks, return_inverse=True)
    known = at >= 0
    for mark in sorted({mark for text in distinct for mark in text.split(",") if mark}):
        has = np.array([mark in text.split(",") for text in distinct])[which]
        here = known & has[np.maximum(at, 0)]
        score = Score(int(here.sum()), int((right & here).sum()), int((expected & has).sum()))
        if score.links or score.expected:
            yield mark, score


def _flags(table: pa.Table, name: str) -> Flags:
    return np.asarray(pc.fill_null(table.column(name).combine_chunks(), False), dtype=bool)


def _texts(table: pa.Table, name: str, missing: str) -> np.ndarray:
    return np.array(pc.fill_null(table.column(name).combine_chunks(), missing).to_pylist(), dtype=object)
