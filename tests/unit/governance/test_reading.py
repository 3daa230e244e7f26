"""The annex says of every column which code reads it: found by watching the code, and held here from outside."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from docs.governance.columns import SENSITIVITY, UNREAD, about
from docs.governance.examples import examples
from docs.governance.reading import COMPARED_IN, checks, released_from, uses
from docs.governance.watching import literals
from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.agreements.free_school_meals.linkage import SCHEMA
from shared.agreements.registry import load_agreement
from shared.methods.linkage.compare.levels import LEVELS
from shared.methods.linkage.encode.read import read_records
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.guards.guards import GUARDS
from shared.methods.linkage.link import link_records

ROOT = Path(__file__).resolve().parents[3]
READING_ROOMS = ("intake", "linkage", "eligibility", "release")
COLUMNS = {(dataset, name) for dataset, contract in CONTRACTS.items() for name in contract.names}

ORDINARY_WORDS = {
    "reason": {"shared/agreements/free_school_meals/outcomes.py"},
    "source": {"shared/methods/linkage/encode/standardise.py"},
}
"""Names of columns that are also other words, and the modules where they are."""


def uses_of(column: str) -> set[str]:
    return {use.what for use in uses()[tuple(column.split("."))]}  # type: ignore[index]


@pytest.mark.parametrize(
    ("column", "needed"),
    [
        ("pupils.upn", {"links: upn", "counts a child once", "names the pair", "released: `enrolments`"}),
        ("pupils.middle_names", {"links: forename"}),
        ("pupils.home_la", {"finds the home borough"}),
        ("pupils.fsm_end_date", {"says who is left out"}),
        ("households.uc_net_earnings", {"gives the tier"}),
        ("households.partner_forename", {"links: contact", *(f"decides: HOU-0{n}" for n in (33, 47, 51))}),
        ("households.extract_date", {"decides: HOU-051", "keeps evidence fresh: HOU-032"}),
        ("decisions.decided_by", {"counts the officers"}),
        ("households.claimant_nino", set()),
    ],
)
def test_a_column_is_needed_for_what_the_code_reads_it_for(column: str, needed: set[str]) -> None:
    assert uses_of(column) == needed


def test_what_nothing_reads_is_exactly_what_the_annex_lists_as_not_used_yet() -> None:
    assert set(uses()) == COLUMNS
    assert {column for column, found in uses().items() if not found} == set(UNREAD)


def test_a_column_that_is_called_unused_is_named_nowhere_in_the_rooms_that_read_rows() -> None:
    texts = {
        path.relative_to(ROOT).as_posix(): literals(path)
        for room in READING_ROOMS
        for path in (ROOT / "shared" / room).glob("*.py")
    }
    unused = {column for _, column in UNREAD}
    named = {(column, where) for where, said in texts.items() for column in unused & said}
    assert {(column, where) for column, where in named if where not in ORDINARY_WORDS.get(column, set())} == set()


def test_a_check_of_its_own_cell_is_no_need() -> None:
    assert "HOU-012" in checks("households", "claimant_nino")
    assert uses()["households", "claimant_nino"] == ()


def test_rules_for_any_text_and_for_whole_rows_are_not_counted_as_checks_of_a_column() -> None:
    codes = {code for dataset, column in COLUMNS for code in checks(dataset, column)}
    assert codes.isdisjoint({"PUP-010", "HOU-009", "DEC-010", "PUP-050", "HOU-050", "DEC-050"})
    assert checks("pupils", "town") == ()


def test_every_field_of_linkage_is_of_a_comparison_or_a_guard_and_linking_looks_at_it() -> None:
    held = {field for names in COMPARED_IN.values() for field in names}
    assert held == {field.name for field in fields(Records)}
    assert set(LEVELS) <= set(COMPARED_IN) <= {*LEVELS, *(guard.code for guard in GUARDS)}
    seen: set[str] = set()

    class Watched(Records):
        def __getattribute__(self, name: str) -> object:
            seen.add(name)
            return super().__getattribute__(name)

    pupils = examples("pupils", 3)
    at_one_postcode = examples("households", 3).drop_columns(["uprn"])
    place = at_one_postcode.column_names.index("child_surname")
    another_surname = at_one_postcode.set_column(place, "child_surname", [["Reid"] * 3])
    for households in (at_one_postcode, another_surname):
        read = read_records(pupils, households, SCHEMA)
        watched = Watched(**{field.name: getattr(read, field.name) for field in fields(Records)})
        link_records(watched, households, SCHEMA, load_agreement("fsm").linkage)
    assert held - seen == set()


def test_every_released_column_comes_from_where_the_annex_says() -> None:
    releases = load_agreement("fsm").releases
    for release, terms in releases.items():
        assert set(released_from(str(release))) == set(terms.columns)
    assert released_from("matches")["pupil_dob"] == "pupils.dob"
    assert released_from("review")["guard"] == "linkage"
    assert released_from("enrolments") == {
        "match_ref": "decisions.match_ref", "upn": "pupils.upn", "urn": "pupils.urn", "tier": "eligibility",
        "start_date": "decisions.decided_on", "status": "the exchange",
    }  # fmt: skip


def test_what_only_a_person_can_say_of_a_column_is_said_of_columns_that_there_are() -> None:
    assert set(SENSITIVITY) <= COLUMNS
    assert set(UNREAD) <= COLUMNS
    assert all(UNREAD.values())
    assert about("households", "claimant_nino") == "parent or carer"
    assert about("households", "child_upn") == about("pupils", "dob") == "child"
    assert about("decisions", "decided_by") == "officer"
