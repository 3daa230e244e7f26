"""What the sender gets back, word for word: a borough's own programs read it, and its receipts are kept for years."""

from __future__ import annotations

import hashlib
from typing import Any

from shared.kernel.envelope.statement import verify_statement
from shared.kernel.intake.standing import MOST, Standing, told
from tests.world import COLLECTION, NOW, World, pupil, table

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def receipt(world: World, drop: str) -> dict[str, Any]:
    document = world.answer("southwark", drop, "receipt.json")
    statement = verify_statement(document, world.rings["southwark"].public_key)
    assert (statement["kind"], statement["issued_at"]) == ("receipt", NOW.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return dict(statement["body"])


def test_a_file_that_was_taken_in_is_answered_with_what_it_is_and_where_its_rows_went(world: World) -> None:
    rows = [pupil(1), pupil(2, sex="?"), pupil(3, home_la="210"), pupil(4, home_la="209")]
    sealed = world.seal("southwark", "pupils", table("pupils", rows))
    drop = world.receive("southwark", world.put("southwark", sealed.data, sealed.metadata))
    assert drop is not None
    facts = {
        "drop": drop,
        "dataset": "pupils",
        "collection": COLLECTION,
        "agreement": world.agreement.reference,
        "received_at": NOW.isoformat(),
        "counts": "yes",
        "standing": "first",
        "agreement_ends": "2027-08-31",
    }
    assert world.report("southwark", drop)["facts"] == facts
    said = receipt(world, drop)
    # Of the chain as it was then; `done` came after it.
    heads = [event.hash for event in world.exchange.ledger.events(f"drop:{drop}")]
    head = said.pop("ledger_head")
    assert head in heads
    assert [vouched["head"] for vouched in said.pop("ledger")] == ([head] if head else [])
    assert said == facts | {
        "sender": "southwark",
        "sha256": hashlib.sha256(sealed.data).hexdigest(),
        "status": "partly_accepted",
        "code": "",
        "rows_in": 4,
        "rejected": 1,
        "routed": {"lambeth": 1, "lewisham": 1},
        "excluded": {"home_is_school_borough": 1},
        "signing_key_id": sealed.manifest.signing_key_id,
    }
    box = world.storage.outbox("southwark").client
    kinds = {
        name: box.get_blob_client(f"fsm/reports/{drop}/{name}").get_blob_properties().content_settings.content_type
        for name in ("report.json", "report.xlsx", "receipt.json")
    }
    assert kinds == {"report.json": "application/json", "report.xlsx": XLSX, "receipt.json": "application/json"}


def test_every_row_without_a_home_to_go_to_is_named_with_its_reason(world: World) -> None:
    nowhere = [pupil(1, home_la="210"), pupil(2), pupil(3, home_la=None, postcode=None), pupil(4, home_la="E09000007")]
    drop = world.receive("southwark", world.drop("southwark", "pupils", nowhere))
    found = world.report("southwark", drop)["findings"]
    named = [(line["reference"], line["code"], line["field"]) for line in found if line["severity"] == "excluded"]
    assert sorted(named) == [
        ("row 2", "ROU-003", "home_la"),
        ("row 4", "ROU-001", "home_la"),
        ("row 5", "ROU-002", "home_la"),
    ]


def test_of_a_file_that_is_not_believed_only_its_bytes_are_named(world: World) -> None:
    drop = world.receive("southwark", world.put("southwark", b"upn\n", {}))
    assert drop is not None
    facts = world.report("southwark", drop)["facts"]
    assert facts == {
        "drop": drop,
        "dataset": "unknown",
        "collection": "unknown",
        "agreement": "unknown",
        "received_at": NOW.isoformat(),
    }
    said = receipt(world, drop)
    assert {name: said[name] for name in (*facts, "sender", "sha256", "status")} == facts | {
        "sender": "southwark",
        "sha256": hashlib.sha256(b"upn\n").hexdigest(),
        "status": "rejected",
    }
    assert said["code"].startswith("ENV-")
    report = world.report("southwark", drop)
    assert report["findings"][0]["code"] == said["code"]
    assert said["refusal"] == report["refusal"]
    assert said["refusal"]["code"] == said["code"]


def test_as_many_files_lie_here_as_the_refusal_of_one_more_says() -> None:
    assert MOST == 100, "DRP-015 says a hundred"


def test_a_question_is_told_as_one_even_where_no_other_file_is_left() -> None:
    """The earlier file has reached its 26 days: nothing counts until its sender says so."""
    said = told(Standing("question", rows=3))
    assert (said["counts"], said["standing_code"]) == ("no", "DRP-010")
    assert "other_drop" not in said
    assert "standing_code" not in told(Standing("first", rows=3))
