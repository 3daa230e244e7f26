"""Two files of decisions of one party at the same moment: each knows what the other decided, wherever they meet."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.agreements.free_school_meals.pipeline import FreeSchoolMeals
from shared.kernel.intake.identity import job_id
from shared.kernel.ledger.chain import Ledger, verify_chain
from shared.kernel.work import carry_out as work
from tests.memory import MemoryBlobs, StoredBlob
from tests.wire import Fault, Killed, Plan, Request, Wire, at_write, no_faults
from tests.world import NOW, PILOT, World, decision, household, make_world, pupil, put_postcodes

FIRST, SECOND = 0, 1
CHOICES = ("confirm", "confirm"), ("opted_out", "confirm")


@dataclass
class Term:
    """A world in which a borough has been told of one pair and has dropped files of decisions on it, of which nothing
    is carried out yet."""

    world: World
    service: MemoryBlobs
    dropped: dict[str, dict[str, StoredBlob]]
    requests: list[str]

    def again(self) -> None:
        """Everything is as it was after the files were dropped."""
        self.service.containers = deepcopy(self.dropped)

    def worker(self, wire: Wire) -> World:
        """A process of its own, whose storage is reached over this wire."""
        storage, now = wire.storage(self.service.connection_string), self.world.now
        ledger = Ledger(storage.ledger(), clock=lambda: now[0])
        return replace(self.world, exchange=replace(self.world.exchange, storage=storage, ledger=ledger))

    def carry_out(self, number: int, plan: Plan = no_faults) -> list[Request]:
        """One worker does one job; the requests that it made."""
        wire = Wire(plan)
        work.carry_out(self.worker(wire).exchange, party="lambeth", name=self.requests[number])
        return wire.requests

    def told(self) -> list[str]:
        """What the school borough was told of the child, by alphabet."""
        files = [name for name in self.world.outbox("southwark") if "/enrolments/" in name]
        return sorted(row["status"] for name in files for row in self.world.open("southwark", name).to_pylist())

    def done(self) -> None:
        """Every job has ended, and every chain holds."""
        ledger = self.world.exchange.ledger
        subjects = list(ledger.subjects("enrolment"))
        assert len(subjects) == len(self.requests)
        for subject in subjects:
            assert self.world.steps(subject)[-1] == "done"
        for chain in ledger.subjects():
            verify_chain(ledger.events(chain))


@pytest.fixture(scope="module")
def dropped(keys_folder: Path) -> Iterator[Callable[..., Term]]:
    """Makes a term with these files of decisions."""
    open_storage = []

    def make(*choices: str) -> Term:
        service = MemoryBlobs()
        storage = service.storage()
        open_storage.append(storage)
        storage.ensure_containers(PILOT)
        put_postcodes(storage)
        world = make_world(storage, keys_folder, now=[NOW])
        world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
        world.receive("lambeth", world.drop("lambeth", "households", [household()]))
        world.carry_out_all()
        before = {blob.name for blob in storage.requests("lambeth").list()}
        [match] = world.results("lambeth", "matches").to_pylist()
        for day, choice in enumerate(choices):
            rows = [decision(match["match_ref"], choice, decided_on=(NOW + timedelta(day)).date())]
            at = NOW + timedelta(days=1, minutes=day)
            world.now[0] = NOW + timedelta(days=len(choices))
            world.receive("lambeth", world.drop("lambeth", "decisions", rows, prepared_at=at))
        new = [blob for blob in storage.requests("lambeth").list() if blob.name not in before]
        new.sort(key=lambda blob: service.containers["requests"][f"lambeth/{blob.name}"].number)
        return Term(world, service, deepcopy(service.containers), [blob.name for blob in new])

    yield make
    for storage in open_storage:
        storage.close()


def right(told: list[str], choices: tuple[str, ...]) -> None:
    """Whichever came first: the school is told of the child once and, where it was told wrongly, that it is over."""
    assert told in ([["enrolled"]] if "opted_out" not in choices else [["enrolled", "withdrawn"], []])


@pytest.mark.parametrize("choices", CHOICES, ids="-".join)
def test_whoever_comes_between_two_steps_of_the_other_knows_what_it_decided(
    dropped: Callable[..., Term], choices: tuple[str, ...]
) -> None:
    term = dropped(*choices)
    steps = term.carry_out(FIRST)
    assert len(steps) > 10
    # Every other step: the one of the choices takes those that the other leaves out.
    for at in range(1 + CHOICES.index(choices), len(steps) + 1, 2):
        term.again()

        def other(request: Request, at: int = at) -> None:
            if request.number == at:
                term.carry_out(SECOND)

        term.carry_out(FIRST, other)
        term.done()
        right(term.told(), choices)


@pytest.mark.parametrize("choices", CHOICES, ids="-".join)
def test_whoever_is_killed_after_any_write_leaves_the_other_nothing_to_wait_for(
    dropped: Callable[..., Term], choices: tuple[str, ...]
) -> None:
    term = dropped(*choices)
    steps = term.carry_out(FIRST)
    for at in range(1, steps[-1].write_number + 1):
        term.again()
        with pytest.raises(Killed):
            term.carry_out(FIRST, at_write(at, Fault.KILLED_AFTER))
        term.carry_out(SECOND)
        term.carry_out(FIRST)
        term.done()
        right(term.told(), choices)


@pytest.mark.parametrize("seed", range(3))
def test_step_by_step_in_any_order_and_killed_at_any_of_them(dropped: Callable[..., Term], seed: int) -> None:
    """Three files; as many workers at once, each let on for one request at a time by the toss of a coin."""
    term = dropped("confirm", "confirm", "confirm")
    chance = random.Random(seed)
    left = {FIRST, SECOND, 2}
    while left:
        left -= _together(term, sorted(left), chance, kills=0.01)
    term.done()
    assert term.told() == ["enrolled"]


def turns(term: Term) -> list[str]:
    [chain] = term.world.exchange.ledger.subjects("turn")
    return [event.hashes["job"] for event in term.world.exchange.ledger.events(chain)]


def test_a_job_has_one_turn_however_often_it_is_tried(dropped: Callable[..., Term]) -> None:
    term = dropped("confirm", "confirm")
    with pytest.raises(Killed):
        term.carry_out(FIRST, at_write(2, Fault.KILLED_AFTER))
    for number in (FIRST, SECOND, FIRST, SECOND):
        term.carry_out(number)
    ids = [name.removeprefix("fsm/").removesuffix(".json") for name in term.requests]
    assert turns(term) == ids


def test_what_nobody_can_do_any_more_bars_nobody(dropped: Callable[..., Term]) -> None:
    """The first was killed after it took its turn; its request is destroyed, or its terms are in force no longer."""
    term = dropped("confirm", "confirm")
    with pytest.raises(Killed):
        term.carry_out(FIRST, at_write(2, Fault.KILLED_AFTER))
    assert len(turns(term)) == 1
    term.world.storage.requests("lambeth").delete(term.requests[FIRST])
    term.carry_out(SECOND)
    assert term.told() == ["enrolled"]


def test_of_many_ended_jobs_a_new_one_reads_the_last_alone(dropped: Callable[..., Term]) -> None:
    term = dropped(*["confirm"] * 5)
    for number in range(4):
        term.carry_out(number)
    read = [request for request in term.carry_out(4) if request.method == "GET" and "/ledger/turn/" in request.path]
    assert len(read) == 1


def _together(term: Term, numbers: list[int], chance: random.Random, kills: float) -> set[int]:
    """Workers for these, in turns that `chance` tosses; the numbers of those that were not killed."""
    turn = threading.Condition()
    waiting: dict[int, Fault | None] = {}
    running, ended = set(numbers), set()
    faults: list[BaseException] = []

    def step(number: int) -> Fault | None:
        with turn:
            waiting[number] = None
            turn.notify_all()
            turn.wait_for(lambda: number not in waiting)
        return Fault.KILLED_AFTER if killed.get(number) else None

    killed: dict[int, bool] = {}

    def run(number: int) -> None:
        try:
            term.carry_out(number, lambda _: step(number))
            ended.add(number)
        except Killed:
            pass
        except BaseException as fault:  # noqa: BLE001 - told in the test's own thread
            faults.append(fault)
        finally:
            with turn:
                running.discard(number)
                turn.notify_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    with turn:
        while running:
            turn.wait_for(lambda: set(waiting) >= running)
            if not waiting:
                break
            chosen = chance.choice(sorted(waiting))
            killed[chosen] = chance.random() < kills
            del waiting[chosen]
            turn.notify_all()
            turn.wait_for(lambda chosen=chosen: chosen in waiting or chosen not in running)  # type: ignore[misc]
    for thread in threads:
        thread.join()
    assert not faults, faults
    return ended


def _defect_at(term: Term, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the pipeline cannot do this one of the jobs."""
    carry_out = FreeSchoolMeals.carry_out
    broken = term.requests[number].partition("/")[2].removesuffix(".json")

    def one_is_defective(self: Any, job: Any, *what: Any) -> Any:
        if job_id(job, term.world.agreement.reference) == broken:
            raise ValueError("a defect")
        return carry_out(self, job, *what)

    monkeypatch.setattr(FreeSchoolMeals, "carry_out", one_is_defective)


def test_a_file_that_meets_a_defect_holds_up_no_later_one_and_knows_it_when_it_is_mended(
    dropped: Callable[..., Term], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first confirms, the second says that the family wants nothing: mended, the first must not enrol."""
    term = dropped("confirm", "opted_out", "retract")
    with monkeypatch.context() as while_defective:
        _defect_at(term, FIRST, while_defective)
        for _ in range(2):
            with pytest.raises(ValueError, match="a defect"):
                term.carry_out(FIRST)
        term.carry_out(SECOND)
        term.carry_out(SECOND)
        with pytest.raises(ValueError, match="a defect"):
            term.carry_out(FIRST)
        subjects = list(term.world.exchange.ledger.subjects("enrolment"))
        assert sorted(term.world.steps(subject)[-1] for subject in subjects) == ["aside", "done"]
        term.carry_out(2)  # takes its turn after the first one's second, and goes on all the same
    term.carry_out(FIRST)
    assert term.told() == []
    term.done()
