"""`exchange certificate verify`: what the exchange says it destroyed, checked by whoever has its public key."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.statement import sign_statement

ENTRY = {"id": "0" * 32, "agreement": "fsm", "clause": "retention.sweep_days.inbox", "mechanism": "sweep"}
BODY: dict[str, Any] = {
    "borough": "lambeth",
    "agreements": {"head-count@2.1.0": {}, "fsm@1.0.0": {}},
    "counts": {"objects": 2, "rows": 7, "bytes": 9},
    "destroyed": [ENTRY, ENTRY],
    "not_destroyed": [],
    "missing": [],
    "proof": {
        "listed_at": "2026-12-17T02:00:05Z",
        "containers": [{"container": "lambeth-inbox", "objects": 0, "past_their_day": 0, "oldest": ""}],
    },
    "ledger": {"subject": "sweep:00", "head": "f" * 64},
}


BEFORE = {name: said for name, said in BODY.items() if name != "agreements"} | {
    "agreement": "fsm@1.0.0",
    "destroyed": [{name: said for name, said in ENTRY.items() if name != "agreement"}] * 2,
}
"""As certificates were while there was one agreement. They verify as long as they are kept."""


@pytest.fixture(params=[BODY, BEFORE], ids=["two agreements", "before there were several"])
def body(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a certificate states."""
    return dict(request.param)


@pytest.fixture
def signed(tmp_path: Path, body: dict[str, Any]) -> tuple[Path, Path]:
    """A certificate, and the exchange's public keys."""
    ring = LocalKeyRing(tmp_path / "keys")
    ring.create_key("exchange", Use.SIGN)
    certificate, public = tmp_path / "certificate.json", tmp_path / "public.json"
    certificate.write_bytes(sign_statement(body, "certificate", ring, datetime(2026, 12, 17, 2, tzinfo=UTC)))
    public.write_bytes(ring.export_public("exchange", Use.SIGN))
    return certificate, public


def test_a_certificate_holds_and_says_what_was_destroyed(exchange, signed, body):
    certificate, public = signed
    said = exchange("certificate", "verify", str(certificate), "--public", str(public))
    assert said.code == 0
    assert said.out.startswith("The certificate holds.")
    assert "fsm        retention.sweep_days.inbox  sweep        2" in said.out
    assert ", ".join(sorted(body.get("agreements", ["fsm@1.0.0"]))) in said.out
    assert "lambeth-inbox" in said.out
    own = exchange("certificate", "verify", str(certificate), "--keys", str(certificate.parent / "keys"), "--json")
    assert json.loads(own.out)["body"] == body


def test_any_altered_byte_fails(exchange, signed):
    certificate, public = signed
    document = certificate.read_bytes()
    for place in range(0, len(document), 41):
        certificate.write_bytes(document[:place] + bytes([document[place] ^ 1]) + document[place + 1 :])
        said = exchange("certificate", "verify", str(certificate), "--public", str(public))
        assert said.code in (1, 2)
        assert "holds" not in said.out


def test_a_receipt_is_no_certificate(exchange, signed):
    certificate, public = signed
    ring = LocalKeyRing(certificate.parent / "keys")
    certificate.write_bytes(sign_statement({}, "receipt", ring, datetime(2026, 12, 17, tzinfo=UTC)))
    said = exchange("certificate", "verify", str(certificate), "--public", str(public))
    assert said.code == 2
    assert "INP-027" in said.err


def test_a_certificate_that_is_not_there_is_named(exchange, tmp_path):
    said = exchange("certificate", "verify", str(tmp_path / "none.json"))
    assert said.code == 2
    assert "INP-001" in said.err
