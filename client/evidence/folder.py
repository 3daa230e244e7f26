"""Writes the evidence folder: the page, what it rests on, and a manifest of all of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from client.codes import invalid
from client.evidence.facts import Evidence
from client.evidence.page import FileFact, render
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.statement import sign_statement
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from shared.kernel.envelope.keys import KeyService

PAGE = "evidence.html"
HEADS = "ledger-heads.json"
MANIFEST = "MANIFEST.json"
STATEMENT = "MANIFEST.statement.json"
"""Who made the folder signs the SHA-256 of the manifest here. The manifest itself is the same for the same record."""
KEY_FILE = "keys/exchange-public.json"
FORMAT = 2
"""Of the folder. 1, until and with commit e6f3284, said no format and could not be signed."""


def write_folder(out: Path, evidence: Evidence, copies: Mapping[str, bytes]) -> tuple[FileFact, ...]:
    """Write all files into `out`, which is made, and return them; `copies` are files by their path in the folder.

    The same facts and copies give the same bytes. Raises `InvalidInput` INP-036 when `out` holds anything already: what
    is left over from another time would be taken for evidence.
    """
    check_free(out)
    files = dict(sorted(copies.items()))
    facts = [_fact(path, data) for path, data in files.items()]
    files[PAGE] = render(evidence, facts).encode()
    listed = sorted([*facts, _fact(PAGE, files[PAGE])], key=lambda file: file.path)
    ends = hashlib.sha256(copies[HEADS]).hexdigest() if HEADS in copies else ""
    files[MANIFEST] = as_json({"format": FORMAT, "files": [asdict(file) for file in listed], "heads": ends})
    for path, data in files.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(data)
    return tuple(listed)


def sign_folder(out: Path, keys: KeyService, owner: str, now: datetime) -> str:
    """Sign the manifest, and with it every file and the ends of all chains, as `owner`; returns the key's id."""
    manifest = (out / MANIFEST).read_bytes()
    told = loads_once(manifest)
    body = {"manifest": hashlib.sha256(manifest).hexdigest(), "files": len(told["files"]), "heads": told["heads"]}
    (out / STATEMENT).write_bytes(sign_statement(body, "evidence", keys, now, owner))
    return keys.current(owner, Use.SIGN)


def check_free(out: Path) -> None:
    """Raise `InvalidInput` INP-036 unless `out` is not there, or an empty folder."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise invalid("INP-036", path=out)


def as_json(document: object) -> bytes:
    """A document for people and programs: sorted, indented, one way to write it."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _fact(path: str, data: bytes) -> FileFact:
    return FileFact(path, len(data), hashlib.sha256(data).hexdigest())
