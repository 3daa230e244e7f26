"""Opens a sealed file, through every gate, in order. The only way from bytes that arrived to rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from shared.kernel.envelope import asks, content_asks, gates
from shared.kernel.envelope.gates import Reason, refuse
from shared.kernel.envelope.keys import KeyService, Use, no_key
from shared.kernel.envelope.limits import DATA_KEY_BYTES
from shared.kernel.envelope.lock import Lock, is_sealed, read_lock
from shared.kernel.envelope.manifest import CONTEXT, Manifest, read_manifest, read_signature
from shared.kernel.envelope.parquet import check_content, read_content, read_own
from shared.kernel.envelope.slips import signed_instead, unsealed
from shared.kernel.errors import BadSignature, UntrustedDrop

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.kernel.terms.model import Limits


@dataclass(frozen=True)
class Opened:
    """What was inside, and what its sender signed."""

    manifest: Manifest
    table: pa.Table


@dataclass(frozen=True)
class Place:
    """Where a file arrived, and what may arrive there."""

    sender: str
    """The tenant of the container, never what the file says."""
    receiver: str
    accepted_key_ids: frozenset[str]
    """The keys that this sender may seal to (`keys.accepted`)."""
    agreement_gate: Callable[[Manifest], Limits]
    """Raises `NotAgreed`; else the limits of what is agreed."""
    limits: Limits
    """What a file may be at most before it is known what was agreed."""
    known_columns: frozenset[str] = frozenset()
    """Names of columns that a refusal may repeat: those of the contracts. Any other is the sender's text."""
    dataset: str | None = None
    """The only one that is expected; None: any."""


@dataclass(frozen=True)
class Passed:
    """A gate that a file has passed, and what was seen there: sizes, ids and names of the format, never a value."""

    gates: tuple[Reason, ...]
    """One, or those that answer together while the content is read. None: the agreement's own."""
    seen: str


Walk = Generator[Passed, None, Opened]
"""The gates one by one. The refusal of one ends the walk; its return value is what was inside."""


Found = TypeVar("Found")


@dataclass(frozen=True)
class _Unlocked:
    """A file that its sender did sign and that opens with a key of this place."""

    manifest: Manifest
    limits: Limits
    lock: Lock
    data_key: bytes


def too_large(size: int, limits: Limits) -> UntrustedDrop:
    """The refusal (ENV-001) of a file of that many bytes, for whoever sees its size before reading it."""
    return refuse(gates.SIZE, f"It has {size} bytes; at most {limits.bytes} are allowed.")


def open_sealed(data: bytes, metadata: Mapping[str, str], place: Place, keys: KeyService) -> Opened:
    """Open `data`, which arrived with blob `metadata` at `place`, with the receiver's `keys`.

    Raises `UntrustedDrop` (ENV-…) or `NotAgreed` (AGR-…) at the first gate that refuses: the sender's fault, not to be
    tried again. `KeyUnavailable` is ours, and says nothing of the file.
    """
    return _at_once(walk_gates(data, metadata, place, keys))


def open_own(data: bytes, metadata: Mapping[str, str], place: Place, keys: KeyService) -> Opened:
    """Open what the receiver sealed to itself: signature, hash and key must hold as everywhere.

    The gates behind them stand against whoever writes a file to do harm, and this writer is ourselves: they are left
    out, which is most of what opening costs. Raises as `open_sealed`, and `ValueError` at a place of two parties.
    """
    if place.sender != place.receiver:
        raise ValueError("only what one has sealed to oneself is trusted")
    unlocked = _at_once(_unlock(data, metadata, place, keys))
    table, manifest = read_own(data, unlocked.data_key), unlocked.manifest
    if table.num_rows != manifest.rows:
        rows = table.num_rows
        raise content_asks.ROWS_DIFFER.refusal(manifest=manifest.rows, footer=rows, groups=rows)
    return Opened(manifest, table)


def _at_once(walk: Generator[Passed, None, Found]) -> Found:
    while True:
        try:
            next(walk)
        except StopIteration as end:
            found: Found = end.value
            return found


def walk_gates(data: bytes, metadata: Mapping[str, str], place: Place, keys: KeyService) -> Walk:
    """Walk the gates one by one, as `open_sealed` does at once.

    No key is used before the sender is known, and nothing is said of the lock before the signature has held.
    """
    unlocked = yield from _unlock(data, metadata, place, keys)
    content = check_content(
        data,
        unlocked.lock,
        unlocked.data_key,
        rows=unlocked.manifest.rows,
        limits=unlocked.limits,
        known=place.known_columns,
    )
    checked = (gates.DAMAGED, gates.ROWS, gates.COLUMNS, gates.TYPES, gates.ROW_COUNT, gates.PAGES)
    yield Passed(checked, f"{content.footer.rows:,} rows of {len(content.footer.columns)} columns")
    table = read_content(content)
    yield Passed((gates.EXPANDED,), f"{table.nbytes:,} bytes in memory, of {content.room:,}")
    return Opened(unlocked.manifest, table)


