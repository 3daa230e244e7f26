"""Which result of a collection is current, by the exchange's signed word in the outbox: no other is collected."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from client.codes import invalid
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.errors import ExchangeError
from shared.kernel.terms.current import CURRENT, FILE, FORMAT

if TYPE_CHECKING:
    from shared.kernel.envelope.keys import PublicKeyLookup
    from shared.kernel.storage.access import BoroughDoor


@dataclass(frozen=True)
class Current:
    """The current result of one collection."""

    place: str
    """The folder of the collection's results, such as ``fsm/results/2026-autumn``."""
    agreement: str
    job: str
    collection: str
    started_at: str
    releases: Mapping[str, str]
    """SHA-256 of each sealed file, by its name in the outbox."""
    covers: tuple[str, ...]
    """Whose files it is over, as ``<dataset> of <sender>``."""

    def facts(self) -> dict[str, Any]:
        """As `status` shows it."""
        return {
            "agreement": self.agreement,
            "collection": self.collection,
            "result": f"{self.place}/{self.job}",
            "started_at": self.started_at,
            "covers": list(self.covers),
        }


@dataclass(frozen=True)
class CurrentResults:
    """What is current in an outbox; what could not be read stands apart, with why."""

    by_place: Mapping[str, Current] = field(default_factory=dict)
    unread: Mapping[str, ExchangeError] = field(default_factory=dict)
    """By the name of the file."""

    def is_replaced(self, name: str) -> bool:
        """Whether this file belongs to a result that is not the current one of its collection: a newer one has taken
        its place, or it is not finished yet."""
        place, rest = _split(name)
        held = self.by_place.get(place)
        return held is not None and rest != FILE and rest.partition("/")[0] != held.job

    def beside(self, name: str) -> str:
        """Where a file is kept on this side: as it is called, but the word which result is current beside that one."""
        held = self.by_place.get(name.rpartition("/")[0]) if name.endswith(f"/{FILE}") else None
        return f"{held.place}/{held.job}/{FILE}" if held else name

    def check(self, name: str, data: bytes) -> None:
        """Raise `InvalidInput` RUN-006 when a file of the current result is not what the exchange signed for."""
        held = self.by_place.get(_split(name)[0])
        stated = held.releases.get(name) if held else None
        if stated is not None and hashlib.sha256(data).hexdigest() != stated:
            raise invalid("RUN-006", name=name)


def read_current(door: BoroughDoor, names: Iterable[str], find: PublicKeyLookup) -> CurrentResults:
    """Read and verify every `current.json` among these names."""
    found: dict[str, Current] = {}
    unread: dict[str, ExchangeError] = {}
    for name in names:
        if name.rpartition("/")[2] == FILE:
            try:
                held = _read(name, door.fetch(name).data, find)
            except ExchangeError as error:
                unread[name] = error
            else:
                found[held.place] = held
    return CurrentResults(found, unread)


def _read(name: str, document: bytes, find: PublicKeyLookup) -> Current:
    """Raises `BadSignature`, `KeyUnavailable`, or `InvalidInput` RUN-007 for a word that is about something else."""
    payload = verify_statement(document, find)
    body, place = payload["body"], name.rpartition("/")[0]
    agreement = str(body.get("agreement", "")).partition("@")[0]
    stated = f"{agreement}/{str(body.get('folder', '')).rpartition('/')[0]}"
    if payload["kind"] != CURRENT or body.get("format") != FORMAT or stated != place:
        raise invalid("RUN-007", name=name)
    return Current(
        place,
        body["agreement"],
        body["job"],
        body["collection"],
        body["started_at"],
        {f"{agreement}/{file}": sha256 for file, sha256 in body["releases"].items()},
        tuple(f"{entry['dataset']} of {entry['sender']}" for entry in body["covers"]),
    )


def _split(name: str) -> tuple[str, str]:
    """``<agreement>/<folder>/<collection>``, and what comes behind it."""
    parts = name.split("/", 3)
    return "/".join(parts[:3]), parts[3] if len(parts) > 3 else ""
