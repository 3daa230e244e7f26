"""Signed statements: a receipt says what arrived, a certificate what was destroyed. Anyone with the issuer's public key
can check one, offline, years later.

A statement is canonical JSON, `{"payload": {…}, "signature": "…"}`; the signature (Ed25519, base64url) is over a
context line and the canonical payload. A document that differs in a single byte from what was issued does not verify.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shared.kernel.envelope.canonical import canonical, from_text, to_text
from shared.kernel.envelope.gates import OUT_OF_TIME
from shared.kernel.envelope.keys import KeyService, PublicKeyLookup, Use, bad_signature, check_signature
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.errors import BadSignature, newer
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 2
"""Of what is written now. 1, until and with commit e6f3284, named fewer heads: a receipt that of its drop alone, a
certificate neither the one before it nor what was late. Every version that was ever written is read for ever."""
_CONTEXT = b"borough-exchange statement 1\n"
"""Goes before what is signed, so that no other document passes for a statement. How a statement is signed is the same
in every version: one of a newer version is told from one that was altered."""


def sign_statement(
    body: Mapping[str, Any], kind: str, keys: KeyService, issued_at: datetime, issuer: str = EXCHANGE
) -> bytes:
    """A statement of `kind` (`receipt`, `certificate`) by `issuer`; the same facts give the same bytes.

    `body` holds codes, counts, ids and hashes: text, whole numbers, flags, lists and objects, no personal value.
    `issued_at` is aware; fractions of a second are dropped.
    """
    if issued_at.tzinfo is None:
        raise ValueError("issued_at must be aware")
    key_id = keys.current(issuer, Use.SIGN)
    payload = {
        "version": VERSION,
        "kind": kind,
        "issuer": issuer,
        "issued_at": issued_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "key_id": key_id,
        "body": dict(body),
    }
    signature = keys.sign(key_id, _message(payload))
    return canonical({"payload": payload, "signature": to_text(signature)})


def verify_statement(document: bytes, public_key_lookup: PublicKeyLookup) -> dict[str, Any]:
    """The payload (version, kind, issuer, issued_at, key_id, body) of a statement that holds.

    `public_key_lookup` is `keys.public_key`, or `lookup(read_public(exported))` for one who only has the issuer's
    public keys. Raises `BadSignature` when any byte was altered or the key is not the issuer's (KEY-002), or when it is
    dated outside of the key's validity (KEY-010); `KeyUnavailable` when the key is not known, `NewerVersion` (LED-010)
    when the statement is of a version that this one does not know yet.
    """
    try:
        statement = loads_once(document)
        payload: dict[str, Any] = statement["payload"]
        signature = from_text(statement["signature"])
        key_id, issuer, issued = payload["key_id"], payload["issuer"], canonical(statement)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise bad_signature() from None
    if issued != document or set(statement) != {"payload", "signature"}:
        raise bad_signature()
    key = public_key_lookup(key_id)
    if key.owner != issuer:
        raise bad_signature()
    check_signature(key, _message(payload), signature)
    version = payload.get("version")
    if type(version) is not int or version < 1:
        raise bad_signature()
    if version > VERSION:
        raise newer("The statement", version, VERSION)
    if not key.validity.covers(_moment(payload)):
        raise BadSignature(OUT_OF_TIME.code, OUT_OF_TIME.meaning, OUT_OF_TIME.remedy)
    return payload


def _moment(payload: dict[str, Any]) -> int:
    """When the statement says that it was issued."""
    try:
        return int(datetime.fromisoformat(payload["issued_at"]).timestamp())
    except (ValueError, KeyError, TypeError):
        raise bad_signature() from None


def _message(payload: dict[str, Any]) -> bytes:
    return _CONTEXT + canonical(payload)
