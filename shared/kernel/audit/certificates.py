"""The copies of certificates: do they verify, are they in their place, does the ledger know them, what was late?"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from shared.kernel import names
from shared.kernel.audit.chains import LedgerCopy
from shared.kernel.audit.places import EXCHANGE, HELD
from shared.kernel.audit.report import Destruction
from shared.kernel.disposal.notes import Sweep
from shared.kernel.envelope.keys import PublicKey, lookup, read_public
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.errors import BadSignature, InvalidInput, KeyUnavailable, NewerVersion
from shared.kernel.intake.stops import STOP
from shared.kernel.json_once import loads_once

FOLDER, KEYS = "certificates", "keys"
HEADS = "heads"
"""Within the exchange's own part: the daily heads of all chains. They are no certificates."""
Promises = Callable[[str, str], int]
"""The days that an agreement of this id promises for this kind of container; for any other text, the fewest."""

_WORD = re.compile(f"{names.ID}|{names.WORD}")
NAME = re.compile(rf"(?P<day>\d{{4}}-\d\d-\d\d)-(?P<id>{names.ID})\.json")
"""A certificate's file."""


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
class Before:
    """The certificate that another names as the one before it."""

    file: str
    sha256: str

    @property
    def day(self) -> str:
        """Of its sweep."""
        return self.file[:10]


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
    goes_along: Mapping[str, int] = field(default_factory=dict)
    """Objects of the sweep that went without a deletion of their own, by kind of container."""
    names_before: bool = False
    """Whether it is in a format in which every certificate names the one before it."""
    before: Before | None = None
    newer: bool = False
    """Whether it is in a format that this version does not know."""


@dataclass(frozen=True)
class _Judge:
    """What certificates are judged by."""

    keys: tuple[PublicKey, ...]
    ledger: LedgerCopy
    promises: Promises

    def verified(self, document: bytes) -> str | None:
        """What is wrong with the signature; empty when nothing is; `None` when there is no key to tell."""
        if not self.keys:
            return None
        try:
            verify_statement(document, lookup(self.keys))
        except BadSignature:
            return "Its signature does not hold."
        except (KeyUnavailable, InvalidInput):
            return "It is signed with a key that is not among those given, or that nobody vouches for."
        return ""


def read_keys(record: Path) -> tuple[PublicKey, ...]:
    """The exchange's public keys. Raises `InvalidInput` (KEY-004) for a file that is none."""
    return tuple(key for path in sorted((record / KEYS).glob("*.json")) for key in read_public(path.read_bytes()))


def read_certificates(
    record: Path, keys: tuple[PublicKey, ...], ledger: LedgerCopy, promises: Promises
) -> tuple[CertificateCopy, ...]:
    """Every certificate of the copy, judged, in the order of parties and days."""
    folder, judge = record / FOLDER, _Judge(keys, ledger, promises)
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.parent != folder / EXCHANGE / HEADS)
    return tuple(_judged(path, record, judge) for path in paths)


def _judged(path: Path, record: Path, judge: _Judge) -> CertificateCopy:
    file, document = path.relative_to(record).as_posix(), path.read_bytes()
    unread = CertificateCopy(file, "", hashlib.sha256(document).hexdigest(), "It is no certificate.", None)
    try:
        signed = judge.verified(document)
        payload = loads_once(document)["payload"]
        body, version = payload["body"], int(payload["version"])
        destruction = _destruction(body)
        late = tuple(_late(body, judge.promises, judge.ledger))
        before = _before(body)
        wrong = signed or misplaced(path, payload) or _miscounted(body)
        wrong = wrong or _unknown_to(judge.ledger, body, unread.sha256)
        along = Counter(_word(entry["kind"]) for entry in body["destroyed"] if _goes_along(entry))
    except NewerVersion:
        return replace(unread, wrong="", newer=True)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return unread
    genuine = False if wrong else None if signed is None else True
    return CertificateCopy(
        file=file,
        party=destruction.borough,
        sha256=unread.sha256,
        wrong=wrong or "",
        destruction=replace(destruction, holds=False if late else genuine, genuine=genuine, late=len(late)),
        late=late,
        goes_along=dict(along),
        names_before=version > 1,
        before=before,
    )


