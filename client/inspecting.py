"""What a sealed file shows to whoever has not its key, and how far it comes through the gates with a test key.

No opinion of its own: it shows what the exchange's readers read, and walks the gates that the exchange walks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from client.contracts import contracts, find_contract, known_columns, refused_whole
from shared.kernel.contract.validate import validate
from shared.kernel.envelope import gates
from shared.kernel.envelope.jwk import RSA_BITS
from shared.kernel.envelope.keys import KeyService, Use
from shared.kernel.envelope.limits import MOST_FOOTER_BYTES, SIGNATURE_BYTES
from shared.kernel.envelope.lock import is_sealed, read_lock
from shared.kernel.envelope.manifest import EXCHANGE, Manifest, read_manifest, read_signature
from shared.kernel.envelope.open import Opened, Place, walk_gates
from shared.kernel.errors import BadFile, KeyUnavailable, RejectedDrop
from shared.kernel.terms.gates import check_may_drop, check_named, check_open

if TYPE_CHECKING:
    from shared.kernel.terms.model import Agreement, Limits

PASSED, REFUSED, NOT_REACHED, NO_KEY = "passed", "refused", "not reached", "no key for it here"
NOT_TOLD = "not told"
"""Of a gate that is asked together with the one that refused: the first that is met ends the reading."""
AGREED = "agreement"
_TOGETHER = gates.GATES[gates.GATES.index(gates.DAMAGED) :]
"""From here on the content is being read."""


@dataclass(frozen=True)
class Line:
    """One thing that was looked at."""

    what: str
    outcome: str
    """One of the five above."""
    found: str = ""
    asked: str = ""
    code: str = ""
    remedy: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    """How a writer sets what is asked, by the writer's name."""

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {**vars(self), "settings": dict(self.settings)}


def shown(data: bytes, metadata: Mapping[str, str] | None, agreement: Agreement) -> list[Line]:
    """What the file and its metadata show without any key, beside what is asked."""
    most = agreement.limits.bytes
    fits = 0 < len(data) <= most
    found = [Line("size", PASSED if fits else REFUSED, f"{len(data):,} bytes", f"1 to {most:,}", gates.SIZE.code)]
    sealed = is_sealed(data)
    ends = f"{_mark(data[:4])} and {_mark(data[-4:])}"
    found.append(Line("both ends", PASSED if sealed else REFUSED, ends, "PARE and PARE", gates.SEALED.code))
    lines, key_id = _lock(data) if sealed else ([], "")
    return [*found, *lines, *(_described(data, metadata, key_id) if metadata is not None else [])]


def agreement_named(metadata: Mapping[str, str] | None) -> str | None:
    """The id of the agreement that a file's manifest names, if it can be read and there is such an agreement."""
    try:
        named = read_manifest(metadata).agreement if metadata is not None else None
    except RejectedDrop:
        return None
    return named if named in contracts() else None


def walked(
    data: bytes, metadata: Mapping[str, str], sender: str, *, keys: KeyService, agreement: Agreement, on: date
) -> tuple[list[Line], Opened | None]:
    """The gates one by one, and what was inside if all of them let the file pass."""

    def agreed(manifest: Manifest) -> Limits:
        check_named(agreement, manifest.reference)
        check_may_drop(agreement, sender, manifest.dataset, on)
        check_open(agreement, manifest.dataset, manifest.collection, on)
        return agreement.limits

    place = Place(sender, EXCHANGE, keys.accepted(sender, Use.DROP), agreed, agreement.limits, known_columns())
    walk = walk_gates(data, metadata, place, keys)
    lines: list[Line] = []
    while True:
        try:
            passed = next(walk)
        except StopIteration as end:
            return lines, end.value
        except RejectedDrop as refusal:
            lines.append(refused(_name(refusal.code), refusal))
            together = refusal.code in {gate.code for gate in _TOGETHER}
            return [*lines, *_left(lines, NOT_TOLD if together else NOT_REACHED)], None
        except KeyUnavailable as lacking:
            return [*lines, *_left(lines, NO_KEY, lacking.message)], None
        named = passed.gates or (None,)
        lines += [Line(g.name if g else AGREED, PASSED, passed.seen, code=g.code if g else "AGR") for g in named]


