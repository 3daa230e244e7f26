"""Work that waits: marks, when they are old enough, and what is asked for then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest

from shared.kernel.intake import due
from shared.kernel.intake.due import Mark, begin, begin_all, marks, why_now
from shared.kernel.reconcile.wake import wake
from shared.kernel.terms.model import Waits
from shared.kernel.terms.partition import Partition
from tests.memory import MemoryBlobs
from tests.wire import Killed
from tests.world import COLLECTION, NOW, World, decision, household, pupil

WAITS = Waits(quiet_minutes=30, at_most_hours=12)


def ago(*minutes: int) -> list[Mark]:
    partition = Partition("pupils", COLLECTION, "southwark", NOW, "0" * 32)
    return [Mark(partition, NOW - timedelta(minutes=each)) for each in minutes]


@pytest.mark.parametrize(
    ("came", "why"),
    [
        ([29], None),
        ([30], "quiet"),
        ([300, 29], None),
        ([719, 0], None),
        ([720, 0], "longest"),
        ([720, 30], "quiet"),
        ([-5], None),
    ],
)
def test_work_waits_until_nothing_has_come_for_a_while_and_never_longer_than_the_agreement_says(
    came: list[int], why: str | None
) -> None:
    assert why_now(ago(*came), WAITS, NOW) == why


@pytest.mark.parametrize("terms", [{"quiet_minutes": 60, "at_most_hours": 1}, {"quiet_minutes": 0, "at_most_hours": 1}])
def test_terms_that_would_never_be_quiet_are_refused(terms: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="quiet_minutes"):
        Waits(**terms)


def requests(world: World, party: str = "lambeth") -> list[str]:
    return [blob.name for blob in world.storage.requests(party).list()]


def waiting(world: World, party: str = "lambeth") -> list[str]:
    return sorted(mark.partition.sender for found in marks(world.sharing, party).values() for mark in found)


FROM = ["lambeth", "lewisham", "southwark"]
"""Who left a mark."""


def drop_all(world: World) -> None:
    """Pupils of two boroughs and households: three files, of which each of the last two makes a run due. Each leaves a
    mark, since nobody looks what lies beside it."""
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.receive("lewisham", world.drop("lewisham", "pupils", [pupil(2, laestab="2091234", forename="Bo")]))


def test_three_files_leave_marks_and_one_run_over_all_of_them_is_asked_for(world: World) -> None:
    drop_all(world)
    assert requests(world) == []
    assert waiting(world) == FROM

    assert begin_all(world.sharing, "lambeth") == 1

    [name] = requests(world)
    assert len(world.storage.requests("lambeth").read(name).data.split(b".parquet")) == 4
    assert waiting(world) == []
    [subject] = world.exchange.ledger.subjects("wake")
    began, done = world.exchange.ledger.events(subject)
    assert (began.step, began.counts, began.codes) == ("began", {"files": 3}, (COLLECTION, "asked"))
    assert (done.step, done.counts, done.tenant) == ("done", {"requests": 1}, "lambeth")


def test_decisions_do_not_wait(world: World) -> None:
    world.receive("lambeth", world.drop("lambeth", "decisions", [decision("0" * 32)]))
    assert len(requests(world)) == 1
    assert waiting(world) == []


def test_without_the_section_nothing_waits(world: World) -> None:
    at_once = world.under(world.agreement.model_copy(update={"waits": None}))
    drop_all(at_once)
    assert len(requests(at_once)) == 2
    assert waiting(at_once) == []


def test_only_the_collection_that_is_named_is_asked_for(world: World) -> None:
    drop_all(world)
    assert begin_all(world.sharing, "lambeth", "2027-spring") == 0
    assert waiting(world) == FROM
    assert begin_all(world.sharing, "lambeth", COLLECTION) == 1


def test_a_mark_that_comes_while_work_is_asked_for_stays(world: World) -> None:
    drop_all(world)
    [seen] = marks(world.sharing, "lambeth").values()
    later = world.drop("wandsworth", "pupils", [pupil(3, laestab="2121234", forename="Chi")])
    world.receive("wandsworth", later)

    begin(world.sharing, "lambeth", seen, "quiet")

    assert waiting(world) == ["wandsworth"]
    assert begin_all(world.sharing, "lambeth") == 1
    assert len(requests(world)) == 1, "the first run saw what had come by then, so it is the same"


@pytest.mark.parametrize("step", ["request_job", "_due"])
def test_who_is_killed_on_the_way_is_followed_by_one_who_asks_for_the_same(world: World, step: str) -> None:
    drop_all(world)
    with pytest.raises(Killed), patch.object(due, step, side_effect=Killed):
        begin_all(world.sharing, "lambeth")
    assert waiting(world) == FROM

    begin_all(world.sharing, "lambeth")

    assert len(requests(world)) == 1
    [subject] = world.exchange.ledger.subjects("wake")
    assert world.steps(subject) == ["began", "done"]


def test_who_is_killed_between_two_marks_leaves_one_that_asks_for_the_same_run(world: World) -> None:
    drop_all(world)
    [seen] = marks(world.sharing, "lambeth").values()
    begin(world.sharing, "lambeth", seen[:1], "quiet")
    assert waiting(world) == FROM[1:]
    begin_all(world.sharing, "lambeth")
    assert len(requests(world)) == 1


def test_the_same_marks_taken_twice_ask_once(world: World) -> None:
    drop_all(world)
    [seen] = marks(world.sharing, "lambeth").values()
    begin(world.sharing, "lambeth", seen, "quiet")
    begin(world.sharing, "lambeth", seen, "quiet")
    assert len(requests(world)) == 1


@pytest.fixture
def set_back(service: MemoryBlobs) -> Callable[..., None]:
    """Let the marks of claims have been made at these times."""

    def set_back(*times: datetime) -> None:
        made = [blob for name, blob in sorted(service.containers["claims"].items()) if "/due/" in name]
        for blob, at in zip(made, times, strict=True):
            blob.created = at.astimezone(UTC)

    return set_back


def test_a_round_wakes_what_is_quiet_and_leaves_what_is_not(world: World, set_back: Callable[..., None]) -> None:
    drop_all(world)
    set_back(NOW - timedelta(minutes=200), NOW - timedelta(minutes=29), NOW - timedelta(minutes=100))
    assert wake(world.exchange, world.exchange, NOW).requested == 0
    assert wake(world.exchange, world.exchange, NOW + timedelta(minutes=1)).requested == 1
    assert waiting(world) == []


def test_a_party_whose_marks_cannot_be_read_keeps_no_other_from_its_turn(
    world: World, set_back: Callable[..., None]
) -> None:
    drop_all(world)
    set_back(*[NOW - timedelta(hours=1)] * 3)
    world.sharing.claims("lambeth").create("due/somebody", b"")
    world.receive("wandsworth", world.drop("wandsworth", "pupils", [pupil(4, home_la="E09000023", laestab="2121234")]))
    world.receive("lewisham", world.drop("lewisham", "households", [household("H9")]))
    woken = wake(world.exchange, world.exchange, datetime.now(UTC) + timedelta(hours=1))
    assert [type(fault) for fault in woken.faults] == [ValueError]
    assert (len(requests(world)), len(requests(world, "lewisham"))) == (0, 1)


def test_a_mark_of_what_makes_nothing_due_is_taken_away_and_the_file_that_was_missing_wakes_both(world: World) -> None:
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    assert begin_all(world.sharing, "lambeth") == 0
    assert waiting(world) == requests(world) == []
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    assert begin_all(world.sharing, "lambeth") == 1


def test_who_leaves_a_mark_looks_at_no_other_file(world: World, service: MemoryBlobs) -> None:
    """Of a term of 66 drops in thirty parts each, these looks were the most of all work."""
    with patch.object(due, "StagedFor", side_effect=AssertionError):
        drop_all(world)
