"""Verifies an evidence folder: every file, who signed the list of them, the keys, every certificate and their order.

It needs the folder and the keys that one was given when one joined: no exchange, no network, no record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from client.codes import invalid
from client.evidence.folder import FORMAT, KEY_FILE, MANIFEST, STATEMENT
from shared.kernel.audit.certificates import FOLDER, misplaced
from shared.kernel.audit.trust import signing
from shared.kernel.envelope.keys import PublicKey, lookup, read_public
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.errors import BadSignature, ExchangeError, InvalidInput, KeyUnavailable, newer
from shared.kernel.json_once import loads_once

Result = Literal["holds", "broken", "not known"]


@dataclass
class Pack:
    """An evidence folder, and what was found of it."""

    folder: Path
    trusted: tuple[PublicKey, ...]
    """Those that its reader has from elsewhere."""
    broken: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    signed_by: str = ""

    @property
    def result(self) -> Result:
        """What all of it amounts to."""
        return "broken" if self.broken else "not known" if self.unknown else "holds"


def verify_pack(folder: Path, trusted: tuple[PublicKey, ...]) -> Pack:
    """Look at all of it.

    Raises `InvalidInput` INP-130 for a folder without a manifest that can be read, and `NewerVersion` (LED-010) for one
    that a newer version wrote.
    """
    pack = Pack(folder, trusted)
    manifest, document = _manifest(folder)
    _files(pack, manifest)
    _signature(pack, document)
    keys = _keys(pack)
    _certificates(pack, keys)
    return pack


def _manifest(folder: Path) -> tuple[dict[str, Any], bytes]:
    try:
        document = (folder / MANIFEST).read_bytes()
        manifest: dict[str, Any] = loads_once(document)
        written = manifest.get("format", 1)
        facts = [(str(one["path"]), int(one["bytes"]), str(one["sha256"])) for one in manifest["files"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise invalid("INP-130", path=folder) from None
    if type(written) is int and written > FORMAT:
        raise newer("The evidence", written, FORMAT)
    if len({path for path, _, _ in facts}) != len(facts):
        raise invalid("INP-130", path=folder)
    return manifest, document


def _files(pack: Pack, manifest: dict[str, Any]) -> None:
    """Every file that is listed is there and is what is listed; nothing else is there."""
    listed = {one["path"]: one for one in manifest["files"]}
    there = {path.relative_to(pack.folder).as_posix() for path in pack.folder.rglob("*") if path.is_file()}
    for name, one in sorted(listed.items()):
        if name not in there:
            pack.broken.append(f"{name} is listed and not there.")
            continue
        data = (pack.folder / name).read_bytes()
        if (len(data), hashlib.sha256(data).hexdigest()) != (one["bytes"], one["sha256"]):
            pack.broken.append(f"{name} is not the file that is listed.")
    if more := len(there - set(listed) - {MANIFEST, STATEMENT}):
        pack.broken.append(f"{more} files are there and not listed.")
    if links := sum(path.is_symlink() for path in pack.folder.rglob("*")):
        pack.broken.append(f"{links} are no files but links to what lies elsewhere: a folder of evidence has none.")
    pack.counts["files"] = len(listed)


def _signature(pack: Pack, manifest: bytes) -> None:
    """Whoever made the folder signed the list of its files."""
    path = pack.folder / STATEMENT
    if not path.is_file():
        pack.unknown.append("Nobody signed the list of files: whoever changed a file may have changed the list.")
        return
    try:
        payload = verify_statement(path.read_bytes(), lookup(pack.trusted))
    except KeyUnavailable:
        pack.unknown.append("The list of files is signed with a key that you did not give: ask its maker.")
        return
    except BadSignature:
        pack.broken.append("The signature of the list of files does not hold.")
        return
    if payload["kind"] != "evidence" or payload["body"].get("manifest") != hashlib.sha256(manifest).hexdigest():
        pack.broken.append("What was signed is another list of files.")
        return
    pack.signed_by = str(payload["issuer"])


def _keys(pack: Pack) -> tuple[PublicKey, ...]:
    """The exchange's keys: those of the folder that the reader has too."""
    path = pack.folder / KEY_FILE
    try:
        inside = signing(read_public(path.read_bytes())) if path.is_file() else ()
    except InvalidInput:
        pack.broken.append(f"{KEY_FILE} holds no keys.")
        return ()
    own = signing(pack.trusted)
    if not own:
        pack.unknown.append(
            "Nobody outside of the folder says which keys are the exchange's: give your own copy with --public."
        )
        return inside
    known = {key.fingerprint for key in own}
    for key in inside:
        if key.fingerprint not in known:
            pack.broken.append(f"The folder has a key of the exchange that you do not know ({key.fingerprint[:12]}).")
    return own


def _certificates(pack: Pack, keys: tuple[PublicKey, ...]) -> None:
    """Every certificate verifies, lies in its place, and names the one before it."""
    paths = sorted((pack.folder / FOLDER).rglob("*.json"))
    before: dict[str, tuple[str, str]] = {}
    for path in paths:
        if path.is_symlink() or not path.is_file():
            continue
        name = path.relative_to(pack.folder).as_posix()
        document = path.read_bytes()
        for fault in _faults(path, document, lookup(keys), before):
            pack.broken.append(f"{name}: {fault}")
        before[path.parent.name] = (path.name, hashlib.sha256(document).hexdigest())
    pack.counts["certificates"] = len(paths)


def _faults(
    path: Path, document: bytes, find: Callable[[str], PublicKey], before: dict[str, tuple[str, str]]
) -> Iterator[str]:
    try:
        payload = verify_statement(document, find)
    except ExchangeError as error:
        yield error.message
        return
    body = payload["body"]
    if payload["kind"] != "certificate":
        yield "It is signed, and it is no certificate of destruction."
        return
    if fault := misplaced(path, payload):
        yield fault
    if payload["version"] > 1 and path.parent.name in before:
        file, sha256 = before[path.parent.name]
        if body["previous"] != {"file": file, "sha256": sha256}:
            yield "It does not name the certificate before it."
    if late := sum("kept_days" in entry for entry in body["destroyed"]):
        yield f"It does not hold: {late} objects were kept longer than promised."
