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

from shared.agreements.free_school_meals.whereabouts import WHEREABOUTS, route
from shared.agreements.registry import load_agreement
from shared.kernel.errors import Missing, RefusedEvent, TooLarge, UntrustedDrop
from shared.kernel.intake.identity import derived_id, drop_event, drop_id, job_id, request_event, untrusted_drop_id
from shared.kernel.intake.requests import Asked, read_request, request_job
from shared.kernel.intake.staging import StagedFor, read_staged, stage
from shared.kernel.intake.ties import Tie
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import Job
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
    assert job_id(job("q", "p"), "fsm@1.0.0") == derived_id("run", "lambeth", "fsm@1.0.0", "p", "q")
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


def job(*inputs: str, kind: str = "run", party: str = "lambeth") -> Job:
    return Job(kind, party, COLLECTION, inputs)


def test_a_job_is_its_kind_party_agreement_and_inputs_in_whatever_order() -> None:
    one = job_id(job("p", "q", "h"), "fsm@1.0.0")
    assert one == job_id(job("h", "q", "p"), "fsm@1.0.0")
    others = [job("p", "q", "h", party="camden"), job("p", "q", "h", kind="enrolment"), job("p", "h")]
    assert len({one, job_id(job("p", "q", "h"), "fsm@1.0.1"), *(job_id(each, "fsm@1.0.0") for each in others)}) == 5


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
    routed = route(pupils_of([home_la], [postcode]), DIRECTORY, AGREEMENT, school="southwark")
    assert list(routed.parts) == ([home] if home else [])
    assert {why.code: rows.to_pylist() for why, rows in routed.nowhere.items()} == ({code: [0]} if code else {})


def pupils_of(homes: list[str | None], postcodes: list[str | None]) -> pa.Table:
    columns = {"home_la": pa.array(homes, pa.string()), "postcode": pa.array(postcodes, pa.string())}
    return pa.table({**columns, "row": pa.array(range(len(homes)), pa.int32())})


def test_the_reasons_have_the_names_by_which_ledger_and_summary_count_them() -> None:
    assert [(why.code, why.reason) for why in WHEREABOUTS] == [
        ("ROU-001", "home_unknown"),
        ("ROU-002", "home_outside_exchange"),
        ("ROU-003", "home_is_school_borough"),
    ]


def test_every_row_has_a_home_or_a_reason_and_goes_to_that_home_alone() -> None:
    homes: list[str | None] = ["208", "209", "210", None, "208", "E10000030"]
    routed = route(pupils_of(homes, [None] * 6), DIRECTORY, AGREEMENT, school="southwark")
    parts = {home: rows.column("row").to_pylist() for home, rows in routed.parts.items()}
    assert list(parts.items()) == [("lambeth", [0, 4]), ("lewisham", [1])]
    nowhere = {why.reason: rows.to_pylist() for why, rows in routed.nowhere.items()}
    assert nowhere == {"home_unknown": [3], "home_outside_exchange": [5], "home_is_school_borough": [2]}


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
    stage(world.sharing, home, partition, table(dataset, rows))
    return partition


def test_staged_rows_are_sealed_and_read_back(world: World) -> None:
    partition = put(world, "lambeth", "southwark", "pupils", 0, "a")
    assert read_staged(world.sharing, "lambeth", partition.name).equals(table("pupils", [pupil()]))
    stored = world.sharing.staging("lambeth").read(partition.name).data
    assert stored[:4] == stored[-4:] == b"PARE"
    assert b"Okafor" not in stored


def test_what_is_told_of_staged_rows_is_read_without_opening_them(world: World) -> None:
    partition = Partition("pupils", COLLECTION, "southwark", NOW, "a" * 32)
    stage(world.sharing, "lambeth", partition, table("pupils", [pupil()]), {"rows": "1"})
    [blob] = world.sharing.staging("lambeth").list()
    assert blob.metadata["rows"] == "1"


