"""A child who is registered twice is linked by its main registration."""

from __future__ import annotations

import pyarrow as pa

from shared.agreements.free_school_meals.registrations import link_main_registrations, second_registrations
from tests.unit.methods.linkage.families import WHOLE, children, pupils

UPN, TEMPORARY = "J210234519001", "V21023451900A"


def _registered(*rows: tuple[str | None, str]) -> pa.Table:
    table = pupils(*[{"upn": upn} for upn, _ in rows])
    return table.append_column("enrol_status", pa.array([status for _, status in rows]))


def test_the_main_registration_stays_wherever_it_stands() -> None:
    assert second_registrations(_registered((UPN, "S"), (UPN, "M"))).to_pylist() == [True, False]
    assert second_registrations(_registered((UPN, "C"), (UPN, "C"))).to_pylist() == [False, True]


def test_a_temporary_or_missing_upn_makes_no_two_rows_one_child() -> None:
    for upn in (TEMPORARY, None):
        assert second_registrations(_registered((upn, "M"), (upn, "S"))).to_pylist() == [False, False]
    assert second_registrations(pupils({}, {}).select(["surname"])).to_pylist() == [False, False]


def test_a_second_registration_does_not_tie_with_the_first() -> None:
    table = _registered((UPN, "S"), (UPN, "M"))
    second = second_registrations(table)
    found = link_main_registrations(table, second, children({}), WHOLE).to_pylist()
    assert [(row["pupil_row"], row["outcome"], row["household_row"]) for row in found] == [
        (0, "excluded", None),
        (1, "matched", 0),
    ]
