"""From dropped files to the released table."""

from __future__ import annotations

import pyarrow as pa
import pytest

from shared.agreements.origin_destination.pipeline import PIPELINE
from shared.agreements.origin_destination.words import NAMES
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import Lack
from tests.unit.agreements.origin_destination.samples import (
    BARNET,
    CAMDEN,
    COLLECTION,
    ENFIELD,
    KENT,
    MADE,
    SURREY,
    Collection,
    agreement,
    numbers,
    pupil,
    pupils,
    routed,
    table,
)


def whole() -> Collection:
    """Every borough has sent its pupils."""
    files = Collection()
    files.come(
        "roll",
        BARNET,
        pupils(BARNET, {BARNET: (900, 200), CAMDEN: (40, 12), ENFIELD: (60, 20), SURREY: (3, 1), KENT: (9, 0)}),
    )
    files.come(
        "roll", CAMDEN, pupils(CAMDEN, {CAMDEN: (800, 300), BARNET: (50, 8), ENFIELD: (25, 10), SURREY: (70, 20)})
    )
    files.come(
        "roll", ENFIELD, pupils(ENFIELD, {ENFIELD: (700, 250), BARNET: (30, 11), CAMDEN: (12, 6), KENT: (12, 5)})
    )
    return files


def test_every_pupil_has_a_residence_and_none_is_dropped() -> None:
    rows = table(
        "roll",
        [
            pupil(1, BARNET, CAMDEN),
            pupil(2, BARNET, "202"),
            pupil(3, BARNET, None, postcode="N1 1AA"),
            pupil(4, BARNET, None, postcode="CF1 1AA"),
            pupil(5, BARNET, None, postcode="ZE1 1AA"),
            pupil(6, BARNET, None),
            pupil(7, BARNET, "E09999999"),
            pupil(8, BARNET, "S12000033"),
            pupil(9, BARNET, "936"),
        ],
    )
    part = routed("roll", rows, BARNET).parts["liia"]
    expected = [CAMDEN, CAMDEN, BARNET, "outside", "unknown", "unknown", "unknown", "outside", SURREY]
    assert part.column("residence").to_pylist() == expected
    assert not {"postcode", "home_la", "laestab"} & set(part.column_names), "what nothing uses is not staged"


def test_a_school_of_another_authority_is_nobodys_work_and_named() -> None:
    rows = table("roll", [pupil(1, BARNET, CAMDEN), pupil(2, CAMDEN, BARNET)])
    found = routed("roll", rows, BARNET)
    assert found.parts["liia"].num_rows == 1
    assert {reason.code: rows.to_pylist() for reason, rows in found.nowhere.items()} == {"ORI-001": [1]}


def test_a_number_for_no_authority_is_nobodys_work_and_named() -> None:
    rows = table("plans", [{"school_la": code, "ehc_plans": 5} for code in ("202", "E09999999", "999")])
    found = routed("plans", rows, BARNET)
    assert {reason.code: rows.to_pylist() for reason, rows in found.nowhere.items()} == {"ORI-002": [1, 2]}


def test_a_table_is_due_with_each_file_once_pupils_are_there() -> None:
    class Area:
        def __init__(self, *files: Partition) -> None:
            self.files = files

        def counting(self, dataset: str, collection: str) -> tuple[Partition, ...]:
            return tuple(file for file in self.files if (file.dataset, file.collection) == (dataset, collection))

        def kept(self, kind: str) -> tuple[Partition, ...]:
            return ()

    plans = Partition("plans", COLLECTION, "barnet", MADE, "1" * 32)
    roll = Partition("roll", COLLECTION, "camden", MADE, "2" * 32)
    assert list(PIPELINE.due(plans, "liia", Area(plans))) == []
    assert PIPELINE.lacks(plans, "liia", Area(plans)) == (Lack("roll"),)
    assert PIPELINE.lacks(plans, "liia", Area(plans, roll)) == PIPELINE.lacks(roll, "liia", Area(roll)) == ()
    (job,) = PIPELINE.due(roll, "liia", Area(plans, roll))
    assert set(job.inputs) == {plans.name, roll.name}
    assert PIPELINE.stands(job, Area(plans, roll))
    assert not PIPELINE.stands(job, Area(roll))


def test_the_whole_goes_to_the_hub_and_to_each_borough_what_concerns_it() -> None:
    carried = whole().release()
    seen = numbers(carried)
    assert seen["pupils", "Camden", "Barnet"] == 40
    assert seen["open_fsm", "Camden", "Barnet"] == 12
    assert seen["pupils", "Barnet", "Total"] == 980
    assert seen["pupils", "Surrey", "Barnet"] == "c"
    assert seen["open_fsm", "Surrey", "Barnet"] == "c"
    assert seen["newly_entitled", "Camden", "Barnet"] == "x"
    assert seen["newly_entitled", "Surrey", "Barnet"] == "z"
    for slug, name in (("barnet", "Barnet"), ("camden", "Camden"), ("enfield", "Enfield")):
        own = numbers(carried, slug)
        assert own == {cell: value for cell, value in seen.items() if name in cell}
    assert [tuple(release.rows.column_names) for release in carried.releases] == [NAMES] * 4
    assert carried.rows_in == sum(carried.ends.values()) == 2711
    assert {end.partition(".")[0] for end in carried.ends} <= set(PIPELINE.ends)


