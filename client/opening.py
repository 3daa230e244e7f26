"""Opens what the exchange sealed to a borough, with the borough's own key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.agreement.gates import check_named
from shared.envelope.keys import Use
from shared.envelope.manifest import EXCHANGE
from shared.envelope.open import open_sealed

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.agreement.model import Agreement
    from shared.envelope.manifest import Manifest
    from shared.envelope.ring import LocalKeyRing
    from shared.storage.areas import Blob


def open_release(blob: Blob, *, slug: str, ring: LocalKeyRing, agreement: Agreement) -> pa.Table:
    """The rows of a release, once the exchange's signature is verified.

    Raises `UntrustedDrop` (ENV-…) when it is not what the exchange sealed to borough `slug`.
    """

    def same_agreement(manifest: Manifest) -> None:
        # What was released under an earlier version of the agreement may still be collected.
        if manifest.agreement != agreement.id:
            check_named(agreement, manifest.reference)

    return open_sealed(
        blob.data,
        blob.metadata,
        receiver=slug,
        sender=EXCHANGE,
        dataset=None,
        accepted_key_ids=ring.accepted(slug, Use.RELEASE),
        agreement_gate=same_agreement,
        limits=agreement.limits,
        keys=ring,
    ).table