def misplaced(path: Path, payload: Mapping[str, Any]) -> str:
    """What is wrong with where it lies: party, day and sweep are bound to each other and to its name. Empty when all
    is well."""
    body = payload["body"]
    if payload["kind"] != "certificate" or path.parent.name != body["borough"]:
        return "It is another kind of statement, or lies in another party's place."
    sweep = Sweep(body["borough"], date.fromisoformat(body["swept_at"][:10]))
    named = NAME.fullmatch(path.name)
    if named is None or (named["day"], named["id"]) != (sweep.day.isoformat(), sweep.id):
        return "It lies under another day or another sweep than its own."
    if (body["certificate"], body["ledger"]["subject"]) != (sweep.id, sweep.subject):
        return "It is of one sweep and states another one's chain."
    return ""


def _miscounted(body: Mapping[str, Any]) -> str:
    entries = body["destroyed"]
    rows = sum(entry.get("rows") or 0 for entry in entries)
    if (body["counts"]["objects"], body["counts"]["rows"]) != (len(entries), rows):
        return "Its counts are not those of what it lists."
    return ""


def _unknown_to(ledger: LedgerCopy, body: Mapping[str, Any], sha256: str) -> str:
    """What the ledger says against it: always asked, with a key or without."""
    subject = body["ledger"]["subject"]
    if not ledger.head_holds(subject, body["ledger"]["head"]):
        return "The ledger lacks the event that it states."
    chain = ledger.chains[subject]
    if chain.tenant != body["borough"]:
        return "The ledger's sweep is another party's."
    certified = chain.step("certified")
    if certified is None and (chain.step("done") or len(chain.events) > 1):
        return "The ledger records the sweep and no certificate of it."
    if certified is not None and certified.hashes.get("certificate") != sha256:
        return "The ledger records another certificate of this sweep."
    return ""


def _before(body: Mapping[str, Any]) -> Before | None:
    stated = body.get("previous")
    return Before(str(stated["file"]), str(stated["sha256"])) if stated else None


def _goes_along(entry: Mapping[str, Any]) -> bool:
    """Whether it may have gone without a deletion of its own: a snapshot goes with its blob, and blocks that were never
    committed with a write."""
    return bool(entry["mechanism"] == "sweep" and entry.get("state", "current") != "current")


def _destruction(body: Mapping[str, Any]) -> Destruction:
    by_clause = Counter(f"{_word(entry['clause'])} · {_word(entry['mechanism'])}" for entry in body["destroyed"])
    made_up = body["made_up"] if "made_up" in body else _made_up(body)
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
        made_up=int(made_up["objects"]) if made_up else 0,
        first_missed=date.fromisoformat(made_up["first_missed"]).isoformat() if made_up else "",
    )


def _made_up(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """As newer certificates say it themselves: what was planned for one day and destroyed on a later one."""
    day = body["swept_at"][:10]
    later = [entry for entry in body["destroyed"] if entry["mechanism"] == "sweep" and entry["destroyed"][:10] > day]
    return {"objects": len(later), "first_missed": day} if later else None


def _word(text: str) -> str:
    """The text, if it is a word of ours: a forged certificate may say anything, and reports repeat this."""
    if not _WORD.fullmatch(text):
        raise ValueError("not a word of a certificate")
    return text


def _time(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _late(body: Mapping[str, Any], promises: Promises, ledger: LedgerCopy) -> list[Late]:
    found = []
    for entry in body["destroyed"]:
        if not entry["created"] or (entry["kind"] == HELD and f"{STOP}:{entry['work']}" in ledger.chains):
            continue  # what a hold kept has no day of the agreement's
        lived = datetime.fromisoformat(entry["destroyed"]) - datetime.fromisoformat(entry["created"])
        promised = promises(_agreement(body, entry), _word(entry["kind"]))
        if lived.total_seconds() > promised * 86_400:
            destroyed = _time(entry["destroyed"])
            found.append(Late(_word(entry["id"]), _word(entry["kind"]), lived.days, promised, destroyed))
    return found


def _agreement(body: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """The id of the agreement whose days an object had. Certificates of before there were several name one for all."""
    return str(entry.get("agreement", str(body.get("agreement", "")).partition("@")[0]))
