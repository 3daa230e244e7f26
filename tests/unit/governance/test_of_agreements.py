"""Every agreement in the registry has its annex, record and inputs; a column's uses are found by altering it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest

from docs.governance import facts, influence
from docs.governance.influence import checked_by, needed, staged
from docs.governance.of_agreements import WITH_PAGES_OF_THEIR_OWN, pages_of_agreements
from shared.agreements.registry import load_agreements
from shared.kernel.contract.columns import Column, Contract
from shared.kernel.contract.rules.registry import Rulebook
from shared.kernel.terms.agreements import Agreed, Agreements
from shared.kernel.terms.pipeline import Carried, Job, Nowhere, Release, Rights, Routed
from tests.unit.kernel.second import second

OF_NONE = sorted(agreed.terms.id for agreed in load_agreements() if agreed.terms.id not in WITH_PAGES_OF_THEIR_OWN)
NOWHERE = Nowhere("TOY-001", "other_place", "place", "", "")
BOOK = Rulebook("TOY")


@BOOK.error("TOY-002", "count", "", "")
def counted_by_nobody(frame: Any, _: Any) -> Any:
    """Looks at `by` to decide about the row."""
    return frame.filled("by") & ~frame.filled("count")


def column(name: str, example: str, kind: Any = "text", required: bool = True) -> Column:
    """A column of the toy contract."""
    return Column(name, kind, required, name, None, example)


CONTRACT = Contract(
    "absences",
    (
        column("ref", "A1"),
        column("place", "north"),
        column("count", "3", "integer"),
        column("note", "B2", required=False),
        column("by", "C3", required=False),
        column("unread", "D4", required=False),
    ),
    (*BOOK,),
    identifier="ref",
)


class Toy:
    """Rows of `north` are Lewisham's, who tells every party how many, and keeps the notes."""

    contracts: ClassVar = {"absences": CONTRACT}
    ends: ClassVar = {"counted": ""}
    kinds: ClassVar = {"tally": Rights(frozenset({"absences"}), frozenset({"notes"}), {"counts": "counts"}, "counts")}
    pipeline = property(lambda self: self)

    def route(self, dataset: str, rows: pa.Table, **_: Any) -> Routed:
        north = rows.column("place").to_pylist() == ["north"] * rows.num_rows
        kept = rows.select(["ref", "count", "note", "unread", "row"])
        return Routed({"lewisham": kept}) if north else Routed({}, {NOWHERE: rows.column("row").combine_chunks()})

    def due(self, arrived: Any, party: str, staged: Any) -> Iterator[Job]:
        files = staged.counting("absences", arrived.collection)
        yield Job("tally", party, arrived.collection, tuple(file.name for file in files))

    def carry_out(self, job: Job, tables: Any, agreement: Any, as_of: Any, pseudonyms: Any) -> Carried:
        rows = pa.concat_tables(tables.values())
        counts = pa.table({"count": [sum(rows.column("count").to_pylist())]})
        releases = tuple(Release(party, "counts", "counts", counts) for party in ("lambeth", "lewisham"))
        return Carried(
            rows.num_rows, {"counted": rows.num_rows}, releases, {}, "counts", kept={"notes": rows.select(["note"])}
        )


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The agreement is in the registry."""
    agreements = Agreements((Agreed(second().terms, Toy()),))  # type: ignore[arg-type]
    monkeypatch.setattr(influence, "load_agreements", lambda: agreements)
    caches = (influence.needed, influence.staged, influence._outcome_of)
    for cached in caches:
        cached.cache_clear()
    yield "head-count"
    for cached in caches:
        cached.cache_clear()


def test_a_column_is_needed_for_what_comes_out_otherwise_when_it_is_altered(toy: str) -> None:
    assert needed(toy) == {
        ("absences", "ref"): ("says which rows of two files are the same",),
        ("absences", "place"): ("says whose work a row is", "decides whether there is work: tally"),
        ("absences", "count"): ("released: counts",),
        ("absences", "note"): ("kept for later: notes",),
        ("absences", "by"): ("decides: TOY-002",),
        ("absences", "unread"): (),
    }


def test_what_is_staged_is_what_the_route_gives_on(toy: str) -> None:
    assert staged(toy) == {"absences": ("ref", "count", "note", "unread", "row")}


def test_a_check_is_no_need(toy: str) -> None:
    assert checked_by(CONTRACT, "count") == checked_by(CONTRACT, "by") == ("TOY-002",)
    assert checked_by(CONTRACT, "unread") == ()


@pytest.mark.parametrize("agreement", OF_NONE)
def test_every_agreement_has_its_pages_with_every_column_party_and_day(agreement: str) -> None:
    pages = pages_of_agreements()
    annex, record, inputs = (
        pages[Path(agreement) / f"{name}.md"] for name in ("annex", "record-of-processing", "dpia-inputs")
    )
    agreed = load_agreements()[agreement]
    for contract in agreed.contracts.values():
        for one in contract.columns:
            assert f"| {'**' * one.required}`{one.name}`{'**' * one.required} | {one.kind}" in annex
    for party in agreed.terms.participants:
        assert f"| {party.name} |" in annex
        assert f"### {party.name}\n" in record
    for kind, days in agreed.terms.retention.sweep_days.items():
        assert f"| `{kind}` |" in annex
        assert f" {days} |" in annex
    for page in (record, inputs):
        assert page.count("**To decide (D") == page.count("\n| D") > 0
        assert "[[" not in page
    assert agreed.terms.reference in inputs


def test_no_agreement_is_without_pages() -> None:
    assert {agreed.terms.id for agreed in load_agreements()} == WITH_PAGES_OF_THEIR_OWN | set(OF_NONE)
    assert {facts.agreement().id} == WITH_PAGES_OF_THEIR_OWN
    assert {path.parts[0] for path in pages_of_agreements()} == set(OF_NONE)


@pytest.mark.parametrize("agreement", OF_NONE)
def test_every_column_of_every_agreement_is_needed_for_something(agreement: str) -> None:
    """That what nobody needs is asked for is found here, and is said on the page: then this list has it."""
    assert {key for key, uses in needed(agreement).items() if not uses} == set()
