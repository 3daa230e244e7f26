"""Opens what the exchange sealed to a borough, with the borough's own key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.open import open_sealed
from shared.kernel.terms.gates import check_named

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.kernel.envelope.manifest import Manifest
    from shared.kernel.envelope.ring import LocalKeyRing
    from shared.kernel.storage.areas import Blob
    from shared.kernel.terms.model import Agreement


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
