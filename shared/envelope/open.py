"""Opens a sealed file, through every gate, in order. The only way from bytes that arrived to rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.envelope.gates import (
    ADDRESS,
    HASH,
    KEY_ID,
    LOCK,
    LOCK_KEY,
    SEALED,
    SIGNATURE,
    SIGNER,
    SIZE,
    refuse,
)
from shared.envelope.keys import KeyService, Use, no_key
from shared.envelope.lock import DATA_KEY_BYTES, is_sealed, read_lock
from shared.envelope.manifest import Manifest, from_metadata
from shared.envelope.parquet import read_sealed
from shared.errors import BadSignature, UntrustedDrop

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.agreement.model import Limits

_PLAIN = b"PAR1"


@dataclass(frozen=True)
class Opened:
    """What was inside, and what its sender signed."""

    manifest: Manifest
    table: pa.Table


def too_large(size: int, limits: Limits) -> UntrustedDrop:
    """The refusal (ENV-001) of a file of that many bytes, for whoever sees its size before reading it."""
    return refuse(SIZE, f"It has {size} bytes; at most {limits.bytes} are allowed.")


def open_sealed(
    data: bytes,
    metadata: Mapping[str, str],
    *,
    receiver: str,
    sender: str,
    dataset: str | None,
    accepted_key_ids: frozenset[str],
    agreement_gate: Callable[[Manifest], None],
    limits: Limits,
    keys: KeyService,
) -> Opened:
    """Open `data`, which arrived with blob `metadata` where only `sender` can put it, as `receiver`.

    `sender` is the tenant of the container, never what the file says; `dataset` is what is expected, or None for any;
    `accepted_key_ids` are the keys that this sender may seal to (`keys.accepted`); `agreement_gate` raises `NotAgreed`.

    Raises `UntrustedDrop` (ENV-…) or `NotAgreed` (AGR-…) at the first gate that refuses: the sender's fault, not to be
    tried again. `KeyUnavailable` is ours, and says nothing of the file.
    """
    if not 0 < len(data) <= limits.bytes:
        raise too_large(len(data), limits)
    if not is_sealed(data):
        raise refuse(SEALED, "It is plain Parquet." if data[:4] == _PLAIN else "")
    manifest, signature = from_metadata(metadata)
    _check_address(manifest, sender, receiver, dataset)
    _check_signature(manifest, signature, keys)
    if hashlib.sha256(data).hexdigest() != manifest.sha256:
        raise refuse(HASH)
    if not accepted_key_ids:
        raise no_key(f"Nothing can be sealed by {sender} for {receiver}.")
    if manifest.key_id not in accepted_key_ids:
        raise refuse(KEY_ID)
    agreement_gate(manifest)
    lock = read_lock(data)
    if lock.key_id != manifest.key_id:
        raise refuse(LOCK_KEY)
    data_key = keys.unwrap(lock.key_id, lock.wrapped)
    if len(data_key) != DATA_KEY_BYTES:
        raise refuse(LOCK)
    return Opened(manifest, read_sealed(data, lock, data_key, rows=manifest.rows, limits=limits))


def _check_address(manifest: Manifest, sender: str, receiver: str, dataset: str | None) -> None:
    expected = {"sender": sender, "receiver": receiver, "dataset": dataset or manifest.dataset}
    wrong = [field for field, value in expected.items() if getattr(manifest, field) != value]
    if wrong:
        raise refuse(ADDRESS, f"Wrong: {', '.join(wrong)}.")


def _check_signature(manifest: Manifest, signature: bytes, keys: KeyService) -> None:
    """The signing key must be the sender's own: a good signature by another borough proves nothing."""
    if manifest.signing_key_id not in keys.accepted(manifest.sender, Use.SIGN):
        raise refuse(SIGNER)
    try:
        keys.verify(manifest.signing_key_id, manifest.message(), signature)
    except BadSignature:
        raise refuse(SIGNATURE) from None
