"""Decisions are remembered: pseudonyms, words and days alone, for as long as the agreement says, under one secret."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from shared.kernel.disposal.sweep import sweep
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.errors import KeyUnavailable, Missing
from shared.kernel.intake.staging import StagedFor
from shared.kernel.storage.poison import PoisonQueue
from shared.kernel.terms.partition import Partition
from shared.kernel.work.memory import DECIDED, recall, remember
from tests.poison import NoQueues
from tests.world import COLLECTION, NOW, World

WORD, TODAY = "noted", date(2026, 11, 21)
ROWS = pa.table({"ref": ["m-1"], "decision": ["confirm"], "day": pa.array([TODAY])}, schema=DECIDED)


def noted(at: datetime = NOW, party: str = "lambeth") -> Partition:
    return Partition(WORD, COLLECTION, party, at, f"{at:%Y%m%d}{'0' * 24}")


def recalled(world: World, partition: Partition, on: date) -> list[dict[str, object]]:
    return list(recall(world.sharing, partition.sender, partition.name, on=on).to_pylist())


def days(world: World) -> int:
    found = world.agreement.retention.decisions_days
    assert found is not None
    return found


def test_what_is_remembered_counts_for_its_days_and_not_on_the_day_that_it_names(world: World) -> None:
    remember(world.sharing, noted(), ROWS)
    last = TODAY + timedelta(days(world) - 1)
    [row] = recalled(world, noted(), last)
    assert row == {"ref": "m-1", "decision": "confirm", "day": TODAY, "expiry": last + timedelta(1)}
    assert recalled(world, noted(), last + timedelta(1)) == []


def test_it_lies_in_its_partys_part_alone_sealed_and_is_listed_oldest_first(world: World) -> None:
    later = NOW + timedelta(days=1)
    remember(world.sharing, noted(later), ROWS)
    remember(world.sharing, noted(), ROWS)
    assert StagedFor(world.sharing, "lambeth").remembered(WORD) == (noted(), noted(later))
    assert StagedFor(world.sharing, "lewisham").remembered(WORD) == ()
    assert StagedFor(world.sharing, "lambeth").kept(WORD) == ()
    for blob in world.storage.decisions("lambeth").list():
        data = world.storage.decisions("lambeth").read(blob.name).data
        assert data[:4] == b"PARE"
        assert b"confirm" not in data


@pytest.mark.parametrize(
    "rows",
    [
        ROWS.append_column("upn", pa.array(["B801200005001"])),
        ROWS.drop_columns("day"),
        ROWS.set_column(0, "ref", pa.array([1])),
    ],
    ids=["more", "fewer", "of another type"],
)
def test_nothing_but_pseudonym_decision_and_day_is_remembered(world: World, rows: pa.Table) -> None:
    with pytest.raises(ValueError, match="ref, decision, day alone"):
        remember(world.sharing, noted(), rows)
    assert list(world.storage.decisions("lambeth").list()) == []


def test_no_row_is_no_file_and_an_agreement_that_remembers_nothing_cannot(world: World) -> None:
    remember(world.sharing, noted(), ROWS.slice(0, 0))
    assert list(world.storage.decisions("lambeth").list()) == []
    forgetful = world.agreement.retention.model_copy(update={"decisions_days": None})
    under = world.under(world.agreement.model_copy(update={"retention": forgetful}))
    with pytest.raises(ValueError, match="decisions_days"):
        remember(under.sharing, noted(), ROWS)


def test_under_another_secret_no_work_is_done(world: World, tmp_path: Path) -> None:
    """Not one decision would be known, and whoever has opted out would be written to."""
    remember(world.sharing, noted(), ROWS)
    staged = StagedFor(world.sharing, "lambeth")
    assert len(staged.remembered(WORD)) == 1
    assert isinstance(world.exchange.keys, LocalKeyRing)
    own = world.exchange.keys._secret("fsm")
    before = own.read_bytes()
    other = LocalKeyRing(tmp_path)
    other.create_secret("fsm")
    try:
        own.write_bytes(other._secret("fsm").read_bytes())
        with pytest.raises(KeyUnavailable, match="KEY-006"):
            staged.remembered(WORD)
    finally:
        own.write_bytes(before)
    assert len(staged.remembered(WORD)) == 1


def test_the_sweep_takes_it_on_its_own_day_and_certifies_it(world: World) -> None:
    remember(world.sharing, noted(datetime.now(UTC)), ROWS)
    written = datetime.now(UTC)
    there = world.storage.containers()

    def swept(after: float) -> list[str]:
        world.now[0] = written + timedelta(days=after)
        sweep(world.exchange, PoisonQueue(NoQueues()), "lambeth", there)
        return [blob.name for blob in world.storage.decisions("lambeth").list()]

    assert len(swept(days(world) - 1)) == 1
    assert swept(days(world)) == []
    [certificate] = [name for name in world.outbox("lambeth") if "certificates" in name]
    assert b'"clause":"retention.decisions_days"' in world.storage.outbox("lambeth").read(certificate).data
    # A job that began before it went reads nothing; one that began when it counted still would miss it.
    assert recalled(world, noted(written), written.date()) == []
    world.now[0] = written
    with pytest.raises(Missing):
        recalled(world, noted(written), written.date())
