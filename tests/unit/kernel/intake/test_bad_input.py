"""Whatever arrives in an inbox ends in a coded report and a receipt, stays findable, and never reaches staging."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.agreements.registry import load_agreement
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import to_metadata
from shared.kernel.envelope.parquet import write_sealed
from shared.kernel.envelope.seal import Sealed
from shared.kernel.envelope.statement import verify_statement
from tests.world import NOW, World, decision, household, pupil, table

Wrong = Callable[[World], tuple[bytes, dict[str, str]]]


def good(world: World, slug: str = "southwark") -> Sealed:
    return world.seal(slug, "pupils", table("pupils", [pupil()]))


def plain(rows: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(rows, buffer)
    return buffer.getvalue()


def plain_parquet(world: World) -> tuple[bytes, dict[str, str]]:
    return plain(table("pupils", [pupil()])), good(world).metadata


def renamed_csv(world: World) -> tuple[bytes, dict[str, str]]:
    return b"upn,surname\nJ210234519001,Okafor\n", good(world).metadata


def truncated(world: World) -> tuple[bytes, dict[str, str]]:
    sealed = good(world)
    return sealed.data[:-100] + b"PARE", sealed.metadata


def flipped(world: World) -> tuple[bytes, dict[str, str]]:
    sealed = good(world)
    middle = len(sealed.data) // 2
    return sealed.data[:middle] + bytes([sealed.data[middle] ^ 1]) + sealed.data[middle + 1 :], sealed.metadata


def empty(world: World) -> tuple[bytes, dict[str, str]]:
    return b"", good(world).metadata


def no_manifest(world: World) -> tuple[bytes, dict[str, str]]:
    return good(world).data, {}


def no_signature(world: World) -> tuple[bytes, dict[str, str]]:
    sealed = good(world)
    return sealed.data, {name: value for name, value in sealed.metadata.items() if "signature" not in name}


def wrong_signature(world: World) -> tuple[bytes, dict[str, str]]:
    sealed, other = good(world), world.seal("southwark", "pupils", table("pupils", [pupil(2)]))
    return sealed.data, sealed.metadata | {"exchange_signature": other.metadata["exchange_signature"]}


def someone_elses_manifest(world: World) -> tuple[bytes, dict[str, str]]:
    return good(world).data, good(world, "lewisham").metadata


def swapped_file(world: World) -> tuple[bytes, dict[str, str]]:
    return world.seal("southwark", "pupils", table("pupils", [pupil(2)])).data, good(world).metadata


def another_boroughs_drop(world: World) -> tuple[bytes, dict[str, str]]:
    sealed = good(world, "lewisham")
    return sealed.data, sealed.metadata


def another_boroughs_key(world: World) -> tuple[bytes, dict[str, str]]:
    ring = world.rings["southwark"]
    ring.import_public(world.rings["lewisham"].export_public("lewisham", Use.DROP))
    sealed = world.seal("southwark", "pupils", table("pupils", [pupil()]), key_id=ring.current("lewisham", Use.DROP))
    return sealed.data, sealed.metadata


def a_key_nobody_knows(world: World) -> tuple[bytes, dict[str, str]]:
    ring = world.rings["southwark"]
    sealed = world.seal("southwark", "pupils", PUPILS, key_id=ring.create_key("camden", Use.DROP))
    return sealed.data, sealed.metadata


def forged(rows: pa.Table) -> Wrong:
    """Sealed and signed by a sender whose tool does not check what it seals."""

    def make(world: World) -> tuple[bytes, dict[str, str]]:
        keys, honest = world.rings["southwark"], good(world).manifest
        data = write_sealed(rows, honest.key_id, keys)
        facts = {"rows": rows.num_rows, "sha256": hashlib.sha256(data).hexdigest()}
        manifest = honest.model_copy(update=facts)
        return data, to_metadata(manifest, keys.sign(manifest.signing_key_id, manifest.message()))

    return make


def other(dataset: str, rows: pa.Table, **facts: object) -> Wrong:
    def make(world: World) -> tuple[bytes, dict[str, str]]:
        sealed = world.seal("southwark", dataset, rows, **facts)  # type: ignore[arg-type]
        return sealed.data, sealed.metadata

    return make


def signed_as(collection: str) -> Wrong:
    """By a sender whose tool takes any word for a collection."""

    def make(world: World) -> tuple[bytes, dict[str, str]]:
        keys, sealed = world.rings["southwark"], good(world)
        manifest = sealed.manifest.model_copy(update={"collection": collection})
        return sealed.data, to_metadata(manifest, keys.sign(manifest.signing_key_id, manifest.message()))

    return make


PUPILS = table("pupils", [pupil()])
OLD_VERSION = load_agreement("fsm").model_copy(update={"version": "0.9.0"})
EXTENSION = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0123456789abcdef"], pa.binary(16)))


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (plain_parquet, "ENV-002"),
        (renamed_csv, "ENV-002"),
        (truncated, "ENV-008"),
        (flipped, "ENV-008"),
        (empty, "ENV-001"),
        (no_manifest, "ENV-003"),
        (no_signature, "ENV-005"),
        (wrong_signature, "ENV-007"),
        (someone_elses_manifest, "ENV-004"),
        (swapped_file, "ENV-008"),
        (another_boroughs_drop, "ENV-004"),
        (another_boroughs_key, "ENV-009"),
        (a_key_nobody_knows, "ENV-009"),
        (forged(pa.table({f"c{n}": [1] for n in range(300)})), "ENV-015"),
        (other("pupils", PUPILS.append_column("ethnicity", [["WBRI"]])), "FIL-"),
        (other("pupils", PUPILS.drop_columns(["dob"])), "FIL-"),
        (other("pupils", PUPILS.drop_columns(["dob"]).append_column("dob", [["soon"]])), "FIL-"),
        (forged(PUPILS.drop_columns(["uln"]).append_column("uln", [[["nested"]]])), "ENV-016"),
        (forged(PUPILS.drop_columns(["uln"]).append_column("uln", EXTENSION)), "ENV-016"),
        (other("households", PUPILS), "FIL-"),
        (other("gossip", PUPILS), "AGR-003"),
        (other("pupils", PUPILS, agreement=OLD_VERSION), "AGR-002"),
        (other("pupils", PUPILS, prepared_at=NOW + timedelta(days=3)), "DRP-001"),
        *((other("pupils", PUPILS, collection=period), "DRP-009") for period in ("2027-spring", "2026-27", "2026")),
        *((signed_as(word), "ENV-003") for word in ("2026-autum", "2026-28", "2014-okafor")),
        (other("pupils", PUPILS, prepared_at=NOW - timedelta(days=200)), "DRP-002"),
        (other("pupils", PUPILS, receiver="lambeth"), "ENV-004"),
    ],
)
def test_a_bad_file_gets_a_coded_report_and_a_receipt_and_stays(world: World, make: Wrong, code: str) -> None:
    data, metadata = make(world)
    name = world.put("southwark", data, metadata)

    drop = world.receive("southwark", name)

    report = world.report("southwark", drop)
    assert report["status"] == "rejected"
    [finding] = report["findings"]
    assert finding["code"].startswith(code)
    assert finding["remedy"]
    assert world.answer("southwark", drop, "report.xlsx")
    receipt = verify_statement(
        world.answer("southwark", drop, "receipt.json"),
        world.rings["southwark"].public_key,
    )["body"]
    assert (receipt["drop"], receipt["status"], receipt["code"]) == (drop, "rejected", finding["code"])
    assert world.steps(f"drop:{drop}")[-1] == "done"
    assert world.storage.inbox("southwark").exists(name), "the file stays findable until retention ends"
    for slug in ("lambeth", "southwark"):
        assert list(world.storage.staging(slug).list()) == []


@pytest.mark.parametrize(
    ("slug", "dataset", "row"),
    [("southwark", "pupils", pupil(upn="A210234519001")), ("lambeth", "households", household(child_surname=None))],
)
def test_a_file_without_an_accepted_row_leaves_nothing_behind_and_asks_for_nothing(
    world: World, slug: str, dataset: str, row: dict[str, Any]
) -> None:
    drop = world.receive(slug, world.drop(slug, dataset, [row]))
    assert world.report(slug, drop)["status"] == "rejected"
    for home in ("lambeth", "southwark"):
        assert list(world.storage.staging(home).list()) == list(world.storage.requests(home).list()) == []
    assert not list(world.storage.claims(slug).list("fsm/standing-"))


def test_a_file_over_the_size_limit_is_refused_without_being_read(world: World) -> None:
    small = world.agreement.model_copy(update={"limits": world.agreement.limits.model_copy(update={"bytes": 1000})})
    sealed = good(world)
    world = world.under(small)
    drop = world.receive("southwark", world.put("southwark", sealed.data, sealed.metadata))
    assert [finding["code"] for finding in world.report("southwark", drop)["findings"]] == ["ENV-001"]


def test_the_same_bytes_with_a_mended_signature_are_a_new_drop(world: World) -> None:
    sealed = good(world)
    refused = world.receive("southwark", world.put("southwark", sealed.data, {}))
    accepted = world.receive("southwark", world.put("southwark", sealed.data, sealed.metadata))
    assert refused != accepted
    assert world.report("southwark", accepted)["status"] == "accepted"


def test_an_agreement_that_is_not_in_force_takes_nothing(world: World) -> None:
    world.now[0] = NOW.replace(year=2027, month=12)
    sealed = good(world)
    drop = world.receive("southwark", world.put("southwark", sealed.data, sealed.metadata))
    assert [finding["code"] for finding in world.report("southwark", drop)["findings"]] == ["AGR-001"]


def test_a_borough_that_may_not_drop_a_dataset_is_told_so(world: World) -> None:
    agreement = world.agreement
    terms = agreement.datasets["pupils"].model_copy(update={"dropped_by": ("lambeth",)})
    narrower = agreement.model_copy(update={"datasets": agreement.datasets | {"pupils": terms}})
    world = world.under(narrower)
    sealed = good(world)
    drop = world.receive("southwark", world.put("southwark", sealed.data, sealed.metadata))
    assert [finding["code"] for finding in world.report("southwark", drop)["findings"]] == ["AGR-004"]


def test_three_bad_rows_in_ten_thousand_cost_three_rows(world: World) -> None:
    rows = [
        pupil(n, forename=f"Amara{chr(97 + n % 26)}", dob=date(2012, 1, 1) + timedelta(days=n % 1500))
        for n in range(10_000)
    ]
    for row in (17, 4_000, 9_999):
        rows[row]["upn"] = "A210234519001"
    drop = world.receive("southwark", world.drop("southwark", "pupils", rows))
    report = world.report("southwark", drop)
    assert (report["status"], report["rows_in"], report["rows_rejected"]) == ("partly_accepted", 10_000, 3)
    rejected = [finding for finding in report["findings"] if finding["severity"] == "error"]
    assert [finding["reference"] for finding in rejected] == ["row 19", "row 4002", "row 10001"]


def test_a_third_officer_may_not_decide(world: World) -> None:
    rows = [decision(f"aaaaaaaaaaaa-{n}-bbbbbbbbbbbb-{n}", decided_by=f"officer{n}") for n in (1, 2, 3)]
    drop = world.receive("lambeth", world.drop("lambeth", "decisions", rows))
    assert [finding["code"] for finding in world.report("lambeth", drop)["findings"]] == ["AGR-006"]


def test_a_decision_on_a_match_nobody_knows_enrols_nobody_and_is_counted(world: World) -> None:
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.receive("lambeth", world.drop("lambeth", "decisions", [decision("aaaaaaaaaaaa-1-bbbbbbbbbbbb-1")]))
    world.carry_out_all()
    [subject] = world.exchange.ledger.subjects("enrolment")
    counts = next(event.counts for event in world.exchange.ledger.events(subject) if event.step == "conserved")
    assert counts == {"rows_in": 1, "excluded.unknown_match_ref": 1}
    assert [name for name in world.outbox("southwark") if "enrolments" in name] == []


def test_what_is_dated_today_in_london_is_not_of_the_future_half_an_hour_after_midnight(world: World) -> None:
    world.now[0] = datetime(2027, 6, 30, 23, 30, tzinfo=UTC)
    today, tomorrow = date(2027, 7, 1), date(2027, 7, 2)
    rows = [household("H1", extract_date=today), household("H2", extract_date=tomorrow, child_forename="Ada")]
    drop = world.receive("lambeth", world.drop("lambeth", "households", rows, collection="2027-summer"))
    told = [(line["code"], line["reference"]) for line in world.report("lambeth", drop)["findings"]]
    assert [line for line in told if line[0] == "HOU-031"] == [("HOU-031", "row 3")]


def test_a_refusal_names_a_column_of_a_contract_and_of_no_other(world: World) -> None:
    nested = PUPILS.drop_columns(["uln"]).append_column("uln", [[["nested"]]])
    strange = PUPILS.append_column("okafor", [[["nested"]]])
    told = []
    for rows in (nested, strange):
        drop = world.receive("southwark", world.put("southwark", *forged(rows)(world)))
        [finding] = world.report("southwark", drop)["findings"]
        told.append(finding["message"])
    assert "(uln)" in told[0]
    assert "okafor" not in told[1]
