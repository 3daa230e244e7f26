"""The parts of intake by themselves: ids, routes home, names of partitions, which partition counts, requests."""

from __future__ import annotations

import hashlib
import itertools
import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pytest

from shared.agreements.free_school_meals.whereabouts import WHEREABOUTS, route, rows_by_home
from shared.agreements.registry import load_agreement
from shared.kernel.errors import Missing, RefusedEvent, TooLarge
from shared.kernel.intake.identity import derived_id, drop_event, drop_id, request_event, run_id, untrusted_drop_id
from shared.kernel.intake.requests import EnrolRequest, LinkRequest, ask, ask_for_run, read_request
from shared.kernel.intake.staging import Inputs, Partition, current_inputs, latest, read_staged, stage
from shared.kernel.intake.ties import Tie
from tests.world import COLLECTION, NOW, World, household, pupil, table

AGREEMENT = load_agreement("fsm")
DIRECTORY = pa.table(
    {
        "postcode": ["SW2 5SG", "SE13 6TT", "SE15 4QP", "GU1 1AA", "NW1 1AA"],
        "ons_code": ["E09000022", "E09000023", "E09000028", "E10000030", "E09000007"],
    }
)


def test_an_id_is_of_its_parts_and_of_where_they_part() -> None:
    assert derived_id("drop", "a", "b") == hashlib.sha256(b"drop\x1fa\x1fb").hexdigest()[:32]
    assert derived_id("ab", "c") != derived_id("a", "bc")


def test_no_name_whatever_it_holds_is_without_an_id() -> None:
    """A name may come out of JSON with half of a surrogate pair in it."""
    assert len(derived_id("event", "\ud800")) == 32
    assert derived_id("event", "\ud800") != derived_id("event", "?")


def test_a_drop_is_its_tenants_datasets_and_bytes() -> None:
    ids = [drop_id(*parts) for parts in itertools.product(("lambeth", "camden"), ("pupils", "households"), ("0", "1"))]
    assert len(set(ids)) == 8


def test_ids_are_what_they_have_been_since_the_first_drop() -> None:
    """The ledger, which outlives every drop, names them: an id made otherwise would be another drop's."""
    assert drop_id("lambeth", "pupils", "0") == derived_id("drop", "lambeth", "pupils", "0")
    assert drop_id("lambeth", "pupils", "0", "f") == derived_id("drop", "lambeth", "pupils", "0", "f")
    assert untrusted_drop_id("lambeth", "0", [("a", "1")]) == derived_id("untrusted", "lambeth", "0", "a=1")
    assert run_id("lambeth", "fsm@1.0.0", ["q", "p"]) == derived_id("run", "lambeth", "fsm@1.0.0", "p", "q")
    assert (
        drop_event("lambeth", "lambeth-inbox", "a") == f"event:{derived_id('event', 'lambeth', 'lambeth-inbox', 'a')}"
    )
    assert request_event("lambeth", "a") == f"event:{derived_id('event', 'requests', 'lambeth', 'a')}"


def test_a_drop_that_is_not_believed_is_its_metadata_too_in_whatever_order() -> None:
    one = untrusted_drop_id("lambeth", "0", [("a", "1"), ("b", "2")])
    assert one == untrusted_drop_id("lambeth", "0", [("b", "2"), ("a", "1")])
    assert one != untrusted_drop_id("lambeth", "0", [("a", "1"), ("b", "3")])
    assert one != untrusted_drop_id("camden", "0", [("a", "1"), ("b", "2")])
    assert one != untrusted_drop_id("lambeth", "1", [("a", "1"), ("b", "2")])


def test_a_run_is_its_home_agreement_and_inputs_in_whatever_order() -> None:
    one = run_id("lambeth", "fsm@1.0.0", ["p", "q", "h"])
    assert one == run_id("lambeth", "fsm@1.0.0", ["h", "q", "p"])
    assert len({one, run_id("camden", "fsm@1.0.0", "pqh"), run_id("lambeth", "fsm@1.0.1", "pqh")}) == 3
    assert one != run_id("lambeth", "fsm@1.0.0", ["p", "h"])


