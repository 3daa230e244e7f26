"""Two hundred changed drops with every run of the tests; `make mutations` takes 12,000."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest

from tests.security import mutations
from tests.security.mutations import MEGABYTES, ROWS, WAYS, Good, good_drops, run
from tests.unit.kernel.envelope.forge import Drop
from tests.unit.kernel.envelope.houses import House, build_house

COUNT, SEED = 200, 19
SECONDS = 8.0
"""Two on a quiet machine, as with the bombs."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build_house("ring", tmp_path_factory.mktemp("mutations"))


@pytest.mark.long
def test_nothing_comes_of_a_changed_drop_but_a_code_or_rows_that_were_meant(house: House) -> None:
    tally = run(house, COUNT, SEED)
    assert not tally.faults
    assert tally.slowest < SECONDS
    assert tally.largest < MEGABYTES * 1000
    assert sum(tally.outcomes.values()) == COUNT
    # Else the changes would be too coarse to reach what lies behind the first gates, or too fine to be noticed.
    assert {"ENV-003", "ENV-010", "ENV-013", "ENV-018", "accepted with the same rows"} <= set(tally.outcomes)
    assert tally.outcomes["accepted with the same rows"] < COUNT / 2


def test_a_drop_that_is_accepted_with_other_rows_would_be_seen(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_rows(_: random.Random, good: Good) -> Drop:
        rows = good.rows.set_column(0, "upn", good.rows.column("upn").take(pa.array(range(ROWS)[::-1])))
        return good.forger.signed(good.forger.parquet(rows), rows.num_rows)

    monkeypatch.setattr(mutations, "WAYS", ((other_rows, False, 1),))
    goods = good_drops(house)
    assert "accepted with other rows" in mutations.tried(house, goods, SEED, 0).faults[0]


def test_an_exception_without_a_code_would_be_seen(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("anything")

    monkeypatch.setattr("shared.kernel.envelope.open.read_lock", broken)
    [sealed_bytes, *_] = WAYS
    monkeypatch.setattr(mutations, "WAYS", (sealed_bytes,))
    goods = good_drops(house)
    faults = [fault for number in range(20) for fault in mutations.tried(house, goods, SEED, number).faults]
    assert any("ValueError: anything" in fault for fault in faults)


def test_the_drop_that_is_being_tried_is_kept(house: House, tmp_path: Path) -> None:
    mutations.tried(house, good_drops(house), SEED, 0, tmp_path / "kept.parquet")
    assert (tmp_path / "kept.parquet").stat().st_size
