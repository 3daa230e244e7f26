"""Which of a sender's files counts, what it is told of that, and that no order of events changes it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.envelope.manifest import to_metadata
from shared.kernel.envelope.seal import Sealed
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.intake import standing as standing_room
from shared.kernel.intake.codes import SHARES_NOTHING
from shared.kernel.intake.identity import drop_id
from shared.kernel.intake.order import order_of
from shared.kernel.intake.staging import StagedFor
from shared.kernel.intake.standing import Standing, told
from shared.kernel.intake.ties import Tie, counting, in_order
from shared.kernel.ledger.chain import verify_chain
from shared.kernel.terms.partition import Partition
from tests.memory import MemoryBlobs
from tests.wire import Killed, OneWrite
from tests.world import COLLECTION, NOW, PILOT, World, decision, household, pupil, table


@dataclass(frozen=True)
class File:
    drop: str
    prepared_at: datetime


def file(letter: str, second: int = 0) -> File:
    return File(letter * 32, NOW + timedelta(seconds=second))


def tie(later: str, earlier: str, *, meets: bool) -> Tie:
    return Tie("pupils", COLLECTION, "southwark", later * 32, earlier * 32, "meets" if meets else "apart")


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


def test_a_file_that_was_replaced_never_counts_again_though_the_newer_one_is_gone() -> None:
    replaced = tie("b", "a", meets=True)
    assert who_counts([file("a")], replaced) is None
    assert who_counts([file("a"), file("b", 1)], replaced) == "b"
    # One that might have taken its place, had its sender said so, has not.
    assert who_counts([file("a")], tie("b", "a", meets=False)) == "a"


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
    for word in ("apart", "late"):
        other = replace(one, word=word)
        assert Tie.named(other.name) == other
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

AWAY = pupil(5, forename="Efe", home_la="E09000023", postcode="SE13 6TT")
"""Lives in Lewisham; the others in Lambeth."""
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
    assert placed.hashes["other"] == first
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


@pytest.mark.parametrize("rows", [A, B], ids=["meets", "apart"])
def test_of_two_files_of_one_second_the_sender_chooses_by_its_word(world: World, rows: Any) -> None:
    first = take(world, pupils(world, A))
    stated = take(world, pupils(world, [*rows, AWAY], replaces=first))
    assert standing(world, stated)[:3] == ("yes", "replaces", first)
    assert counted(world) == counted(world, "lewisham") == [stated]
    assert remembered(world) == [first, stated]
    third = take(world, pupils(world, A))
    assert standing(world, third)[:3] == ("no", "same_second", stated)
    assert counted(world) == [stated]


def test_of_two_corrections_in_one_second_the_first_to_arrive_counts_whatever_their_hashes(world: World) -> None:
    one, other = (pupils(world, A) for _ in range(2))
    by_hash = sorted((one, other), key=lambda sealed: drop_id("southwark", "pupils", sealed.manifest.sha256))
    first, second = (take(world, sealed) for sealed in by_hash)
    assert standing(world, second)[:3] == ("no", "same_second", first)
    assert counted(world) == [first]


def test_the_newest_counts_whatever_comes_first(new_world: Any) -> None:
    """Corrections that follow each other, sealed once, their events doubled and in every order."""
    maker = new_world()
    files = [pupils(maker, [*A, *B]), pupils(maker, A, 1), pupils(maker, [A[0], pupil(9)], 2)]
    ends = {in_this_order(new_world(), order) for order in itertools.permutations(files)}
    assert ends == {(drop_id("southwark", "pupils", files[2].manifest.sha256),)}


def test_of_files_that_share_nothing_none_gives_its_place_to_an_older_one(new_world: Any) -> None:
    maker = new_world()
    files = [pupils(maker, A), pupils(maker, B, 1), pupils(maker, [*B, pupil(9)], 2)]
    ids = [drop_id("southwark", "pupils", sealed.manifest.sha256) for sealed in files]
    for order in itertools.permutations(range(3)):
        world = new_world()
        counts = order[0]  # what came first gives its place to a newer file that meets it, and to no other
        for number in order[1:]:
            counts = number if (counts, number) == (1, 2) else counts
        assert in_this_order(world, [files[number] for number in order]) == (ids[counts],)


def in_this_order(world: World, files: Sequence[Sealed]) -> tuple[str, ...]:
    """Take these in, the event of each twice; which count then."""
    for sealed in files:
        name = world.put("southwark", sealed.data, sealed.metadata)
        for _ in range(2):
            world.receive("southwark", name)
    for subject in world.exchange.ledger.subjects():
        verify_chain(world.exchange.ledger.events(subject))
    return tuple(counted(world))


def test_an_older_file_that_comes_late_does_not_count_and_is_told_so(world: World) -> None:
    newer = take(world, pupils(world, [*A, *B], 5))
    older = take(world, pupils(world, A))
    assert standing(world, older) == ("no", "older", newer, 2, 4, 2, "DRP-012")
    assert counted(world) == [newer]


def test_an_older_file_that_comes_late_and_shares_nothing_does_not_count_either(world: World) -> None:
    newer = take(world, pupils(world, B, 5))
    older = take(world, pupils(world, A))
    assert standing(world, older) == ("no", "older", newer, 2, 2, 0, "DRP-012")
    assert counted(world) == [newer]
    newest = take(world, pupils(world, [B[0], A[0]], 9))
    assert standing(world, newest)[:3] == ("yes", "replaces", newer)
    assert counted(world) == [newest]


def test_an_older_file_that_comes_late_makes_no_third_one_count(world: World) -> None:
    """The newest shares a row with the late one, as the one that counts does not: it stays a question."""
    newer = take(world, pupils(world, A, 5))
    question = take(world, pupils(world, B, 9))
    late = take(world, pupils(world, [B[0], pupil(9)]))
    assert standing(world, question)[:3] == ("no", "question", newer)
    assert standing(world, late) == ("no", "older", newer, 2, 2, 0, "DRP-012")
    assert counted(world) == [newer]


@pytest.mark.parametrize("rows", [A, B], ids=["meets", "apart"])
def test_a_late_file_does_not_count_either_once_the_rows_of_the_newer_one_are_gone(world: World, rows: Any) -> None:
    """It came later, so its own rows stay longer."""
    newer = take(world, pupils(world, A, 5))
    take(world, pupils(world, rows))
    for party in ("southwark", "lambeth"):
        staging = world.sharing.staging(party)
        for blob in list(staging.list()):
            if f"Z.{newer}." in blob.name:
                staging.delete(blob.name)
    assert counted(world) == []


def test_a_file_between_two_makes_the_newer_one_count(world: World) -> None:
    """It is newer than the one that counts, and meets both."""
    first = take(world, pupils(world, A))
    newest = take(world, pupils(world, B, 9))
    between = take(world, pupils(world, [A[0], B[0]], 5))
    assert standing(world, newest)[:3] == ("no", "question", first)
    assert standing(world, between) == ("no", "older", newest, 2, 2, 1, "DRP-012")
    assert counted(world) == [newest]
    assert remembered(world) == [first, newest]


@pytest.mark.parametrize("kept", [A, B], ids=["meets", "apart"])
def test_whom_a_correction_has_left_out_an_older_file_does_not_bring_back(world: World, kept: Any) -> None:
    """Not even to a home in which the correction has nobody, and so had nothing to say."""
    world.receive("lewisham", world.drop("lewisham", "households", [household()]))
    corrected = take(world, pupils(world, kept, 5))
    take(world, pupils(world, [*A, AWAY]))
    world.carry_out_all()
    assert counted(world) == [corrected]
    assert counted(world, "lewisham") == [corrected]
    [summary] = [name for name in world.outbox("lewisham") if name.endswith("summary.json")]
    assert json.loads(world.storage.outbox("lewisham").read(summary).data)["rows_in"] == 0


def swept(world: World, days: int = 27) -> None:
    """So many days later, when the sweep has taken everything but the ledger."""
    world.now[0] += timedelta(days=days)
    for slug in PILOT:
        for area in ("inbox", "outbox", "staging", "requests", "claims"):
            box = getattr(world.storage, area)(slug)
            for blob in list(box.list()):
                box.delete(blob.name)


def remembered(world: World, dataset: str = "pupils", slug: str = "southwark") -> list[str]:
    """The files that came to count, in their order."""
    at = Partition(dataset, COLLECTION, slug, NOW, "0" * 32)
    return [event.hashes["drop"] for event in order_of(world.sharing, at).events]


@pytest.mark.parametrize("rows", [[*A, AWAY], B], ids=["meets", "apart"])
def test_an_older_file_is_refused_also_when_the_newer_one_has_been_destroyed(world: World, rows: Any) -> None:
    newer = take(world, pupils(world, A, 5))
    swept(world)
    late = take(world, pupils(world, rows))
    assert (receipt(world, late)["status"], receipt(world, late)["code"]) == ("rejected", "DRP-017")
    assert counted(world) == counted(world, "lewisham") == []
    assert remembered(world) == [newer]
    newest = take(world, world.seal("southwark", "pupils", table("pupils", B)))
    assert standing(world, newest)[:2] == ("yes", "first")
    assert remembered(world) == [newer, newest]


def test_an_older_file_is_refused_too_when_the_newer_one_had_nobody_left_to_replace(world: World) -> None:
    """Each file came after the days of the one before it."""
    for _ in range(2):
        take(world, world.seal("southwark", "pupils", table("pupils", A)))
        swept(world)
    late = take(world, pupils(world, A, 60))
    assert receipt(world, late)["code"] == "DRP-017"


def test_a_file_of_the_second_of_one_that_has_been_destroyed_is_refused(world: World) -> None:
    take(world, pupils(world, A))
    swept(world)
    assert receipt(world, take(world, pupils(world, [*A, *B])))["code"] == "DRP-019"


def test_a_question_is_not_remembered_as_having_counted(world: World) -> None:
    first = take(world, pupils(world, A))
    take(world, pupils(world, B, 9))
    assert remembered(world) == [first]
    swept(world)
    between = take(world, pupils(world, A, 5))
    assert standing(world, between)[:2] == ("yes", "first")


def test_another_sender_dataset_and_collection_have_an_order_of_their_own(world: World) -> None:
    world.now[0] = datetime(2027, 1, 20, 9, 30, tzinfo=NOW.tzinfo)
    at = {"prepared_at": world.now[0]}
    take(world, world.seal("southwark", "pupils", table("pupils", A), **at))
    before = {"prepared_at": world.now[0] - timedelta(hours=1)}
    claim = household(extract_date=world.now[0].date())
    spring = take(world, world.seal("southwark", "pupils", table("pupils", A), collection="2027-spring", **before))
    claims = take(world, world.seal("southwark", "households", table("households", [claim]), **before))
    other = take(world, world.seal("wandsworth", "pupils", table("pupils", A), **before), "wandsworth")
    for drop, slug in ((spring, "southwark"), (claims, "southwark"), (other, "wandsworth")):
        assert standing(world, drop, slug)[:2] == ("yes", "first")


@pytest.mark.parametrize("times", [1, 2])
def test_the_same_bytes_after_their_days_are_answered_anew(world: World, times: int) -> None:
    sealed = pupils(world, A)
    first = take(world, sealed)
    for _ in range(times):
        swept(world)
        again = take(world, sealed)
        assert again != first
        assert (receipt(world, again)["status"], receipt(world, again)["code"]) == ("rejected", "DRP-018")
        assert receipt(world, again)["sha256"] == sealed.manifest.sha256
        assert counted(world) == []
    assert world.steps(f"drop:{again}") == ["again", "refused", "conserved", "done"]


def test_the_same_bytes_are_answered_once_however_often_their_event_comes(world: World) -> None:
    sealed = pupils(world, A)
    take(world, sealed)
    swept(world)
    name = world.put("southwark", sealed.data, sealed.metadata)
    drops = set()
    for _ in range(3):
        drops.add(world.receive("southwark", name))
        world.now[0] += timedelta(hours=5)
    assert len(drops) == 1
    assert world.statuses("southwark") == ["rejected"]


def test_the_same_bytes_within_their_days_are_the_drop_that_they_are(world: World) -> None:
    sealed = pupils(world, A)
    first = take(world, sealed)
    world.now[0] += timedelta(days=20)
    assert take(world, sealed) == first
    assert world.statuses("southwark") == ["accepted"]


@pytest.mark.parametrize("dataset", ["pupils", "decisions"])
def test_also_a_file_that_was_refused_and_one_that_replaces_nothing_are_answered_anew(
    world: World, dataset: str
) -> None:
    rows = [pupil(1, upn="A210234519001")] if dataset == "pupils" else [decision(f"{'a' * 12}-1-{'b' * 12}-1")]
    sealed = world.seal("southwark", dataset, table(dataset, rows))
    take(world, sealed)
    swept(world)
    assert receipt(world, take(world, sealed))["code"] == "DRP-018"


@pytest.mark.parametrize(
    ("first", "rows", "told"),
    [
        ("older", A, ("older", "replaces")),  # it looks again, and is too late
        ("older", B, ("first", "question")),
        ("newer", A, ("older", "replaces")),
        ("newer", B, ("first", "question")),  # it looks again, and finds the older one in its place
    ],
)
def test_of_two_files_that_come_at_once_one_counts_and_both_are_told_so(
    world: World, monkeypatch: pytest.MonkeyPatch, first: str, rows: Any, told: tuple[str, str]
) -> None:
    """The first one looks and, before it is remembered as counting, the other one is taken in whole."""
    files = {"older": pupils(world, A), "newer": pupils(world, rows, 1)}
    other = files["newer" if first == "older" else "older"]
    inner, once = standing_room.remember, iter([True])

    def meanwhile(*facts: Any) -> None:
        if next(once, False):
            take(world, other)
        inner(*facts)

    monkeypatch.setattr(standing_room, "remember", meanwhile)
    take(world, files[first])
    drops = [drop_id("southwark", "pupils", sealed.manifest.sha256) for sealed in files.values()]
    assert tuple(standing(world, drop)[1] for drop in drops) == told
    [counts] = [drop for drop in drops if receipt(world, drop)["counts"] == "yes"]
    assert counted(world) == [counts]
    assert remembered(world)[-1] == counts


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
    assert [summary["rows_in"] for summary in summaries] == [0]  # the one over the first file was replaced


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
    [(1, "0" * 32, "DRP-013"), (-1, "first", "DRP-014")],
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


def test_killed_after_every_single_write_what_comes_after_its_days_is_refused_the_same_way(new_world: Any) -> None:
    world = new_world()
    older, newer = pupils(world, [*A, AWAY]), pupils(world, A, 1)
    take(world, newer)
    swept(world)
    for sealed, code in ((older, "DRP-017"), (newer, "DRP-018")):
        name = world.put("southwark", sealed.data, sealed.metadata)
        drop = until_not_killed(world, name)
        assert receipt(world, drop)["code"] == code
    assert len(remembered(world)) == 1
    assert world.statuses("southwark") == ["rejected", "rejected"]
    for subject in world.exchange.ledger.subjects():
        verify_chain(world.exchange.ledger.events(subject))


def until_not_killed(world: Any, name: str) -> str:
    """Take it in with a worker that is killed after each write, and the next one."""
    while True:
        with OneWrite().storage(world.account) as storage, suppress(Killed):
            exchange = replace(world.exchange, storage=storage, ledger=world.exchange.ledger.over(storage.ledger()))
            drop = replace(world, exchange=exchange).receive("southwark", name)
            assert drop is not None
            return str(drop)


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