@pytest.mark.parametrize(
    ("home_la", "postcode", "home", "code"),
    [
        ("E09000022", "SE13 6TT", "lambeth", None),  # what the school says stands before the postcode
        ("208", None, "lambeth", None),
        (None, "SE13 6TT", "lewisham", None),
        (None, None, None, "ROU-001"),
        (None, "ZZ1 1ZZ", None, "ROU-001"),
        (None, "GU1 1AA", None, "ROU-002"),
        ("E10000030", "SW2 5SG", None, "ROU-002"),
        ("E09000007", None, None, "ROU-002"),  # a London borough that is not party
        ("210", "SW2 5SG", None, "ROU-003"),
        (None, "SE15 4QP", None, "ROU-003"),
    ],
)
def test_where_a_pupil_lives(home_la: str | None, postcode: str | None, home: str | None, code: str | None) -> None:
    pupils = pa.table({"home_la": pa.array([home_la], pa.string()), "postcode": pa.array([postcode], pa.string())})
    routes = route(pupils, DIRECTORY, AGREEMENT, school="southwark")
    assert (routes.home[0].as_py(), routes.code[0].as_py()) == (home, code)
    assert {why.code: routes.count(why) for why in WHEREABOUTS} == {
        why.code: int(why.code == code) for why in WHEREABOUTS
    }


def test_the_reasons_have_the_names_by_which_ledger_and_summary_count_them() -> None:
    assert [(why.code, why.reason) for why in WHEREABOUTS] == [
        ("ROU-001", "home_unknown"),
        ("ROU-002", "home_outside_exchange"),
        ("ROU-003", "home_is_school_borough"),
    ]


def test_every_row_has_a_home_or_a_reason_and_goes_to_that_home_alone() -> None:
    homes = ["208", "209", "210", None, "208", "E10000030"]
    pupils = pa.table({"home_la": homes, "postcode": pa.nulls(6, pa.string())})
    routes = route(pupils, DIRECTORY, AGREEMENT, school="southwark")
    parts = {home: rows.to_pylist() for home, rows in rows_by_home(routes).items()}
    assert list(parts.items()) == [("lambeth", [0, 4]), ("lewisham", [1])]
    assert sum(routes.count(why) for why in WHEREABOUTS) + sum(map(len, parts.values())) == 6


def test_a_partitions_name_is_read_back_to_the_same_partition() -> None:
    when = datetime(2026, 11, 21, 10, 30, 5, tzinfo=timezone(timedelta(hours=1)))
    partition = Partition("pupils", COLLECTION, "tower-hamlets", when, "0" * 32)
    assert partition.name == f"pupils/2026-autumn/tower-hamlets.20261121T093005Z.{'0' * 32}.parquet"
    assert Partition.named(partition.name) == replace(partition, prepared_at=when.astimezone(UTC))


NAME = f"pupils/2026-autumn/lambeth.20261121T093005Z.{'0' * 32}.parquet"


@pytest.mark.parametrize(
    "name",
    [
        "",
        NAME.upper(),
        NAME + "x",
        "x/" + NAME,
        NAME.replace("T09", "T99"),
        NAME.replace("pupils", "pupils2"),
        NAME.replace("0" * 32, "0" * 31),
        NAME.replace(".parquet", "_parquet"),
        NAME.replace("lambeth.", "lambeth_"),
    ],
)
def test_no_other_name_is_a_partitions(name: str) -> None:
    with pytest.raises(ValueError, match=r"partition|time data"):
        Partition.named(name)


def put(world: World, home: str, sender: str, dataset: str, minutes: int, drop: str) -> Partition:
    partition = Partition(dataset, COLLECTION, sender, NOW + timedelta(minutes=minutes), drop * 32)
    rows = [pupil()] if dataset == "pupils" else [household()]
    stage(world.exchange, home, partition, table(dataset, rows))
    return partition


def test_staged_rows_are_sealed_and_read_back(world: World) -> None:
    partition = put(world, "lambeth", "southwark", "pupils", 0, "a")
    assert read_staged(world.exchange, "lambeth", partition.name).equals(table("pupils", [pupil()]))
    stored = world.storage.staging("lambeth").read(partition.name).data
    assert stored[:4] == stored[-4:] == b"PARE"
    assert b"Okafor" not in stored