def held(opened: Opened, agreement: Agreement, on: date) -> Line:
    """What the rules of its dataset say of the rows."""
    dataset = opened.manifest.dataset
    try:
        days = agreement.terms_of(dataset).stale_after_days
        contract = find_contract(dataset, opened.manifest.agreement).contract
        checked = validate(opened.table, contract, as_of=on, stale_after_days=days)
    except BadFile as refusal:
        return refused(dataset, refusal)
    codes = ", ".join(f"{code} {count:,}" for code, count in checked.rejected_by_code.items())
    verdict = f"{checked.status}: {checked.rows_rejected:,} of {checked.rows_in:,} rows are out" + (
        f" ({codes})" * bool(codes)
    )
    return Line(dataset, REFUSED if refused_whole(contract, checked) else PASSED, verdict)


def refused(what: str, refusal: RejectedDrop) -> Line:
    """A refusal as a line: what was found in this file and what is asked, where the gate says so, else its meaning."""
    told = refusal.particulars
    if told is None:
        return Line(what, REFUSED, refusal.message, "", refusal.code, refusal.remedy)
    return Line(what, REFUSED, told.found, told.asked, refusal.code, refusal.remedy, told.settings)


def _lock(data: bytes) -> tuple[list[Line], str]:
    try:
        lock = read_lock(data)
    except RejectedDrop as refusal:
        return [refused("lock", refusal)], ""
    wrapped = 8 * len(lock.wrapped)
    code = gates.LOCK.code
    return [
        Line("algorithm", PASSED, "AES_GCM_V1", "AES_GCM_V1", code),
        Line("data key", PASSED, "wrapped once, inside the file", "wrapped once, inside the file", code),
        Line(
            "wrapped for",
            PASSED if wrapped >= RSA_BITS else REFUSED,
            f"{lock.key_id or 'no key id'}, by RSA of {wrapped:,} bits",
            f"the kid of the drop key, RSA of {RSA_BITS:,} bits",
            gates.UNWRAP.code,
        ),
        Line("footer", PASSED, f"{lock.footer_bytes:,} bytes", f"at most {MOST_FOOTER_BYTES:,}", code),
    ], lock.key_id


def _described(data: bytes, metadata: Mapping[str, str], key_id: str) -> list[Line]:
    try:
        manifest = read_manifest(metadata)
    except RejectedDrop as refusal:
        return [refused("manifest", refusal)]
    same_bytes = hashlib.sha256(data).hexdigest() == manifest.sha256
    lines = [
        Line("manifest", PASSED, "canonical", "canonical", gates.MANIFEST.code),
        _signature(metadata),
        Line(
            "hash",
            PASSED if same_bytes else REFUSED,
            "that of the file" if same_bytes else "of another file",
            "SHA-256 of the sealed bytes",
            gates.HASH.code,
        ),
    ]
    if key_id:
        same_key = key_id == manifest.key_id
        told = "the same in file and manifest" if same_key else "one in the file, another in the manifest"
        lines.append(Line("key id", PASSED if same_key else REFUSED, told, "the same in both", gates.LOCK_KEY.code))
    return lines


def _signature(metadata: Mapping[str, str]) -> Line:
    try:
        signature = read_signature(metadata)
    except RejectedDrop as refusal:
        return refused("signature", refusal)
    asked = f"{SIGNATURE_BYTES} bytes, Base64url without padding"
    return Line("signature", PASSED, f"{len(signature)} bytes, Base64url without padding", asked, gates.SIGNED.code)


def _left(lines: Iterable[Line], outcome: str, why: str = "") -> list[Line]:
    """The gates that were not passed."""
    seen = {line.code for line in lines}
    return [Line(gate.name, outcome, why, code=gate.code) for gate in gates.GATES if gate.code not in seen]


def _name(code: str) -> str:
    return next((gate.name for gate in gates.GATES if gate.code == code), AGREED)


def _mark(four: bytes) -> str:
    """Four bytes of the file, if they are a mark that everybody knows."""
    return four.decode() if four in (b"PARE", b"PAR1") else "something else"
