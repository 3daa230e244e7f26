"""Which of a sender's files counts, what it is told of that, and that no order of events changes it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.envelope.manifest import to_metadata
from shared.kernel.envelope.seal import Sealed
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.intake.codes import SHARES_NOTHING
from shared.kernel.intake.identity import drop_id
from shared.kernel.intake.staging import StagedFor
from shared.kernel.intake.standing import Standing, told
from shared.kernel.intake.ties import Tie, counting, in_order
from shared.kernel.ledger.chain import verify_chain
from shared.kernel.terms.partition import Partition
from tests.memory import MemoryBlobs
from tests.wire import Killed, OneWrite
from tests.world import COLLECTION, NOW, World, decision, household, pupil, table


@dataclass(frozen=True)
class File:
    drop: str
    prepared_at: datetime


def file(letter: str, second: int = 0) -> File:
    return File(letter * 32, NOW + timedelta(seconds=second))


def tie(later: str, earlier: str, *, meets: bool) -> Tie:
    return Tie("pupils", COLLECTION, "southwark", later * 32, earlier * 32, meets)


def who_counts(files: Sequence[File], *ties: Tie) -> str | None:
    found = {(one.drop[0] if (one := counting(order, ties)) else None) for order in itertools.permutations(files)}
    assert len(found) == 1, "no order of the files changes it"
    return found.pop()


def test_the_newest_file_counts() -> None:
    assert who_counts([file("a"), file("b", 1)], tie("b", "a", meets=True)) == "b"
    assert who_counts([]) is None
    assert who_counts([file("a")]) == "a"


def test_while_it_is_a_question_the_earlier_file_counts() -> None:
    assert who_counts([file("a"), file("b", 1)], tie("b", "a", meets=False)) == "a"


def test_what_meets_the_one_that_counts_replaces_it_and_the_questions_before_it() -> None:
    files = [file("a"), file("b", 1), file("c", 2)]
    apart = tie("b", "a", meets=False)
    assert who_counts(files, apart, tie("c", "a", meets=True), tie("c", "b", meets=False)) == "c"
    assert who_counts(files, apart, tie("c", "a", meets=False), tie("c", "b", meets=True)) == "a"


def test_a_question_whose_earlier_file_is_gone_stays_one() -> None:
    assert who_counts([file("b", 1)], tie("b", "a", meets=False)) is None
    assert who_counts([file("b", 1)], tie("b", "a", meets=True)) == "b"
    met_once = [tie("c", "a", meets=False), tie("c", "b", meets=True)]
    assert who_counts([file("c", 2)], *met_once) == "c"


def test_of_one_second_the_order_is_that_in_which_they_were_taken_in() -> None:
    files = [file("a"), file("b"), file("c")]
    ties = [tie("c", "a", meets=False), tie("b", "a", meets=False), tie("b", "c", meets=False)]
    assert [f.drop[0] for f in in_order(files, ties)] == ["a", "c", "b"]
    assert who_counts(files, *ties) == "a"


def test_a_file_of_another_second_moves_nobody_within_a_second_even_when_it_is_gone() -> None:
    """`z`, which was older, came between the two and is gone: of the two the first to come stays the first."""
    ties = [tie("a", "z", meets=False), tie("b", "a", meets=False)]
    for files in ([file("a"), file("b")], [file("b"), file("a")]):
        assert [f.drop[0] for f in in_order(files, ties)] == ["a", "b"]


def test_a_ties_name_is_read_back_and_no_other_is_one() -> None:
    one = tie("b", "a", meets=True)
    assert one.name == f"pupilsties/2026-autumn/southwark.{'b' * 32}.{'a' * 32}.meets"
    assert Tie.named(one.name) == one
    assert Tie.named(replace(one, meets=False).name) == replace(one, meets=False)
    for name in ("", one.name + "x", one.name.replace("meets", "met"), one.name.replace("b" * 32, "b" * 31)):
        with pytest.raises(ValueError, match="not the name"):
            Tie.named(name)


@given(st.data())
def test_exactly_one_counts_unless_all_are_orphaned_questions_whatever_the_order(data: st.DataObject) -> None:
    letters = "abcde"[: data.draw(st.integers(1, 5))]
    seconds = {letter: data.draw(st.integers(0, 2)) for letter in letters}
    order = sorted(letters, key=lambda letter: (seconds[letter], data.draw(st.integers(0, 9)), letter))
    ties = [
        tie(later, earlier, meets=seconds[later] > seconds[earlier] and data.draw(st.booleans()))
        for earlier, later in itertools.combinations(order, 2)
    ]
    files = [file(letter, seconds[letter]) for letter in letters]
    assert who_counts(files, *ties) is not None
    assert [f.drop[0] for f in in_order(files, ties)] == order


# Through intake.

A, B = [pupil(1), pupil(2, forename="Bo")], [pupil(3, forename="Chi"), pupil(4, forename="Dayo")]


def pupils(world: World, rows: Sequence[dict[str, Any]], minutes: float = 0, **facts: Any) -> Sealed:
    return world.seal(
        "southwark", "pupils", table("pupils", rows), prepared_at=NOW + timedelta(minutes=minutes), **facts
    )


def take(world: World, sealed: Sealed, slug: str = "southwark") -> str:
    drop = world.receive(slug, world.put(slug, sealed.data, sealed.metadata))
    assert drop is not None
    return drop


def receipt(world: World, drop: str, slug: str = "southwark") -> dict[str, Any]:
    document = world.answer(slug, drop, "receipt.json")
    said: dict[str, Any] = verify_statement(document, world.rings[slug].public_key)["body"]
    report = json.loads(world.answer(slug, drop, "report.json"))
    for name in ("counts", "standing", "other_drop", "rows_of_this", "rows_of_other", "standing_code"):
        assert report["facts"].get(name) == said.get(name), "report and receipt say the same"
    return said


def standing(world: World, drop: str, slug: str = "southwark") -> tuple[Any, ...]:
    said = receipt(world, drop, slug)
    names = ("counts", "standing", "other_drop", "rows_of_this", "rows_of_other", "shared_identifiers", "standing_code")
    return tuple(said.get(name) for name in names)


def counted(world: World, home: str = "lambeth", dataset: str = "pupils") -> list[str]:
    return [partition.drop for partition in StagedFor(world.sharing, home).counting(dataset, COLLECTION)]


def test_the_first_file_counts(world: World) -> None:
    drop = take(world, pupils(world, A))
    assert standing(world, drop) == ("yes", "first", None, None, None, None, None)
    assert "placed" not in world.steps(f"drop:{drop}")


def test_where_there_is_no_other_file_nothing_is_said_or_counted_of_one() -> None:
    alone = Standing("first")
    assert (alone.other, alone.rows, alone.other_rows, alone.shared) == ("", 0, 0, 0)
    assert told(alone) == {"counts": "yes", "standing": "first"}


def test_a_receipt_names_what_it_replaces_with_both_counts(world: World) -> None:
    first = take(world, pupils(world, A))
    second = take(world, pupils(world, [*A, *B], 1))
    assert standing(world, second) == ("yes", "replaces", first, 4, 2, 2, None)
    [placed] = [event for event in world.exchange.ledger.events(f"drop:{second}") if event.step == "placed"]
    assert placed.counts == {"rows": 4, "rows.other": 2, "shared": 2}
    assert placed.hashes == {"other": first}
    assert counted(world) == [second]


def test_a_file_that_shares_nothing_with_the_one_before_is_accepted_as_a_question(world: World) -> None:
    first = take(world, pupils(world, A))
    second = take(world, pupils(world, B, 1))
    assert receipt(world, second)["status"] == "accepted"
    assert standing(world, second) == ("no", "question", first, 2, 2, 0, "DRP-010")
    said = receipt(world, second)
    assert (said["what_it_means"], said["what_to_do"]) == (SHARES_NOTHING.meaning, SHARES_NOTHING.remedy)
    assert "--replaces" in said["what_to_do"]
    assert counted(world) == [first]


def test_the_borough_says_by_a_word_in_its_next_manifest_which_it_meant(world: World) -> None:
    first = take(world, pupils(world, A))
    question = take(world, pupils(world, B, 1))
    said = take(world, pupils(world, B, 2, replaces=first))
    assert standing(world, said) == ("yes", "replaces", first, 2, 2, 0, None)
    assert counted(world) == [said]
    assert question != said


def test_the_same_bytes_with_the_word_in_a_new_manifest_are_another_drop(world: World) -> None:
    first = take(world, pupils(world, A))
    sealed = pupils(world, B, 1)
    question = take(world, sealed)
    ring = world.rings["southwark"]
    manifest = sealed.manifest.model_copy(update={"replaces": first})
    answered = Sealed(
        sealed.data, to_metadata(manifest, ring.sign(manifest.signing_key_id, manifest.message())), manifest
    )
    said = take(world, answered)
    assert said == drop_id("southwark", "pupils", manifest.sha256, first) != question
    assert counted(world) == [said]


def test_parts_of_the_same_second_are_questions_and_no_hash_decides(world: World) -> None:
    """As Spark writes them: three files, made in one second, that share nothing."""
    parts = [pupils(world, [row]) for row in (*A, B[0])]
    first, *others = [take(world, part) for part in parts]
    for drop in others:
        assert standing(world, drop)[:3] == ("no", "same_second", first)
        assert standing(world, drop)[-1] == "DRP-011"
    assert counted(world) == [first]


def test_of_two_corrections_in_one_second_the_first_to_arrive_counts_whatever_their_hashes(world: World) -> None:
    one, other = (pupils(world, A) for _ in range(2))
    by_hash = sorted((one, other), key=lambda sealed: drop_id("southwark", "pupils", sealed.manifest.sha256))
    first, second = (take(world, sealed) for sealed in by_hash)
    assert standing(world, second)[:3] == ("no", "same_second", first)
    assert counted(world) == [first]


def test_the_same_whatever_comes_first(new_world: Any) -> None:
    """Each file is sealed once, and its events are delivered in every order: the same file counts in the end."""
    maker = new_world()
    monday, tuesday, wednesday = pupils(maker, A), pupils(maker, B, 1), pupils(maker, [*B, pupil(9)], 2)
    ends = set()
    for order in itertools.permutations([monday, tuesday, wednesday]):
        world = new_world()
        for sealed in order:
            name = world.put("southwark", sealed.data, sealed.metadata)
            for _ in range(2):
                world.receive("southwark", name)
        ends.add(tuple(counted(world)))
        for subject in world.exchange.ledger.subjects():
            verify_chain(world.exchange.ledger.events(subject))
    assert ends == {(drop_id("southwark", "pupils", monday.manifest.sha256),)}


def test_an_older_file_that_comes_late_does_not_count_and_is_told_so(world: World) -> None:
    newer = take(world, pupils(world, [*A, *B], 5))
    older = take(world, pupils(world, A))
    assert standing(world, older) == ("no", "older", newer, 2, 4, 2, "DRP-012")
    assert counted(world) == [newer]


def test_an_older_file_that_comes_late_and_shares_nothing_counts_and_asks(world: World) -> None:
    newer = take(world, pupils(world, B, 5))
    older = take(world, pupils(world, A))
    assert standing(world, older) == ("yes", "recalls", newer, 2, 2, 0, "DRP-010")
    assert counted(world) == [older]


def test_an_older_file_that_comes_late_may_make_a_third_one_count(world: World) -> None:
    """The newest shares a row with the late one, as the one that has counted so far does not."""
    take(world, pupils(world, A, 5))
    newest = take(world, pupils(world, B, 9))
    late = take(world, pupils(world, [B[0], pupil(9)]))
    assert standing(world, late) == ("no", "older", newest, 2, 2, 1, "DRP-012")
    assert counted(world) == [newest]


def test_a_file_is_a_question_too_where_nothing_but_questions_is_left(world: World) -> None:
    first = take(world, pupils(world, A))
    question = take(world, pupils(world, B, 1))
    for home in ("southwark", "lambeth"):
        staging = world.sharing.staging(home)
        for blob in list(staging.list()):
            if f"Z.{first}." in blob.name:
                staging.delete(blob.name)  # as the sweep does after 26 days; the tie stays
    third = take(world, pupils(world, [pupil(9)], 2))
    assert standing(world, third) == ("no", "question", None, None, None, None, "DRP-010")
    assert counted(world) == [], "nobody knows"
    said = take(world, pupils(world, [pupil(9)], 3, replaces=question))
    assert standing(world, said)[:2] == ("yes", "first")
    assert counted(world) == [said]


def test_a_home_borough_where_the_new_file_has_nobody_has_nobody_now(world: World) -> None:
    there = pupil(5, forename="Efe", home_la="E09000023", postcode="SE13 6TT")
    take(world, pupils(world, [*A, there]))
    world.receive("lewisham", world.drop("lewisham", "households", [household()]))
    world.carry_out_all()
    second = take(world, pupils(world, A, 1))
    world.carry_out_all()
    assert counted(world, "lewisham") == [second]
    summaries = [
        json.loads(world.storage.outbox("lewisham").read(name).data)
        for name in world.outbox("lewisham")
        if name.endswith("summary.json")
    ]
    assert sorted(summary["rows_in"] for summary in summaries) == [0, 1]


def test_households_are_told_apart_by_their_claims(world: World) -> None:
    def claims(refs: Sequence[str], minutes: int) -> Sealed:
        rows = [household(ref, child_forename=f"Amara{ref.lower()}") for ref in refs]
        at = NOW + timedelta(minutes=minutes)
        return world.seal("lambeth", "households", table("households", rows), prepared_at=at)

    first = take(world, claims(["H1", "H2"], 0), "lambeth")
    question = take(world, claims(["K1"], 1), "lambeth")
    assert standing(world, question, "lambeth")[:3] == ("no", "question", first)
    third = take(world, claims(["H2", "K1", "H3"], 2), "lambeth")
    assert standing(world, third, "lambeth") == ("yes", "replaces", first, 3, 2, 1, None)
    assert counted(world, "lambeth", "households") == [third]


def test_another_collection_another_dataset_and_another_sender_are_no_question(world: World) -> None:
    world.now[0] = datetime(2027, 1, 20, 9, 30, tzinfo=NOW.tzinfo)
    at = {"prepared_at": world.now[0]}
    one = world.seal("southwark", "pupils", table("pupils", A), **at)
    other = world.seal("southwark", "pupils", table("pupils", B), collection="2027-spring", **at)
    of_lewisham = world.seal("lewisham", "pupils", table("pupils", [pupil(7, home_la="208")]), **at)
    drops = [take(world, one), take(world, other), take(world, of_lewisham, "lewisham")]
    for drop, slug in zip(drops, ("southwark", "southwark", "lewisham"), strict=True):
        assert standing(world, drop, slug)[:2] == ("yes", "first")


@pytest.mark.parametrize(
    ("minutes", "word", "code"),
    [(1, "0" * 32, "DRP-013"), (0, "first", "DRP-014"), (-1, "first", "DRP-014")],
)
def test_a_word_that_cannot_hold_is_refused(world: World, minutes: int, word: str, code: str) -> None:
    first = take(world, pupils(world, A))
    said = take(world, pupils(world, B, minutes, replaces=first if word == "first" else word))
    assert (receipt(world, said)["status"], receipt(world, said)["code"]) == ("rejected", code)
    assert counted(world) == [first]


def test_decisions_replace_nothing(world: World) -> None:
    first = take(world, pupils(world, A))
    rows = table("decisions", [decision(f"{'a' * 12}-1-{'b' * 12}-1")])
    said = take(world, world.seal("southwark", "decisions", rows, replaces=first))
    assert receipt(world, said)["code"] == "DRP-013"


def test_so_many_files_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.kernel.intake.standing.MOST", 2)
    drops = [take(world, pupils(world, A, minutes)) for minutes in range(4)]
    assert [receipt(world, drop)["code"] for drop in drops] == ["", "", "", "DRP-015"]
    assert counted(world) == [drops[2]]


def test_a_file_without_an_accepted_row_replaces_nothing(world: World) -> None:
    first = take(world, pupils(world, A))
    nothing = take(world, pupils(world, [pupil(1, upn="A210234519001")], 1))
    assert receipt(world, nothing)["status"] == "rejected"
    assert "counts" not in receipt(world, nothing)
    assert counted(world) == [first]


def test_no_identifier_is_in_the_ledger_a_receipt_a_name_or_metadata(world: World, service: MemoryBlobs) -> None:
    take(world, pupils(world, A))
    take(world, pupils(world, B, 1))
    values = [row["upn"].encode() for row in (*A, *B)]
    for blobs in service.containers.values():
        for name, blob in blobs.items():
            told = name.encode() + b"".join(v.encode() for v in blob.metadata.values()) + blob.data
            assert not any(value in told for value in values)


def test_killed_after_every_single_write_the_same_is_told_and_the_same_counts(new_world: Any) -> None:
    whole, world = new_world(), new_world()
    there = pupil(5, forename="Efe", home_la="E09000023", postcode="SE13 6TT")
    files = [pupils(whole, [*A, there]), pupils(whole, B, 1), pupils(whole, A, 2)]
    expected = [take(whole, sealed) for sealed in files]
    lives = 0
    for sealed in files:
        name = world.put("southwark", sealed.data, sealed.metadata)
        while True:
            with OneWrite().storage(world.account) as storage:
                exchange = replace(world.exchange, storage=storage, ledger=world.exchange.ledger.over(storage.ledger()))
                try:
                    replace(world, exchange=exchange).receive("southwark", name)
                    break
                except Killed:
                    lives += 1
    assert lives > 50
    assert world.everything() == whole.everything()
    for home in ("lambeth", "lewisham"):
        assert counted(world, home) == counted(whole, home) == [expected[2]]
    for subject in world.exchange.ledger.subjects():
        verify_chain(world.exchange.ledger.events(subject))


def test_two_workers_on_two_files_at_once_leave_one_that_counts(new_world: Any) -> None:
    world = new_world()
    files = [pupils(world, A), pupils(world, B, 1), pupils(world, [*A, *B], 2)]
    names = [world.put("southwark", sealed.data, sealed.metadata) for sealed in files]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda name: world.receive("southwark", name), names * 2))
    assert counted(world) == [drop_id("southwark", "pupils", files[2].manifest.sha256)]


def test_a_partition_without_ties_is_one_from_before_there_were_any() -> None:
    partitions = [Partition("pupils", COLLECTION, "southwark", NOW + timedelta(n), str(n) * 32) for n in range(3)]
    assert counting(partitions, []) == partitions[2]
