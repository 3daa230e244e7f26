"""Staged partitions: rows of one drop, or kept by one job, for one party, sealed by the exchange to itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.open import Place, open_own
from shared.kernel.envelope.seal import Label, seal
from shared.kernel.errors import AlreadyExists
from shared.kernel.intake.ties import Tie, counting
from shared.kernel.terms.partition import Partition

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.kernel.exchange import Sharing


def stage(
    sharing: Sharing, party: str, partition: Partition, rows: pa.Table, told: Mapping[str, str] | None = None
) -> None:
    """Write `rows` (contract columns and `row`) for `party`, once: a second writer changes nothing.

    `told` goes into the blob's metadata, in the clear: ids and counts.
    """
    agreement = sharing.agreement.model_copy(update={"limits": sharing.agreement.limits.staged})
    label = Label(EXCHANGE, EXCHANGE, partition.dataset, partition.collection, partition.prepared_at)
    key = sharing.keys.current(EXCHANGE, Use.STAGING)
    sealed = seal(rows, label, agreement=agreement, key_id=key, keys=sharing.keys)
    try:
        sharing.staging(party).create(partition.name, sealed.data, {**sealed.metadata, **(told or {})})
    except AlreadyExists:
        # Same drop, same party: the same rows. A fresh data key makes the bytes differ, nothing else does.
        return


def read_staged(sharing: Sharing, party: str, name: str) -> pa.Table:
    """The rows of one staged partition of `party`."""
    limits = sharing.agreement.limits.staged
    blob = sharing.staging(party).read(name)  # nobody else writes there, and one request will do
    own = Place(EXCHANGE, EXCHANGE, sharing.keys.accepted(EXCHANGE, Use.STAGING), lambda manifest: limits, limits)
    return open_own(blob.data, blob.metadata, own, sharing.keys).table


@dataclass(frozen=True)
class StagedFor:
    """What lies staged for one party, by its names alone: as a pipeline is shown it (`terms.pipeline.Staged`)."""

    sharing: Sharing
    party: str

    def counting(self, dataset: str, collection: str) -> tuple[Partition, ...]:
        """The file that counts of each sender, by sender."""
        area = self.sharing.staging(self.party)
        files = [Partition.named(blob.name) for blob in area.list(f"{dataset}/{collection}/")]
        # After the files: a file's ties are there before it is.
        ties = [Tie.named(blob.name) for blob in area.list(f"{dataset}ties/{collection}/")]
        found = (
            counting([file for file in files if file.sender == sender], [tie for tie in ties if tie.sender == sender])
            for sender in sorted({file.sender for file in files})
        )
        return tuple(file for file in found if file is not None)

    def kept(self, kind: str) -> tuple[Partition, ...]:
        """Everything that earlier jobs kept under this word, oldest first."""
        found = [Partition.named(blob.name) for blob in self.sharing.staging(self.party).list(f"{kind}/")]
        return tuple(sorted(found, key=lambda partition: (partition.prepared_at, partition.name)))
