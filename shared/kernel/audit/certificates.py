"""The copies of certificates: do they verify, is their head in the ledger, what do they say was late?"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from shared.kernel import names
from shared.kernel.audit.chains import LedgerCopy
from shared.kernel.audit.report import Destruction
from shared.kernel.envelope.keys import PublicKey, lookup, read_public
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.errors import BadSignature, InvalidInput, KeyUnavailable

FOLDER, KEYS = "certificates", "keys"
Promises = Callable[[str, str], int]
"""The days that an agreement of this id promises for this kind of container; for any other text, the fewest."""

_WORD = re.compile(f"{names.ID}|{names.WORD}")


@dataclass(frozen=True)
class Late:
    """An object that a certificate says lived too long."""

    object: str
    kind: str
    days: int
    promised: int
    """Days, by the agreement that the certificate says it belonged to."""
    destroyed: str


@dataclass(frozen=True)
class CertificateCopy:
    """One file of the copy."""

    file: str
    """Relative to the record; the day and the derived id, nothing that a party chose."""
    party: str
    sha256: str
    wrong: str
    """What is wrong with it; empty when it holds, or when no key is there to say."""
    destruction: Destruction | None
    """`None` when it cannot be read."""
    late: tuple[Late, ...] = ()


def read_keys(record: Path) -> tuple[PublicKey, ...]:
    """The exchange's public keys. Raises `InvalidInput` (KEY-004) for a file that is none."""
    return tuple(key for path in sorted((record / KEYS).glob("*.json")) for key in read_public(path.read_bytes()))


def read_certificates(
    record: Path, keys: tuple[PublicKey, ...], ledger: LedgerCopy, promises: Promises
) -> tuple[CertificateCopy, ...]:
    """Every certificate of the copy, judged."""
    folder = record / FOLDER
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple(_judged(path, record, keys, ledger, promises) for path in paths)


def _judged(
    path: Path, record: Path, keys: tuple[PublicKey, ...], ledger: LedgerCopy, promises: Promises
) -> CertificateCopy:
    file, document = path.relative_to(record).as_posix(), path.read_bytes()
    digest = hashlib.sha256(document).hexdigest()
    try:
        payload = json.loads(document)["payload"]
        body = payload["body"]
        destruction = _destruction(body)
        late = tuple(_late(body, promises))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return CertificateCopy(file, "", digest, "It is no certificate.", None)
    wrong = _wrong(path, document, payload, keys, ledger)
    holds = None if wrong is None else not wrong
    judged = Destruction(**{**vars(destruction), "holds": holds})
    return CertificateCopy(file, judged.borough, digest, wrong or "", judged, late)


def _wrong(
    path: Path, document: bytes, payload: Mapping[str, Any], keys: tuple[PublicKey, ...], ledger: LedgerCopy
) -> str | None:
    """What is wrong; empty when nothing is; `None` when there is no key to tell."""
    body = payload["body"]
    if not keys:
        return None
    try:
        verify_statement(document, lookup(keys))
    except BadSignature:
        return "Its signature does not hold."
    except (KeyUnavailable, InvalidInput):
        return "It is signed with a key that is not among those given."
    if payload["kind"] != "certificate" or path.parent.name != body["borough"]:
        return "It is another kind of statement, or lies in another party's place."
    if not ledger.head_holds(body["ledger"]["subject"], body["ledger"]["head"]):
        return "The ledger lacks the event that it states."
    return ""


def _destruction(body: Mapping[str, Any]) -> Destruction:
    by_clause = Counter(f"{_word(entry['clause'])} · {_word(entry['mechanism'])}" for entry in body["destroyed"])
    return Destruction(
        certificate=_word(body["certificate"]),
        borough=_word(body["borough"]),
        day=date.fromisoformat(body["swept_at"][:10]).isoformat(),
        objects=int(body["counts"]["objects"]),
        rows=int(body["counts"]["rows"]),
        by_clause=dict(sorted(by_clause.items())),
        not_destroyed=len(body["not_destroyed"]),
        missing=len(body["missing"]),
        holds=None,
    )


def _word(text: str) -> str:
    """The text, if it is a word of ours: a forged certificate may say anything, and reports repeat this."""
    if not _WORD.fullmatch(text):
        raise ValueError("not a word of a certificate")
    return text


def _time(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _late(body: Mapping[str, Any], promises: Promises) -> list[Late]:
    found = []
    for entry in body["destroyed"]:
        if not entry["created"]:
            continue
        lived = datetime.fromisoformat(entry["destroyed"]) - datetime.fromisoformat(entry["created"])
        promised = promises(_agreement(body, entry), _word(entry["kind"]))
        if lived.total_seconds() > promised * 86_400:
            destroyed = _time(entry["destroyed"])
            found.append(Late(_word(entry["id"]), _word(entry["kind"]), lived.days, promised, destroyed))
    return found


def _agreement(body: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """The id of the agreement whose days an object had. Certificates of before there were several name one for all."""
    return str(entry.get("agreement", str(body.get("agreement", "")).partition("@")[0]))
