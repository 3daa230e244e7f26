"""Puts releases into a party's outbox, each exactly once."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import Manifest, from_metadata
from shared.kernel.envelope.seal import Label, seal
from shared.kernel.errors import AlreadyExists
from shared.kernel.terms.gates import check_may_release
from shared.kernel.terms.model import Agreement

if TYPE_CHECKING:
    from shared.kernel.exchange import Sharing


def released(agreement: Agreement, release: str, rows: pa.Table, *, to: str, own: str, on: date) -> pa.Table:
    """The columns of `rows` that the agreement releases on that day, and no other; `own` is whose job it is.

    Raises `NotAgreed`: AGR-001 when the agreement is no longer in force, AGR-005 when `to` is not the receiver.
    """
    terms = agreement.release_terms(release)
    columns = list(terms.columns) if terms else []
    check_may_release(agreement, release, columns, to=to, own=own, on=on)
    return rows.select(columns)


def send_sealed(sharing: Sharing, rows: pa.Table, label: Label, *, name: str) -> Manifest:
    """Seal `rows` to the party that `label` names, write them as `name`, and return the manifest of the sealed file.

    Where the file is already there, an earlier try of the same work wrote it: the same rows under another data key. It
    stays, and its manifest is returned; unless the key to which it was sealed has been revoked since.
    """
    key = sharing.keys.current(label.receiver, Use.RELEASE)
    sealed = seal(rows, label, agreement=sharing.agreement, key_id=key, keys=sharing.keys)
    outbox = sharing.outbox(label.receiver)
    try:
        outbox.create(name, sealed.data, sealed.metadata)
    except AlreadyExists:
        there = outbox.facts(name)
        manifest, _ = from_metadata(there.metadata)
        if manifest.key_id in sharing.keys.accepted(label.receiver, Use.RELEASE):
            return manifest
        outbox.delete(name, if_match=there.etag)
        outbox.create(name, sealed.data, sealed.metadata)
    return sealed.manifest


def send_summary(sharing: Sharing, summary: dict[str, Any], *, to: str, name: str) -> None:
    """Write a summary without personal data as JSON, once."""
    document = json.dumps(summary, indent=2, sort_keys=True).encode() + b"\n"
    try:
        sharing.outbox(to).create(name, document, content_type="application/json")
    except AlreadyExists:
        return  # everything in it is derived from the inputs and the claim
