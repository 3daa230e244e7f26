"""Seals a table: encrypts it to the receiver's key and signs who sends what to whom."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared.kernel.envelope.gates import SIZE, refuse
from shared.kernel.envelope.keys import KeyService, Use
from shared.kernel.envelope.manifest import Manifest, to_metadata
from shared.kernel.envelope.parquet import check_shape, write_sealed

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.kernel.terms.model import Agreement


@dataclass(frozen=True)
class Label:
    """What a sender says of a file: it is signed, and travels with it in the clear."""

    sender: str
    receiver: str
    dataset: str
    """A dataset, a release, or what a job keeps."""
    collection: str
    prepared_at: datetime
    """Aware; fractions of a second are dropped."""
    replaces: str | None = None
    """The id of the drop that this one replaces, where the sender was asked which of two stands."""


@dataclass(frozen=True)
class Sealed:
    """A sealed file, ready to be put with its metadata in one request."""

    data: bytes
    metadata: dict[str, str]
    manifest: Manifest


def seal(table: pa.Table, label: Label, *, agreement: Agreement, key_id: str, keys: KeyService) -> Sealed:
    """Seal `table` to `key_id`, signed with the sender's current key. Each call draws a fresh data key: no two are
    alike.

    Raises `UntrustedDrop` for a table that the receiver's gates would refuse under the agreement's limits, so that its
    owner hears it first; `KeyUnavailable` when a key is missing.
    """
    if label.prepared_at.tzinfo is None:
        raise ValueError("prepared_at must be aware")
    check_shape(table.schema, table.num_rows, agreement.limits)
    signing_key_id = keys.current(label.sender, Use.SIGN)
    data = write_sealed(table, key_id, keys)
    if len(data) > agreement.limits.bytes:
        raise refuse(SIZE)
    manifest = Manifest(
        sender=label.sender,
        receiver=label.receiver,
        agreement=agreement.id,
        agreement_version=agreement.version,
        dataset=label.dataset,
        collection=label.collection,
        rows=table.num_rows,
        sha256=hashlib.sha256(data).hexdigest(),
        key_id=key_id,
        signing_key_id=signing_key_id,
        prepared_at=label.prepared_at.astimezone(UTC).replace(microsecond=0),
        replaces=label.replaces,
    )
    signature = keys.sign(signing_key_id, manifest.message())
    return Sealed(data, to_metadata(manifest, signature), manifest)
