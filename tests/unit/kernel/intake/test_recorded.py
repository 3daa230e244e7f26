"""What ledger, claims and staging hold of a drop, word for word. All three outlive the version that wrote them: another
version that looked for another word would take a drop in twice, or answer it twice. And where the gates' edges are."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.kernel.errors import Changed, RefusedEvent
from shared.kernel.intake.identity import derived_id, drop_id, untrusted_drop_id
from shared.kernel.intake.receive import receive
from tests.wire import Request, Wire
from tests.world import COLLECTION, NOW, PILOT, World, decision, household, pupil, table

ROWS = [pupil(1), pupil(2, sex="?"), pupil(3, home_la="210"), pupil(4, home_la="209")]
Event = tuple[str, dict[str, int], dict[str, str], tuple[str, ...]]


def recorded(world: World, subject: str, tenant: str = "southwark") -> list[Event]:
    """The chain of a subject, all of which intake has written about one tenant."""
    events = list(world.exchange.ledger.events(subject))
    assert {(event.service, event.tenant) for event in events} == {("intake", tenant)}
    # Every event of a drop that is believed bears it; `rights/test_out_of_use.py` holds it to that.
    signed = {event.hashes.get("signed_with") for event in events}
    assert len(signed) == 1
    hashes = [{name: found for name, found in event.hashes.items() if name != "signed_with"} for event in events]
    return [(event.step, event.counts, found, event.codes) for event, found in zip(events, hashes, strict=True)]


def codes(world: World, drop: str | None, slug: str = "southwark") -> list[str]:
    return [finding["code"] for finding in world.report(slug, drop)["findings"]]


def event(name: str, slug: str = "southwark") -> str:
    return f"event:{derived_id('event', slug, f'{slug}-inbox', name)}"


def test_the_ledger_has_what_a_drop_was_and_where_its_rows_went(world: World) -> None:
    sealed = world.seal("southwark", "pupils", table("pupils", ROWS))
    name = world.put("southwark", sealed.data, sealed.metadata)
    drop = world.receive("southwark", name)
    sha256 = hashlib.sha256(sealed.data).hexdigest()
    assert recorded(world, f"drop:{drop}") == [
        ("received", {"rows": 4}, {"sha256": sha256}, ("pupils", COLLECTION, "fsm-registration")),
        ("conserved", {"rows_in": 4, "rejected": 1, "routed": 2, "excluded.home_is_school_borough": 1}, {}, ()),
        ("done", {}, {}, ()),
    ]
    assert recorded(world, event(name)) == [("found", {}, {}, ())]

    name = world.put("southwark", sealed.data, sealed.metadata)
    assert world.receive("southwark", name) == drop
    assert recorded(world, f"drop:{drop}")[3:] == [("repeated", {}, {}, ())]


def test_the_ledger_has_which_other_drop_one_stands_against(world: World) -> None:
    first = world.receive("southwark", world.drop("southwark", "pupils", ROWS))
    later = NOW + timedelta(minutes=1)
    for row, word in ((pupil(9), ("question", "DRP-010")), (pupil(1), ("replaces",))):
        drop = world.receive("southwark", world.drop("southwark", "pupils", [row], prepared_at=later))
        counts = {"rows": 1, "rows.other": 3, "shared": int(word == ("replaces",))}
        assert recorded(world, f"drop:{drop}")[2] == ("placed", counts, {"other": str(first)}, word)


def test_the_ledger_remembers_which_files_came_to_count_and_in_which_order(world: World) -> None:
    first = world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    question = world.receive(
        "southwark", world.drop("southwark", "pupils", [pupil(9)], prepared_at=NOW + timedelta(minutes=1))
    )
    later = NOW + timedelta(minutes=2)
    second = world.receive("southwark", world.drop("southwark", "pupils", [pupil()], prepared_at=later))
    subject = f"order:{derived_id('order', 'fsm', 'southwark', 'pupils', COLLECTION)}"
    assert list(world.exchange.ledger.subjects("order")) == [subject]
    assert recorded(world, subject) == [
        ("counted", {"prepared_at": int(made.timestamp()), "ordinal": 0}, {"drop": drop}, ("pupils", COLLECTION))
        for drop, made in ((first, NOW), (second, later))
    ]
    assert question not in (first, second)


def test_the_ledger_counts_every_row_of_a_drop_that_is_refused_as_a_whole(world: World) -> None:
    sealed = world.seal("southwark", "households", table("pupils", ROWS))
    drop = world.receive("southwark", world.put("southwark", sealed.data, sealed.metadata))
    said = world.report("southwark", drop)
    assert (said["facts"]["dataset"], said["facts"]["collection"]) == ("households", COLLECTION)
    hashes = {"sha256": hashlib.sha256(sealed.data).hexdigest()}
    assert recorded(world, f"drop:{drop}")[1:] == [
        ("refused", {}, hashes, (codes(world, drop)[0],)),
        ("conserved", {"rows_in": 4, "rejected": 4}, {}, ()),
        ("done", {}, {}, ()),
    ]


def test_the_ledger_has_the_hash_of_what_was_read_and_of_nothing_else(world: World) -> None:
    name = world.put("southwark", b"upn\n", {"x": "y"})
    sha256 = hashlib.sha256(b"upn\n").hexdigest()
    drop = untrusted_drop_id("southwark", sha256, [("x", "y")])
    assert world.receive("southwark", name) == drop
    assert recorded(world, f"drop:{drop}") == [
        ("refused", {}, {"sha256": sha256}, ("ENV-002",)),
        ("done", {}, {}, ()),
    ]
    drop = derived_id("unread", "southwark", "a/../b.parquet")
    assert world.receive("southwark", "a/../b.parquet") == drop
    assert recorded(world, f"drop:{drop}") == [("refused", {}, {}, ("DRP-003",)), ("done", {}, {}, ())]


def test_a_blob_of_another_container_is_refused_before_it_is_looked_at_and_its_tenant_hears_nothing(
    world: World,
) -> None:
    name = world.drop("southwark", "pupils", [pupil()])
    with pytest.raises(RefusedEvent) as refused:
        receive(world.exchange, tenant="lambeth", container="southwark-inbox", name=name)
    assert refused.value.code == "EVT-001"
    assert list(world.exchange.ledger.subjects("drop")) == []
    subject = f"event:{derived_id('event', 'lambeth', 'southwark-inbox', name)}"
    assert recorded(world, subject, "lambeth") == [("refused", {}, {}, ("EVT-001",))]
    assert world.outbox("lambeth") == world.outbox("southwark") == []


def test_what_is_fixed_once_is_found_again_by_its_name(world: World) -> None:
    sealed = world.seal("southwark", "pupils", table("pupils", ROWS))
    world.now[0] = NOW + timedelta(microseconds=5)  # a time is one of whole seconds wherever it is told
    name = world.put("southwark", sealed.data, sealed.metadata)
    drop = world.receive("southwark", name)
    arrival = untrusted_drop_id("southwark", sealed.manifest.sha256, sealed.metadata.items())
    claims: dict[str, Any] = {
        blob.name: json.loads(world.storage.claims("southwark").read(blob.name).data)
        for blob in world.storage.claims("southwark").list()
    }
    assert claims == {
        f"exchange/arrival-{arrival}.json": {"received_at": "2026-11-21T09:30:00+00:00"},
        f"fsm/drop-{drop}.json": {"arrival": arrival, "event": event(name)},
        f"fsm/word-{drop}.json": {"refused": ""},
        f"exchange/outcome-{event(name).partition(':')[2]}-20261121.json": {},
        "fsm/second-pupils-2026-autumn-20261121T093000Z-0.json": {"drop": drop},
        f"fsm/standing-{drop}.json": {
            "parties": ["lambeth", "lewisham"],
            "standing": {"word": "first", "other": "", "rows": 3, "other_rows": 0, "shared": 0},
            "ties": [],
            "newer": {},
        },
    }


def test_a_drop_whose_work_is_over_is_not_taken_in_again_when_all_else_of_it_is_destroyed(world: World) -> None:
    """Its rows had their days: an event that comes again, or the same file, must not bring them back."""
    name = world.drop("southwark", "pupils", ROWS)
    drop = world.receive("southwark", name)
    for area in (world.storage.claims("southwark"), *(world.storage.staging(slug) for slug in PILOT)):
        for blob in list(area.list()):
            area.delete(blob.name)
    assert world.receive("southwark", name) == drop
    assert [blob.name for slug in PILOT for blob in world.storage.staging(slug).list()] == []


def test_those_of_one_second_are_counted_in_the_order_in_which_they_came(world: World) -> None:
    for serial in (1, 2, 3):
        world.receive("southwark", world.drop("southwark", "pupils", [pupil(serial)]))
    indexes = world.sharing.staging("southwark").list("pupilsindex/")
    assert sorted(index.metadata["ordinal"] for index in indexes) == ["0", "1", "2"]


def test_an_index_tells_of_its_drop_without_being_opened(world: World) -> None:
    drop = world.receive("southwark", world.drop("southwark", "pupils", ROWS))
    [index] = world.sharing.staging("southwark").list()
    assert index.name == f"pupilsindex/2026-autumn/southwark.20261121T093000Z.{drop}.parquet"
    told = {key: value for key, value in index.metadata.items() if not key.startswith("exchange_")}
    assert told == {"ordinal": "0", "rows": "3", "parties": "lambeth,lewisham"}


def test_an_index_of_rows_that_all_stay_at_home_names_no_party(world: World) -> None:
    world.receive("southwark", world.drop("southwark", "pupils", [pupil(home_la="210")]))
    [index] = world.sharing.staging("southwark").list("pupilsindex/")
    assert "parties" not in index.metadata


@pytest.mark.parametrize(
    ("prepared_at", "code", "told"),
    [
        (NOW + timedelta(minutes=10), None, ""),
        (NOW + timedelta(minutes=10, seconds=1), "DRP-001", "is 11 minutes after it arrived; 10 are allowed for."),
        (NOW - timedelta(days=60), None, ""),
        (NOW - timedelta(days=60, seconds=1), "DRP-002", "is 61 days before it arrived; 60 are allowed for pupils."),
    ],
)
def test_the_clock_that_seals_may_go_ten_minutes_fast_and_a_file_may_be_so_many_days_old(
    world: World, prepared_at: Any, code: str | None, told: str
) -> None:
    agreement = world.agreement
    terms = agreement.datasets["pupils"].model_copy(update={"stale_after_days": 60})
    agreement = agreement.model_copy(update={"datasets": agreement.datasets | {"pupils": terms}})
    world = world.under(agreement)
    drop = world.receive("southwark", world.drop("southwark", "pupils", [pupil()], prepared_at=prepared_at))
    said = world.report("southwark", drop)
    assert said["status"] == ("rejected" if code else "accepted")
    assert code is None or codes(world, drop) == [code]
    assert code is None or told in said["findings"][0]["message"]


def test_a_file_may_be_as_large_as_the_agreement_says(world: World) -> None:
    """And then its rows find room in staging, where they are packed otherwise and have a column more."""
    sealed = world.seal("southwark", "pupils", table("pupils", [pupil()]))
    for over in (0, 1):
        limits = world.agreement.limits.model_copy(update={"bytes": len(sealed.data) - over})
        agreement = world.agreement.model_copy(update={"limits": limits})
        bounded = world.under(agreement)
        drop = bounded.receive("southwark", world.put("southwark", sealed.data, sealed.metadata))
        sha256 = sealed.manifest.sha256
        assert (drop == drop_id("southwark", "pupils", sha256)) == (over == 0)
        assert bounded.report("southwark", drop)["status"] == ("accepted" if over == 0 else "rejected")
        assert over == 0 or recorded(world, f"drop:{drop}")[0] == ("refused", {}, {}, ("ENV-001",)), "never read"


def test_the_blob_whose_size_was_looked_at_is_the_one_that_is_read(world: World, account: str) -> None:
    sealed = world.seal("southwark", "pupils", table("pupils", [pupil()]))
    name = world.put("southwark", b"small", {})

    def put_another(request: Request) -> None:
        if request.method == "GET" and request.path.endswith(name):
            inbox = world.storage.inbox("southwark")
            inbox.replace(name, sealed.data, inbox.facts(name).etag, sealed.metadata)

    with Wire(put_another).storage(account) as storage, pytest.raises(Changed, match="STO-003"):
        replace(world, exchange=replace(world.exchange, storage=storage)).receive("southwark", name)
    assert world.outbox("southwark") == [], "to be tried again"


def test_households_and_decisions_stay_at_home_and_ask_for_its_work(world: World) -> None:
    drop = world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    [conserved] = [event for event in recorded(world, f"drop:{drop}", "lambeth") if event[0] == "conserved"]
    assert conserved[1] == {"rows_in": 1, "routed": 1}
    assert list(world.storage.requests("lambeth").list()) == [], "a run needs pupils too"
    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(f"{'a' * 12}-1-{'b' * 12}-1")]))
    [asked] = world.storage.requests("lambeth").list()
    assert json.loads(world.storage.requests("lambeth").read(asked.name).data)["kind"] == "enrolment"