def _unlock(
    data: bytes, metadata: Mapping[str, str], place: Place, keys: KeyService
) -> Generator[Passed, None, _Unlocked]:
    """The gates up to the one that hands over the data key."""
    manifest = yield from _what_is_signed(data, metadata, place, keys)
    if not place.accepted_key_ids:
        raise no_key(f"Nothing can be sealed by {place.sender} for {place.receiver}.")
    if manifest.key_id not in place.accepted_key_ids:
        raise asks.KEY_ID.refusal(sender=place.sender, accepted=" or ".join(sorted(place.accepted_key_ids)))
    yield Passed((gates.KEY_ID,), manifest.key_id)
    limits = place.agreement_gate(manifest)
    yield Passed((), manifest.reference)
    if len(data) > limits.bytes:
        raise too_large(len(data), limits)
    lock = read_lock(data)
    yield Passed((gates.LOCK,), f"AES_GCM_V1, one wrapped key inside, a footer of {lock.footer_bytes:,} bytes")
    if lock.key_id != manifest.key_id:
        raise asks.LOCK_KEY.refusal()
    yield Passed((gates.LOCK_KEY,), lock.key_id)
    data_key = keys.unwrap(lock.key_id, lock.wrapped)
    if len(data_key) != DATA_KEY_BYTES:
        raise asks.DATA_KEY_LENGTH.refusal(bits=8 * len(data_key))
    yield Passed((gates.UNWRAP,), f"a data key of {8 * len(data_key)} bits")
    return _Unlocked(manifest, limits, lock, data_key)


def _what_is_signed(
    data: bytes, metadata: Mapping[str, str], place: Place, keys: KeyService
) -> Generator[Passed, None, Manifest]:
    """The gates that need no key of the receiver's, up to the hash of the bytes."""
    if not 0 < len(data) <= place.limits.bytes:
        raise too_large(len(data), place.limits)
    yield Passed((gates.SIZE,), f"{len(data):,} bytes, of {place.limits.bytes:,}")
    if not is_sealed(data):
        raise asks.NOT_SEALED.refusal(found=unsealed(data))
    yield Passed((gates.SEALED,), "PARE at both ends")
    manifest = read_manifest(metadata)
    yield Passed((gates.MANIFEST,), "canonical")
    _check_address(manifest, place)
    yield Passed((gates.ADDRESS,), f"{manifest.dataset} from {manifest.sender} to {manifest.receiver}")
    signature = read_signature(metadata)
    yield Passed((gates.SIGNED,), f"{len(signature)} bytes")
    # The signing key must be the sender's own: a good signature by another borough proves nothing.
    if manifest.signing_key_id not in keys.accepted(manifest.sender, Use.SIGN):
        raise asks.SIGNER.refusal(sender=manifest.sender)
    yield Passed((gates.SIGNER,), manifest.signing_key_id)
    try:
        keys.verify(manifest.signing_key_id, manifest.message(), signature)
    except BadSignature:
        raise asks.SIGNATURE.refusal(found=_signed_instead(manifest, signature, keys)) from None
    # What one has sealed to oneself bears the time of the drop that it came of, and may be older than one's key.
    own = place.sender == place.receiver
    signed_at = int(manifest.prepared_at.timestamp())
    if not own and not keys.public_key(manifest.signing_key_id).validity.covers(signed_at):
        raise asks.SIGNER_OUT_OF_TIME.refusal(sender=manifest.sender)
    yield Passed((gates.SIGNATURE,), "holds")
    if hashlib.sha256(data).hexdigest() != manifest.sha256:
        raise asks.HASH.refusal()
    yield Passed((gates.HASH,), manifest.sha256)
    return manifest


def _check_address(manifest: Manifest, place: Place) -> None:
    expected = {"sender": place.sender, "receiver": place.receiver, "dataset": place.dataset or manifest.dataset}
    wrong = [field for field, value in expected.items() if getattr(manifest, field) != value]
    if wrong:
        raise asks.ADDRESSED.refusal(members=", ".join(wrong), sender=place.sender, receiver=place.receiver)


def _signed_instead(manifest: Manifest, signature: bytes, keys: KeyService) -> str:
    def holds(message: bytes) -> bool:
        try:
            keys.verify(manifest.signing_key_id, message, signature)
        except BadSignature:
            return False
        return True

    return signed_instead(CONTEXT, manifest.document(), holds)