def test_what_is_told_of_staged_rows_is_read_without_opening_them(world: World) -> None:
    partition = Partition("pupils", COLLECTION, "southwark", NOW, "a" * 32)
    stage(world.exchange, "lambeth", partition, table("pupils", [pupil()]), {"rows": "1"})
    [blob] = world.storage.staging("lambeth").list()
    assert blob.metadata["rows"] == "1"


def test_a_staged_copy_is_not_bounded_by_what_its_sender_may_send(world: World) -> None:
    """It is packed otherwise, and what was taken in must find room."""
    limits = AGREEMENT.limits.model_copy(update={"bytes": 1})
    bounded = replace(world.exchange, agreement=AGREEMENT.model_copy(update={"limits": limits}))
    partition = Partition("pupils", COLLECTION, "southwark", NOW, "a" * 32)
    stage(bounded, "lambeth", partition, table("pupils", [pupil()]))
    assert read_staged(bounded, "lambeth", partition.name).num_rows == 1


def test_a_second_writer_of_a_partition_changes_nothing(world: World) -> None:
    partition = put(world, "lambeth", "southwark", "pupils", 0, "a")
    first = world.storage.staging("lambeth").facts(partition.name)
    stage(world.exchange, "lambeth", partition, table("pupils", [pupil(2)]))
    assert world.storage.staging("lambeth").facts(partition.name) == first


def test_the_newest_file_of_each_sender_counts_whatever_came_first(world: World) -> None:
    put(world, "lambeth", "southwark", "pupils", 5, "a")
    newest = put(world, "lambeth", "southwark", "pupils", 9, "d")
    put(world, "lambeth", "southwark", "pupils", 0, "f")
    other = put(world, "lambeth", "lewisham", "pupils", -5, "c")
    put(world, "lewisham", "wandsworth", "pupils", 0, "e")
    found = latest(world.exchange, "lambeth", "pupils", COLLECTION)
    assert [partition.name for partition in found] == [other.name, newest.name]
    assert latest(world.exchange, "lambeth", "pupils", "2027-spring") == ()


def test_a_sender_of_whom_only_a_question_is_left_is_left_out_of_a_run(world: World) -> None:
    """The file that counted is past its days, and nobody has said that the other one replaces it."""
    left = put(world, "lambeth", "southwark", "pupils", 5, "b")
    asked = Tie("pupils", COLLECTION, "southwark", left.drop, "a" * 32, meets=False)
    world.storage.staging("lambeth").create(asked.name, b"")
    assert latest(world.exchange, "lambeth", "pupils", COLLECTION) == ()
    other = put(world, "lambeth", "lewisham", "pupils", 0, "c")
    assert [partition.name for partition in latest(world.exchange, "lambeth", "pupils", COLLECTION)] == [other.name]


def test_there_is_nothing_to_run_while_a_side_is_missing(world: World) -> None:
    assert current_inputs(world.exchange, "lambeth", COLLECTION) is None
    put(world, "lambeth", "southwark", "pupils", 0, "a")
    assert current_inputs(world.exchange, "lambeth", COLLECTION) is None
    assert ask_for_run(world.exchange, "lambeth", COLLECTION) is None
    put(world, "lewisham", "lewisham", "households", 0, "c")
    assert current_inputs(world.exchange, "lewisham", COLLECTION) is None
    put(world, "lambeth", "lambeth", "households", 0, "b")
    inputs = current_inputs(world.exchange, "lambeth", COLLECTION)
    assert inputs is not None
    assert [Partition.named(name).drop[0] for name in (*inputs.pupils, inputs.households)] == ["a", "b"]
    name = ask_for_run(world.exchange, "lambeth", COLLECTION)
    assert name is not None
    assert read_request(world.exchange, "lambeth", name) == LinkRequest(inputs)


def test_a_request_reads_back_and_is_asked_for_once(world: World) -> None:
    enrol = EnrolRequest("lambeth", COLLECTION, "decisions/x")
    link = LinkRequest(Inputs("lambeth", COLLECTION, ("p", "q"), "h"))
    for request in (enrol, link):
        name = ask(world.exchange, "lambeth", request)
        assert ask(world.exchange, "lambeth", request) == name
        assert read_request(world.exchange, "lambeth", name) == request
    assert len(list(world.storage.requests("lambeth").list())) == 2