def test_no_number_of_children_stands_beside_the_table() -> None:
    carried = whole().release()
    assert not carried.counts
    text = repr({key: value for key, value in carried.summary.items() if key != "drops"})
    assert not {"2711", "980", "3"} & set(text.replace(":", " ").replace(",", " ").split())


def test_no_row_about_a_child_is_released() -> None:
    for release in whole().release().releases:
        assert set(release.rows.column_names) == set(agreement().release_terms("totals").columns)  # type: ignore[union-attr]


def test_what_has_not_come_is_not_nought() -> None:
    files = Collection()
    files.come("roll", BARNET, pupils(BARNET, {CAMDEN: (40, 12), ENFIELD: (60, 20)}))
    seen = numbers(files.release())
    assert seen["pupils", "Total", "Camden"] == "x"
    assert seen["pupils", "Camden", "Total"] == seen["pupils", "Total", "Total"] == "x"
    assert seen["pupils", "Total", "Barnet"] == 100


def test_a_file_without_its_own_residents_does_not_say_that_there_are_none() -> None:
    files = Collection()
    files.come("roll", BARNET, pupils(BARNET, {CAMDEN: (40, 12), ENFIELD: (60, 20)}))
    seen = numbers(files.release())
    assert seen["pupils", "Barnet", "Barnet"] == seen["open_fsm", "Barnet", "Barnet"] == "x"
    files.come("roll", BARNET, pupils(BARNET, {BARNET: (900, 200), CAMDEN: (40, 12), ENFIELD: (60, 20)}))
    assert numbers(files.release())["pupils", "Barnet", "Barnet"] == 900


def test_a_file_that_comes_changes_no_number_of_another() -> None:
    files = Collection()
    files.come("roll", BARNET, pupils(BARNET, {CAMDEN: (40, 12), ENFIELD: (13, 7), SURREY: (2, 2)}))
    before = {cell: value for cell, value in numbers(files.release()).items() if cell[2] == "Barnet"}
    files.come("roll", CAMDEN, pupils(CAMDEN, {BARNET: (3, 1), ENFIELD: (13, 3), SURREY: (90, 20)}))
    files.come("roll", ENFIELD, pupils(ENFIELD, {BARNET: (60, 30), CAMDEN: (1, 0), SURREY: (4, 4)}))
    after = numbers(files.release())
    assert {cell: after[cell] for cell in before} == before


def test_a_number_that_changed_by_a_few_is_not_given_anew() -> None:
    files = whole()
    assert numbers(files.release())["pupils", "Camden", "Enfield"] == 12
    files.come("roll", ENFIELD, pupils(ENFIELD, {ENFIELD: (700, 250), BARNET: (30, 11), CAMDEN: (13, 7)}))
    seen = numbers(files.release())
    assert seen["pupils", "Camden", "Enfield"] == "c"
    assert seen["open_fsm", "Camden", "Enfield"] == "c"
    assert seen["pupils", "Total", "Enfield"] == "c", "or the change could be worked out"
    assert seen["pupils", "Camden", "Total"] == seen["pupils", "Total", "Total"] == "c"
    assert seen["pupils", "Barnet", "Total"] == 980, "in which nothing has changed that is left out"


def test_the_same_files_again_give_the_same_table() -> None:
    files = whole()
    assert numbers(files.release()) == numbers(files.release())


@pytest.mark.parametrize(("number", "end"), [(8, "counted"), (29, "excluded.more_than_pupils")])
def test_newly_entitled_are_among_pupils_without_a_period(number: int, end: str) -> None:
    files = whole()
    files.come("entitled", CAMDEN, table("entitled", [{"school_la": BARNET, "newly_entitled": number}]))
    carried = files.release()
    assert carried.ends.get(end, 0) >= 1
    assert numbers(carried)["newly_entitled", "Camden", "Barnet"] == (number if end == "counted" else "c")


def test_newly_entitled_of_a_school_authority_that_has_sent_nothing_wait() -> None:
    files = Collection()
    files.come("roll", BARNET, pupils(BARNET, {CAMDEN: (40, 12)}))
    files.come("entitled", CAMDEN, table("entitled", [{"school_la": "308", "newly_entitled": 9}]))
    assert files.release().ends == {"counted": 40, "excluded.pupils_not_there": 1}


def test_plans_are_counted_by_the_authority_that_keeps_them() -> None:
    files = whole()
    rows = [{"school_la": "302", "ehc_plans": 30}, {"school_la": "E09000010", "ehc_plans": 2}]
    files.come("plans", CAMDEN, table("plans", [*rows, {"school_la": "936", "ehc_plans": 9}]))
    seen = numbers(files.release())
    assert seen["ehc_plans", "Camden", "Barnet"] == 30
    assert seen["ehc_plans", "Camden", "Enfield"] == "c"
    assert "c" in (seen["ehc_plans", "Camden", "Surrey"], seen["ehc_plans", "Camden", "Total"])
    assert seen["ehc_plans", "Barnet", "Camden"] == "x"


def test_terms_that_name_no_hub_among_the_parties_are_refused() -> None:
    with pytest.raises(ValueError, match="hub: neither a controller nor a recipient"):
        type(agreement()).model_validate(agreement().model_dump(by_alias=True) | {"hub": "surrey"})


def test_the_contract_takes_no_name() -> None:
    names = {name for contract in PIPELINE.contracts.values() for name in contract.names}
    assert not {name for name in names if "name" in name or "dob" in name or "address" in name}
    assert pa.string() == PIPELINE.contracts["roll"].arrow_schema().field("upn").type
