"""Signed statements: anyone with the public key can check them, and nobody can change them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.kernel.envelope.canonical import canonical, from_text
from shared.kernel.envelope.keys import Use, lookup, read_public
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.statement import sign_statement, verify_statement
from shared.kernel.errors import BadSignature, KeyUnavailable
from tests.unit.kernel.envelope.houses import NOON, House

BODY: dict[str, Any] = {"drop": "0" * 32, "counts": {"rows": 3, "rejected": 1}, "codes": ["PUP-014"], "whole": True}


def test_a_receipt_verifies_for_the_borough_with_what_it_was_given(house: House) -> None:
    receipt = sign_statement(BODY, "receipt", house.exchange, NOON)
    payload = verify_statement(receipt, house.boroughs["lambeth"].public_key)
    assert payload["body"] == BODY
    assert (payload["kind"], payload["issuer"], payload["issued_at"]) == ("receipt", EXCHANGE, "2026-10-01T12:00:00Z")


def test_an_auditor_verifies_with_the_exported_key_alone(house: House) -> None:
    certificate = sign_statement(BODY, "certificate", house.exchange, NOON)
    exported = house.exchange.export_public(EXCHANGE, Use.SIGN)
    assert verify_statement(certificate, lookup(read_public(exported)))["kind"] == "certificate"


def test_a_statement_verifies_without_this_code(house: House) -> None:
    """As the handbook tells an auditor: context line, canonical payload, Ed25519."""
    statement = json.loads(sign_statement(BODY, "receipt", house.exchange, NOON))
    public = json.loads(house.exchange.export_public(EXCHANGE, Use.SIGN))["keys"][0]["x"]
    payload = json.dumps(statement["payload"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    key = Ed25519PublicKey.from_public_bytes(from_text(public))
    key.verify(from_text(statement["signature"]), b"borough-exchange statement 1\n" + payload)


def test_the_same_facts_give_the_same_bytes(house: House) -> None:
    later = NOON.replace(microsecond=5)
    reordered = dict(reversed(BODY.items()))
    assert sign_statement(BODY, "receipt", house.exchange, NOON) == sign_statement(
        reordered, "receipt", house.exchange, later
    )


def test_every_altered_byte_is_found(house: House) -> None:
    receipt = sign_statement(BODY, "receipt", house.exchange, NOON)
    find = house.boroughs["lambeth"].public_key
    for position in range(len(receipt)):
        altered = receipt[:position] + bytes([receipt[position] ^ 1]) + receipt[position + 1 :]
        with pytest.raises((BadSignature, KeyUnavailable)):
            verify_statement(altered, find)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"payload":1,"signature":""}',
        b'{"payload":{},"signature":1}',
        b'{"payload":{"key_id":"x","issuer":"x"},"signature":"!"}',
        b'{"payload":{"key_id":"x","issuer":1.5},"signature":"AA"}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_what_is_no_statement_does_not_verify(house: House, document: bytes) -> None:
    with pytest.raises(BadSignature, match="KEY-002"):
        verify_statement(document, house.exchange.public_key)


def test_another_spelling_or_an_addition_does_not_verify(house: House) -> None:
    receipt = sign_statement(BODY, "receipt", house.exchange, NOON)
    statement = json.loads(receipt)
    for altered in (json.dumps(statement, indent=1).encode(), receipt + b"\n", canonical({**statement, "note": "x"})):
        with pytest.raises(BadSignature, match="KEY-002"):
            verify_statement(altered, house.exchange.public_key)


def test_a_borough_cannot_issue_in_the_name_of_the_exchange(house: House) -> None:
    """Its key is known and its signature good, but it is not the issuer's."""
    lambeth = house.boroughs["lambeth"]

    class Impostor:
        sign = lambeth.sign

        def current(self, owner: str, use: Use) -> str:
            return lambeth.current("lambeth", use)

    forged = sign_statement(BODY, "receipt", Impostor(), NOON)  # type: ignore[arg-type]
    with pytest.raises(BadSignature, match="KEY-002"):
        verify_statement(forged, house.exchange.public_key)


def test_a_borough_may_issue_in_its_own_name(house: House) -> None:
    order = sign_statement(BODY, "certificate", house.boroughs["lambeth"], NOON, issuer="lambeth")
    assert verify_statement(order, house.exchange.public_key)["issuer"] == "lambeth"


def test_a_manifest_is_no_statement_and_the_reverse(house: House) -> None:
    sealed = house.sealed()
    signature = sealed.metadata["exchange_signature"]
    forged = canonical({"payload": json.loads(sealed.manifest.document()), "signature": signature})
    with pytest.raises(BadSignature, match="KEY-002"):
        verify_statement(forged, house.exchange.public_key)


def test_a_statement_needs_a_time_that_everybody_reads_alike(house: House) -> None:
    with pytest.raises(ValueError, match="aware"):
        sign_statement(BODY, "receipt", house.exchange, datetime(2026, 1, 1))  # noqa: DTZ001  # the fault
    summer = datetime.fromisoformat("2026-07-01T13:00:00+01:00")
    assert verify_statement(sign_statement(BODY, "receipt", house.exchange, summer), house.exchange.public_key)[
        "issued_at"
    ] == summer.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("body", [{"share": 0.5}, {"when": NOON}, {1: "x"}, {"deep": [{"x": {1.5}}]}])
def test_a_body_that_languages_would_spell_differently_is_not_signed(house: House, body: dict[Any, Any]) -> None:
    with pytest.raises(TypeError):
        sign_statement(body, "receipt", house.exchange, NOON)