def test_a_staged_copy_is_not_bounded_by_what_its_sender_may_send(world: World) -> None:
    """It is packed otherwise, and what was taken in must find room."""
    limits = AGREEMENT.limits.model_copy(update={"bytes": 1})
    bounded = replace(world.sharing, agreement=AGREEMENT.model_copy(update={"limits": limits}))
    partition = Partition("pupils", COLLECTION, "southwark", NOW, "a" * 32)
    stage(bounded, "lambeth", partition, table("pupils", [pupil()]))
    assert read_staged(bounded, "lambeth", partition.name).num_rows == 1


def test_a_second_writer_of_a_partition_changes_nothing(world: World) -> None:
    partition = put(world, "lambeth", "southwark", "pupils", 0, "a")
    first = world.sharing.staging("lambeth").facts(partition.name)
    stage(world.sharing, "lambeth", partition, table("pupils", [pupil(2)]))
    assert world.sharing.staging("lambeth").facts(partition.name) == first


def test_the_newest_file_of_each_sender_counts_whatever_came_first(world: World) -> None:
    put(world, "lambeth", "southwark", "pupils", 5, "a")
    newest = put(world, "lambeth", "southwark", "pupils", 9, "d")
    put(world, "lambeth", "southwark", "pupils", 0, "f")
    other = put(world, "lambeth", "lewisham", "pupils", -5, "c")
    put(world, "lewisham", "wandsworth", "pupils", 0, "e")
    found = StagedFor(world.sharing, "lambeth").counting("pupils", COLLECTION)
    assert [partition.name for partition in found] == [other.name, newest.name]
    assert StagedFor(world.sharing, "lambeth").counting("pupils", "2027-spring") == ()


def test_a_sender_of_whom_only_a_question_is_left_is_left_out_of_a_run(world: World) -> None:
    """The file that counted is past its days, and nobody has said that the other one replaces it."""
    left = put(world, "lambeth", "southwark", "pupils", 5, "b")
    asked = Tie("pupils", COLLECTION, "southwark", left.drop, "a" * 32, "apart")
    world.sharing.staging("lambeth").create(asked.name, b"")
    staged = StagedFor(world.sharing, "lambeth")
    assert staged.counting("pupils", COLLECTION) == ()
    other = put(world, "lambeth", "lewisham", "pupils", 0, "c")
    assert [partition.name for partition in staged.counting("pupils", COLLECTION)] == [other.name]


def test_what_earlier_jobs_kept_comes_oldest_first(world: World) -> None:
    assert StagedFor(world.sharing, "lambeth").kept("pupils") == ()
    later = put(world, "lambeth", "southwark", "pupils", 5, "a")
    first = put(world, "lambeth", "wandsworth", "pupils", 0, "b")
    assert StagedFor(world.sharing, "lambeth").kept("pupils") == (first, later)


def test_there_is_nothing_to_run_while_a_side_is_missing(world: World) -> None:
    def due(arrived: Partition, party: str) -> list[Job]:
        return list(world.sharing.pipeline.due(arrived, party, StagedFor(world.sharing, party)))

    pupils = put(world, "lambeth", "southwark", "pupils", 0, "a")
    assert due(pupils, "lambeth") == []
    elsewhere = put(world, "lewisham", "lewisham", "households", 0, "c")
    assert due(elsewhere, "lewisham") == []
    households = put(world, "lambeth", "lambeth", "households", 0, "b")
    [run] = due(households, "lambeth")
    assert run == job(pupils.name, households.name)
    assert due(pupils, "lambeth") == [run]
    name = request_job(world.sharing, run)
    assert read_request(world.exchange, "lambeth", f"fsm/{name}") == Asked(world.sharing, run, "fsm@1.0.0")


def test_a_request_reads_back_and_is_asked_for_once(world: World) -> None:
    for asked in (job("decisions/x", kind="enrolment"), job("p", "q", "h")):
        name = request_job(world.sharing, asked)
        assert request_job(world.sharing, asked) == name
        assert read_request(world.exchange, "lambeth", f"fsm/{name}") == Asked(world.sharing, asked, "fsm@1.0.0")
    assert len(list(world.storage.requests("lambeth").list("fsm/"))) == 2


