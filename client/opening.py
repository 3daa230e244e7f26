"""Opens what the exchange sealed to a borough, with the borough's own key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.open import Place, open_sealed

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.kernel.envelope.manifest import Manifest
    from shared.kernel.envelope.ring import LocalKeyRing
    from shared.kernel.storage.areas import Blob
    from shared.kernel.terms.agreements import Agreements
    from shared.kernel.terms.model import Limits


def open_release(blob: Blob, *, slug: str, ring: LocalKeyRing, agreements: Agreements) -> pa.Table:
    """The rows of a release, once the exchange's signature is verified.

    Raises `UntrustedDrop` (ENV-…) when it is not what the exchange sealed to borough `slug`.
    """

    def limits(manifest: Manifest) -> Limits:
        # What was released under an earlier version of an agreement may still be collected.
        known = manifest.agreement in agreements
        return (agreements[manifest.agreement] if known else agreements.named(manifest.reference)).terms.limits

    place = Place(EXCHANGE, slug, ring.accepted(slug, Use.RELEASE), limits, agreements.widest)
    return open_sealed(blob.data, blob.metadata, place, ring).table
