"""Accounts for every pupil row of the demo from what the boroughs collected, and scores it against the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from local.party import Party
from local.synth.evaluate import Evaluation, evaluate, wrong_children
from local.synth.london import London
from shared.agreements.free_school_meals import ID

_TURNED_BACK = pa.schema([("school_slug", pa.string()), ("pupil_row", pa.int32()), ("why", pa.string())])
BEYOND = "beyond the exchange"
"""Pupils who live in no participating borough."""
_NO_RUN: tuple[str, dict[str, Any]] = ("", {"rows_in": 0, "matched": 0, "review": 0, "unmatched": 0, "excluded": {}})
"""Of a home to which no school borough had a pupil to send."""


@dataclass(frozen=True)
class Collected:
    """What the boroughs found in their outboxes, opened by each with its own key."""

    summaries: Mapping[str, dict[str, Any]]
    """By home borough: the summary of its last run."""
    matches: Mapping[str, pa.Table]
    review: Mapping[str, pa.Table]
    turned_back: pa.Table
    """Rows that reached no home borough."""

    @classmethod
    def by(cls, parties: Iterable[Party]) -> Collected:
        """Let every borough collect."""
        summaries, matches, review, turned_back = {}, {}, {}, []
        for party in parties:
            # Runs grow as drops arrive, and each carries the rows of those before it.
            last = max(party.summaries(), key=lambda found: found[1]["rows_in"], default=_NO_RUN)
            folder, summaries[party.slug] = last
            matches[party.slug] = _collected(party, "matches", folder)
            review[party.slug] = _collected(party, "review", folder)
            for receipt, report in party.answers():
                if receipt["dataset"] == "pupils":
                    turned_back += _turned_back(party.slug, report)
        return cls(summaries, matches, review, pa.Table.from_pylist(turned_back, schema=_TURNED_BACK))

    def account(self, london: London) -> dict[str, Any]:
        """Counts by home borough, which add up to every row dropped; precision and recall. No personal data."""
        pairs = self._automatic(london)
        scores = self._score(pairs, london)
        claims = {slug: rows.column("household_ref") for slug, rows in london.households.items()}
        wrong_child = wrong_children(pairs, london.truth, claims)
        back = self._turned_back_by_home(london)
        homes = {}
        for slug, summary in self.summaries.items():
            rejected = back[slug].pop("rejected", 0)
            excluded = Counter(summary["excluded"]) + back[slug]
            counts = {
                "rows_in": summary["rows_in"] + rejected + sum(back[slug].values()),
                "rejected": rejected,
                "excluded": dict(sorted(excluded.items())),
                **{name: summary[name] for name in ("matched", "review", "unmatched")},
            }
            homes[slug] = counts | _rates(scores, slug)
        beyond = back[BEYOND]
        total = sum(rows.num_rows for rows in london.pupils.values())
        accounted = sum(home["rows_in"] for home in homes.values()) + sum(beyond.values())
        if accounted != total:
            raise AssertionError(f"{total} pupil rows were dropped and {accounted} are accounted for")
        return {
            "pupil_rows": total,
            "household_rows": sum(rows.num_rows for rows in london.households.values()),
            "homes": homes,
            BEYOND.replace(" ", "_"): dict(sorted(beyond.items())),
            "precision": scores.overall.precision,
            "recall": scores.overall.recall,
            "wrong_family": scores.overall.false - wrong_child,
            "wrong_child": wrong_child,
            "entitled_and_reachable": scores.overall.expected,
            "recall_by_rule": {rule: score.recall for rule, score in scores.by_rule.items()},
            "recall_by_name_origin": {origin: score.recall for origin, score in scores.by_origin.items()},
        }

    def _automatic(self, london: London) -> pa.Table:
        """The automatic matches as rows of the drops."""
        return pa.concat_tables([_pairs(rows, london, home=slug) for slug, rows in self.matches.items()])

    def _score(self, pairs: pa.Table, london: London) -> Evaluation:
        """Score the automatic matches. To be found: whoever is entitled, not registered, and within the runs' reach."""
        truth = london.truth
        entitled = pc.and_(pc.not_equal(truth.column("expected_tier"), "none"), pc.invert(truth.column("fsm_open")))
        return evaluate(pairs, truth, among=truth.filter(entitled))

    def _turned_back_by_home(self, london: London) -> dict[str, Counter[str]]:
        """Rows that reached no home borough, counted where the truth says that the child lives."""
        counts: dict[str, Counter[str]] = {slug: Counter() for slug in (*self.summaries, BEYOND)}
        homes = london.truth.select(["school_slug", "pupil_row", "home_slug"])
        for row in self.turned_back.join(homes, ["school_slug", "pupil_row"]).to_pylist():
            counts[row["home_slug"] if row["home_slug"] in self.summaries else BEYOND][row["why"]] += 1
        return counts


_PUPIL = {"urn": "urn", "dob": "pupil_dob", "surname": "pupil_surname", "forename": "pupil_forename"}
_CHILD = {"household_ref": "household_ref", "child_seq": "child_seq"}


def _pairs(matches: pa.Table, london: London, *, home: str) -> pa.Table:
    """Which rows of which drops were matched, found by what the home borough was told of them."""
    found = []
    for school, pupils in london.pupils.items():
        of_school = matches.filter(pc.equal(matches.column("school_borough"), school))
        made = {
            "school_slug": pa.repeat(school, of_school.num_rows),
            "pupil_row": _rows(of_school, pupils, _PUPIL),
            "household_slug": pa.repeat(home, of_school.num_rows),
            "household_row": _rows(of_school, london.households[home], _CHILD),
            "rule": of_school.column("rule"),
        }
        found.append(pa.table(made))
    return pa.concat_tables(found)


def _rows(matches: pa.Table, dropped: pa.Table, columns: Mapping[str, str]) -> pa.Array:
    """The row of each match in a drop, by these columns there and here; of rows that repeat each other the first."""
    told, known = (
        pc.binary_join_element_wise(*(pc.utf8_trim_whitespace(column.cast(pa.string())) for column in side), "|")
        for side in (matches.select(list(columns.values())), dropped.select(list(columns)))
    )
    rows = pc.index_in(told, known.combine_chunks())
    if rows.null_count:
        raise AssertionError(f"{rows.null_count} matches are of no row that was dropped")
    return rows.cast(pa.int32())


def _collected(party: Party, release: str, folder: str) -> pa.Table:
    """A release of a run, or none of its rows where there was no run."""
    if not folder:
        columns = party.agreements[ID].terms.releases[release].columns
        return pa.table({name: pa.array([], pa.string()) for name in columns})
    [rows] = party.releases(release, folder)
    return rows


def _turned_back(school: str, report: dict[str, Any]) -> list[dict[str, Any]]:
    """Rejected and excluded rows, from the report, which names rows as a spreadsheet does: the header is row 1."""
    reasons = {"ROU-001": "home_unknown", "ROU-002": "home_outside_exchange", "ROU-003": "home_is_school_borough"}
    found: dict[int, str] = {}
    for finding in report["findings"]:
        row = int(finding["reference"].removeprefix("row ")) - 2
        if finding["severity"] == "error":
            found[row] = "rejected"
        elif finding["severity"] == "excluded":
            found[row] = reasons[finding["code"]]
    return [{"school_slug": school, "pupil_row": row, "why": why} for row, why in found.items()]


def _rates(scores: Evaluation, slug: str) -> dict[str, float | None]:
    score = scores.by_borough[slug]
    return {"precision": score.precision, "recall": score.recall}