def test_a_requests_name_and_content_are_the_same_in_whatever_version_wrote_it(world: World) -> None:
    """It waits in storage while the exchange is deployed anew."""
    asked = job("q", "p", "h")
    name = request_job(world.sharing, asked)
    assert name == f"{job_id(asked, AGREEMENT.reference)}.json"
    stored = world.storage.requests("lambeth").read(f"fsm/{name}").data
    assert stored == (
        b'{"agreement": "fsm@1.0.0", "collection": "2026-autumn", "inputs": ["q", "p", "h"], "kind": "run"}'
    )


def test_no_more_is_read_than_such_a_blob_can_be(world: World) -> None:
    requests = world.storage.requests("lambeth")
    requests.create("fsm/most.json", b"x" * 1_000_000)
    requests.create("fsm/more.json", b"x" * 1_000_001)
    with pytest.raises(RefusedEvent, match="EVT-002"):
        read_request(world.exchange, "lambeth", "fsm/most.json")
    with pytest.raises(TooLarge):
        read_request(world.exchange, "lambeth", "fsm/more.json")
    partition = put(world, "lambeth", "southwark", "pupils", 0, "a")
    size = world.sharing.staging("lambeth").facts(partition.name).size
    for limit, refused in ((size, False), (size - 1, True)):
        limits = AGREEMENT.limits.model_copy(update={"decompressed_bytes": limit - 64, "rows": 1})
        bounded = replace(world.sharing, agreement=AGREEMENT.model_copy(update={"limits": limits}))
        with pytest.raises(UntrustedDrop, match="ENV-001") if refused else nullcontext():
            read_staged(bounded, "lambeth", partition.name)


@pytest.mark.parametrize(
    "document",
    [
        b"[" * 20_000,
        b"[]",
        b"7",
        b'"run"',
        b'{"kind": []}',
        b'{"kind": "run", "inputs": 1, "collection": "2026-autumn"}',
        b'{"kind": "run", "inputs": [[], {}], "collection": []}',
        b'{"kind": "run", "inputs": ["\\ud800"], "collection": "2026-autumn"}',
        b'{"kind": "gossip", "inputs": ["p"], "collection": "2026-autumn"}',
        b"\xff",
        b"1" * 5_000,
    ],
    ids=lambda document: repr(document[:40]),
)
def test_what_is_no_request_is_refused_whatever_is_in_it(world: World, document: bytes) -> None:
    world.storage.requests("lambeth").create("fsm/0.json", document)

    with pytest.raises(RefusedEvent, match="EVT-002"):
        read_request(world.exchange, "lambeth", "fsm/0.json")


def test_a_request_under_another_name_party_or_agreement_is_none_of_ours(world: World) -> None:
    name = f"fsm/{request_job(world.sharing, job('p', 'h'))}"
    body = world.storage.requests("lambeth").read(name).data
    world.storage.requests("lambeth").create("fsm/0.json", body)
    world.storage.requests("lambeth").create(name.removeprefix("fsm/"), body)
    world.storage.requests("lambeth").create(f"other/{name.removeprefix('fsm/')}", body)
    world.storage.requests("lewisham").create(name, body)
    changed = json.loads(body)
    changed["inputs"] = ["p", "other"]
    world.storage.requests("southwark").create(name, json.dumps(changed).encode())
    bare = name.removeprefix("fsm/")
    strange = [("lambeth", "fsm/0.json"), ("lambeth", bare), ("lambeth", f"other/{bare}")]
    for party, asked in (*strange, ("lewisham", name), ("southwark", name)):
        with pytest.raises(RefusedEvent, match="EVT-002"):
            read_request(world.exchange, party, asked)
    with pytest.raises(Missing):
        read_request(world.exchange, "lambeth", "fsm/1.json")
