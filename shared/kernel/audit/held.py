"""What parties hold of the exchange's: receipts, certificates, daily heads, and their own copies of its keys.

None of it was in the exchange's hands since it was collected, so that what was rewritten later contradicts it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.kernel import names
from shared.kernel.envelope.keys import PublicKey, read_public
from shared.kernel.errors import InvalidInput
from shared.kernel.json_once import loads_once

_LARGEST = 64 * 2**20
_OURS = re.compile(rf"(?:{names.ID}/receipt|\d{{4}}-\d\d-\d\d-{names.ID})\.json")


@dataclass(frozen=True)
class Vouched:
    """An event that a statement names: where the ledger ended when it was made."""

    subject: str
    head: str
    seq: int
    """0 where the statement does not say."""
    at: str
    """When the event was recorded, or the statement made where it does not say; UTC, whole seconds."""
    exactly: bool
    """Whether `at` is the event's own time."""


@dataclass(frozen=True)
class HeldStatement:
    """One file in a party's hands that has the form of a signed statement."""

    file: str
    """As it may be shown: a name that the exchange gave, else the beginning of its SHA-256."""
    document: bytes
    kind: str
    body: Mapping[str, Any]
    issued_at: str

    @property
    def sha256(self) -> str:
        """Of the file."""
        return hashlib.sha256(self.document).hexdigest()

    def vouches(self) -> Iterator[Vouched]:
        """The events that it names. Raises `KeyError`, `TypeError` or `ValueError` where it is not what its kind is."""
        body = self.body
        if self.kind == "receipt" and "ledger" not in body:
            yield Vouched(f"drop:{body['drop']}", body["ledger_head"], 0, self.issued_at, exactly=False)
        elif self.kind == "certificate":
            stated = body["ledger"]
            yield Vouched(stated["subject"], stated["head"], int(stated.get("seq", 0)), self.issued_at, exactly=True)
        else:
            for stated in (*body.get("ledger", ()), *body.get("chains", ())):
                yield Vouched(stated["subject"], stated["head"], int(stated["seq"]), stated["at"], exactly=True)


@dataclass(frozen=True)
class Held:
    """A folder of what parties hold."""

    statements: tuple[HeldStatement, ...]
    keys: tuple[PublicKey, ...]
    others: int
    """Files that are neither: reports, results, notes."""


def read_held(folder: Path) -> Held:
    """Everything under the folder, whatever it is called."""
    statements: dict[str, HeldStatement] = {}
    keys: list[PublicKey] = []
    others = 0
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        document = path.read_bytes() if path.stat().st_size <= _LARGEST else b""
        if (found := _statement(path, document)) is not None:
            statements.setdefault(found.sha256, found)
        elif public := _keys(document):
            keys += public
        else:
            others += 1
    return Held(tuple(statements.values()), tuple(keys), others)


def _statement(path: Path, document: bytes) -> HeldStatement | None:
    if not document.startswith(b'{"payload":'):
        return None
    try:
        payload = loads_once(document)["payload"]
        kind, body, issued_at = str(payload["kind"]), payload["body"], str(payload["issued_at"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return HeldStatement(_shown(path, document), document, "", {}, "")
    return HeldStatement(_shown(path, document), document, kind, body, issued_at)


def _keys(document: bytes) -> tuple[PublicKey, ...]:
    """Public keys, as `exchange keys export` writes them or as a folder of keys has one."""
    for whole in (document, b'{"keys":[' + document + b"]}"):
        try:
            return read_public(whole)
        except InvalidInput:
            continue
    return ()


def _shown(path: Path, document: bytes) -> str:
    """A party may call its files as it likes, and after a child: only what the exchange called so is repeated."""
    found = _OURS.fullmatch("/".join(path.parts[-2:])) or _OURS.fullmatch(path.name)
    return found[0] if found else f"(sha256 {hashlib.sha256(document).hexdigest()[:12]})"
