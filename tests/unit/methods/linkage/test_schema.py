"""Linkage knows no agreement: any two tables that a schema describes are linked, under whatever names."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from bench.link.london import london_set
from shared.agreements.free_school_meals.linkage import SCHEMA, link_pupils
from shared.methods.linkage.encode.read import read_records
from shared.methods.linkage.link import LINKS, link
from shared.methods.linkage.policy import LinkageModel
from shared.methods.linkage.schema import LeftColumns, Parent, RightColumns, Schema, Wording
from tests.unit.methods.linkage.families import PUPIL, WHOLE, children, pupils

ROOM = Path(__file__).resolve().parents[4] / "shared" / "methods" / "linkage"
ROWS = (
    pupils({}, {"forename": "Kehinde"}, {"surname": "Bello-Okonjo", "postcode": None, "uprn": None}, {"dob": None}),
    children({}, {"child_forename": "TEMIDAYO", "household_ref": "H2"}, {"suppress_contact": True}),
)


def _renamed(columns: LeftColumns | RightColumns) -> dict[str, str]:
    """Another name for every column that is declared, which tells nothing."""
    return {name: f"c{number}" for number, name in enumerate(sorted(columns.names))}


def _under(names: dict[str, str], columns: LeftColumns | RightColumns) -> dict[str, object]:
    return {
        field: names.get(told, told) if isinstance(told, str) else _all(names, told)
        for field, told in vars(columns).items()
    }


def _all(names: dict[str, str], told: tuple[object, ...] | None) -> object:
    if told is None:
        return None
    return tuple(
        Parent(names[each.forename], names[each.surname]) if isinstance(each, Parent) else names[str(each)]
        for each in told
    )


def _foreign(tables: tuple[pa.Table, pa.Table]) -> tuple[Schema, pa.Table, pa.Table]:
    """The same rows, of which no column has the name that it has in free school meals."""
    left, right = _renamed(SCHEMA.left), _renamed(SCHEMA.right)
    schema = replace(
        SCHEMA,
        left=LeftColumns(**_under(left, SCHEMA.left)),  # type: ignore[arg-type]
        right=RightColumns(**_under(right, SCHEMA.right)),  # type: ignore[arg-type]
        wording=Wording(left="referral", right="case", family="file"),
    )
    renamed = [
        table.select([name for name in table.column_names if name in names]).rename_columns(
            [names[name] for name in table.column_names if name in names]
        )
        for table, names in zip(tables, (left, right), strict=True)
    ]
    return schema, *renamed


def test_the_same_rows_under_other_names_give_the_same_links() -> None:
    rows = london_set(7, 1_500, 2_000)[:2]
    schema, left, right = _foreign(rows)
    found, own = link(left, right, schema, WHOLE), link_pupils(*rows, WHOLE)
    assert found.schema == LINKS
    assert found.drop_columns("sentence").to_pydict() == dict(
        zip(
            (each for each in LINKS.names if each != "sentence"),
            own.drop_columns("sentence").to_pydict().values(),
            strict=True,
        )
    )


def test_a_sentence_speaks_in_the_words_that_it_is_given() -> None:
    sister = pupils({"forename": "Kehinde", "dob": date(2010, 5, 5)}), children({})
    told = ""
    for tables in (ROWS, sister):
        schema, left, right = _foreign(tables)
        told += " ".join(link(left, right, schema, WHOLE).column("sentence").drop_null().to_pylist())
    assert "another case fits nearly as well" in told
    assert "the file does not list the referral" in told
    assert not re.search(r"\b(pupil|child|claim|left|right|row|family)\b", told)
    assert "{" not in told


def test_a_table_without_a_declared_column_says_nothing_of_it() -> None:
    bare = Schema(LeftColumns(surname="surname"), RightColumns(), SCHEMA.upn, SCHEMA.uln, SCHEMA.postcode, SCHEMA.uprn)
    records = read_records(*ROWS, bare)
    assert records.surname.present == (4, 0)
    assert [field.present for field in (records.forename, records.dob, records.postcode, records.upn)] == [(0, 0)] * 4
    assert (records.parents, records.other_parents, records.other_surnames) == ((), (), ())
    assert link(*ROWS, bare, WHOLE).column("outcome").to_pylist() == ["unmatched"] * 4


def test_every_declared_column_is_one_that_a_validated_file_has() -> None:
    pupils_file, households_file, _ = london_set(7, 100, 200)
    assert set(pupils_file.column_names) >= SCHEMA.left.names
    assert set(households_file.column_names) >= SCHEMA.right.names
    assert SCHEMA.left.often_alike < SCHEMA.left.names
    assert set(SCHEMA.right.ordered) <= SCHEMA.right.names
    assert set(PUPIL) - {"town"} <= SCHEMA.left.names


NAMES_OF_AN_AGREEMENT = re.compile(r"pupil|household|claim|school|meal|borough|suppress_contact|child_|\bE09", re.I)
MAY = {
    "policy.py": 6,  # what models up to version 1.2.0 call the two sides, and the word for linking families
    "guards/neighbours.py": 1,  # children of all school years
}


def test_no_module_of_linkage_names_what_an_agreement_names() -> None:
    """Neither datasets nor columns nor who takes part; what may stay is counted, so that nothing is added to it."""
    found = {}
    for path in sorted(ROOM.rglob("*.py")):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if NAMES_OF_AN_AGREEMENT.search(line)]
        if lines:
            found[str(path.relative_to(ROOM))] = len(lines)
    assert found == MAY


@pytest.mark.parametrize("names", [("pupils", "households"), ("left_rows", "right_rows")])
def test_a_model_is_read_under_the_names_of_any_version(names: tuple[str, str]) -> None:
    model = WHOLE.model
    assert model is not None
    told = json.loads(model.model_dump_json())
    for new, name in zip(("left_rows", "right_rows"), names, strict=True):
        told[name] = told.pop(new)
    assert LinkageModel.model_validate(told) == model
