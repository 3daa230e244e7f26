"""Drops a sealed file: looks at it before a byte leaves, and knows a file that was dropped before for what it is.

A pass that may only create cannot look into the inbox. So whether the file that lies there under this name is this one
is known from what is at hand: an earlier try of this very command whose answer was lost, the note that stands beside
the file since it was first tried, or the receipt in the outbox.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from client.codes import invalid
from client.connect import CLOCKS_DIFFER, exchange_now, how_far
from client.files import write_bytes
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.errors import AlreadyExists, InvalidInput, StorageFault, StorageUnavailable
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from client.sealed_files import SealedFile
    from client.settings import Settings
    from shared.kernel.storage.access import BoroughDoor


@dataclass(frozen=True)
class Dropped:
    """What became of it."""

    already: bool
    """It lay there before; nothing was sent that counts."""
    receipt: dict[str, Any] | None = None
    """What the exchange has answered about these bytes, if it has."""


def check_sealed(path: Path, sealed: SealedFile, settings: Settings) -> None:
    """Look at what is about to be sent. Raises `InvalidInput` INP-100 to 102, 106 and, with keys, `BadSignature`."""
    manifest = sealed.manifest
    if hashlib.sha256(sealed.data).hexdigest() != manifest.sha256:
        raise invalid("INP-100", path=path)
    if manifest.receiver != EXCHANGE:
        raise invalid("INP-102", path=path, receiver=manifest.receiver)
    slug = settings.slug()
    if manifest.sender != slug:
        raise invalid("INP-101", path=path, sender=manifest.sender, borough=slug)
    limit = settings.agreement(manifest.agreement).limits.bytes
    if len(sealed.data) > limit:
        raise invalid("INP-106", size=len(sealed.data), limit=limit)


def check_moment(path: Path, sealed: SealedFile, now: datetime) -> None:
    """Refuse what the exchange would take for a file of the future (DRP-001); `now` is by its clock. INP-103."""
    early = sealed.manifest.prepared_at - now
    if early > CLOCKS_DIFFER:
        raise invalid("INP-103", path=path, difference=how_far(early).rpartition(" ")[0])


def drop(door: BoroughDoor, path: Path, sealed: SealedFile, inbox: str) -> Dropped:
    """Send it once. `inbox` is where to, without the pass; it goes into the note beside the file.

    Raises `InvalidInput` INP-107 when another file may have the name; `StorageFault` as `BoroughDoor.put`.
    """
    door.greet()
    check_moment(path, sealed, exchange_now(door))
    note, tried = _note_of(path), _tried(path, sealed, inbox)
    if not tried:
        _write_note(note, sealed, inbox, None)
    try:
        door.put(sealed.name, sealed.data, sealed.metadata)
    except AlreadyExists:
        receipt = _known_receipt(door, sealed.manifest.sha256)
        if not (tried or door.line.unanswered or receipt):
            note.unlink(missing_ok=True)
            raise invalid("INP-107", name=sealed.name) from None
        _write_note(note, sealed, inbox, datetime.now(UTC))
        return Dropped(already=True, receipt=receipt)
    except StorageUnavailable:
        raise  # it may have arrived: the note says so to the next try
    except StorageFault:
        if not tried and not door.line.unanswered:
            note.unlink(missing_ok=True)
        raise
    _write_note(note, sealed, inbox, datetime.now(UTC))
    return Dropped(already=False)


def receipt_of(door: BoroughDoor, sha256: str) -> dict[str, Any] | None:
    """What the newest receipt about these bytes says; `None` when there is none. Raises as `BoroughDoor.list`."""
    found = [facts for facts in door.list() if facts.name.endswith("/receipt.json")]
    for facts in sorted(found, key=lambda facts: str(facts.created), reverse=True):
        try:
            body: dict[str, Any] = loads_once(door.fetch(facts.name).data)["payload"]["body"]
            stated = body.get("sha256")
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        if stated == sha256:
            return body
    return None


def _known_receipt(door: BoroughDoor, sha256: str) -> dict[str, Any] | None:
    try:
        return receipt_of(door, sha256)
    except StorageFault:
        return None


def _note_of(path: Path) -> Path:
    return path.with_name(f"{path.stem}.dropped.json")


def _tried(path: Path, sealed: SealedFile, inbox: str) -> bool:
    """Whether this file was sent there before, from here."""
    try:
        stated = loads_once(_note_of(path).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(stated, dict) and (stated.get("sha256"), stated.get("inbox")) == (sealed.manifest.sha256, inbox)


def _write_note(note: Path, sealed: SealedFile, inbox: str, when: datetime | None) -> None:
    """Best effort: a sealed file may lie where nobody can write."""
    stated = {
        "sha256": sealed.manifest.sha256,
        "inbox": inbox,
        "dropped": when and when.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    try:
        write_bytes(note, json.dumps(stated).encode())
    except InvalidInput:
        return