def test_a_requests_name_and_content_are_the_same_in_whatever_version_wrote_it(world: World) -> None:
    """It waits in storage while the exchange is deployed anew."""
    inputs = Inputs("lambeth", COLLECTION, ("q", "p"), "h")
    assert inputs.run_id("fsm@1.0.0") == run_id("lambeth", "fsm@1.0.0", ["q", "p", "h"])
    name = ask(world.exchange, "lambeth", LinkRequest(inputs))
    assert name == f"link-{inputs.run_id(AGREEMENT.reference)}.json"
    stored = world.storage.requests("lambeth").read(name).data
    assert stored == b'{"collection": "2026-autumn", "link": {"households": "h", "pupils": ["q", "p"]}}'
    name = ask(world.exchange, "lambeth", EnrolRequest("lambeth", COLLECTION, "d"))
    assert name == f"enrol-{derived_id('enrol', 'lambeth', AGREEMENT.reference, 'd')}.json"
    stored = world.storage.requests("lambeth").read(name).data
    assert stored == b'{"collection": "2026-autumn", "enrol": {"decisions": "d"}}'


def test_no_more_is_read_than_such_a_blob_can_be(world: World) -> None:
    requests = world.storage.requests("lambeth")
    requests.create("link-most.json", b"x" * 1_000_000)
    requests.create("link-more.json", b"x" * 1_000_001)
    with pytest.raises(RefusedEvent, match="EVT-002"):
        read_request(world.exchange, "lambeth", "link-most.json")
    with pytest.raises(TooLarge):
        read_request(world.exchange, "lambeth", "link-more.json")
    partition = put(world, "lambeth", "southwark", "pupils", 0, "a")
    size = world.storage.staging("lambeth").facts(partition.name).size
    for limit, refused in ((size, False), (size - 1, True)):
        limits = AGREEMENT.limits.model_copy(update={"decompressed_bytes": limit - 64, "rows": 1})
        bounded = replace(world.exchange, agreement=AGREEMENT.model_copy(update={"limits": limits}))
        with pytest.raises(TooLarge) if refused else nullcontext():
            read_staged(bounded, "lambeth", partition.name)


@pytest.mark.parametrize(
    "document",
    [
        b"[" * 20_000,
        b"[]",
        b"7",
        b'"link"',
        b'{"link": []}',
        b'{"link": {"pupils": 1, "households": 2}, "collection": "2026-autumn"}',
        b'{"link": {"pupils": [[]], "households": {}}, "collection": []}',
        b'{"link": {"pupils": ["\\ud800"], "households": "h"}, "collection": "2026-autumn"}',
        b'{"enrol": 1, "collection": "2026-autumn"}',
        b"\xff",
        b"1" * 5_000,
    ],
    ids=lambda document: repr(document[:40]),
)
def test_what_is_no_request_is_refused_whatever_is_in_it(world: World, document: bytes) -> None:
    world.storage.requests("lambeth").create("link-0.json", document)

    with pytest.raises(RefusedEvent, match="EVT-002"):
        read_request(world.exchange, "lambeth", "link-0.json")


def test_a_request_under_another_name_or_of_another_home_is_none_of_ours(world: World) -> None:
    link = LinkRequest(Inputs("lambeth", COLLECTION, ("p",), "h"))
    name = ask(world.exchange, "lambeth", link)
    body = world.storage.requests("lambeth").read(name).data
    world.storage.requests("lambeth").create("link-0.json", body)
    world.storage.requests("lewisham").create(name, body)
    changed = json.loads(body)
    changed["link"]["households"] = "other"
    world.storage.requests("southwark").create(name, json.dumps(changed).encode())
    for home, asked in (("lambeth", "link-0.json"), ("lewisham", name), ("southwark", name)):
        with pytest.raises(RefusedEvent, match="EVT-002"):
            read_request(world.exchange, home, asked)
    with pytest.raises(Missing):
        read_request(world.exchange, "lambeth", "link-1.json")
