"""Staged partitions: rows of one drop, or kept by one job, for one party, sealed by the exchange to itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel.envelope.gates import OTHER_SECRET
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.open import Place, open_own
from shared.kernel.envelope.seal import Label, seal
from shared.kernel.errors import AlreadyExists, KeyUnavailable
from shared.kernel.intake.decidable import undecidable
from shared.kernel.intake.identity import job_id
from shared.kernel.intake.ties import TIES, Tie, counting
from shared.kernel.intake.usable import is_usable
from shared.kernel.terms.partition import Partition

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa

    from shared.kernel.exchange import Sharing
    from shared.kernel.storage.areas import Area
    from shared.kernel.terms.pipeline import Job

MADE_WITH = "made_with"
"""In the metadata of what holds pseudonyms: which secret they were made with."""


def stage(
    sharing: Sharing,
    party: str,
    partition: Partition,
    rows: pa.Table,
    told: Mapping[str, str] | None = None,
    *,
    area: Area | None = None,
) -> None:
    """Write `rows` (contract columns and `row`) for `party`, once: a second writer changes nothing.

    `told` goes into the blob's metadata, in the clear: ids and counts. `area` is another part of the party's than
    staging.
    """
    agreement = sharing.agreement.model_copy(update={"limits": sharing.agreement.limits.staged})
    label = Label(EXCHANGE, EXCHANGE, partition.dataset, partition.collection, partition.prepared_at)
    key = sharing.keys.current(EXCHANGE, Use.STAGING)
    sealed = seal(rows, label, agreement=agreement, key_id=key, keys=sharing.keys)
    try:
        (area or sharing.staging(party)).create(partition.name, sealed.data, {**sealed.metadata, **(told or {})})
    except AlreadyExists:
        # Same drop, same party: the same rows. A fresh data key makes the bytes differ, nothing else does.
        return


def read_staged(sharing: Sharing, party: str, name: str, *, area: Area | None = None) -> pa.Table:
    """The rows of one partition that `stage` wrote for `party`, there or in another `area`."""
    limits = sharing.agreement.limits.staged
    blob = (area or sharing.staging(party)).read(name)  # nobody else writes there, and one request will do
    own = Place(EXCHANGE, EXCHANGE, sharing.keys.accepted(EXCHANGE, Use.STAGING), lambda manifest: limits, limits)
    return open_own(blob.data, blob.metadata, own, sharing.keys).table


@dataclass(frozen=True)
class StagedFor:
    """What lies staged for one party, by its names alone: as a pipeline is shown it (`terms.pipeline.Staged`)."""

    sharing: Sharing
    party: str

    def counting(self, dataset: str, collection: str) -> tuple[Partition, ...]:
        """The file that counts of each sender, by sender. One that may not be used now counts and is left out: an older
        one does not come to count in its place."""
        area = self.sharing.staging(self.party)
        files = [Partition.named(blob.name) for blob in area.list(f"{dataset}/{collection}/")]
        # After the files: a file's ties are there before it is.
        ties = [Tie.named(blob.name) for blob in area.list(f"{dataset}{TIES}/{collection}/")]
        return tuple(file for file in counting_of_each(files, ties) if is_usable(self.sharing, self.party, file))

    def kept(self, kind: str) -> tuple[Partition, ...]:
        """Everything that earlier jobs kept under this word and that may be used now, oldest first."""
        return self._oldest_first(self.sharing.staging(self.party), kind)

    def pending(self, word: str) -> tuple[Partition, ...]:
        """Everything that awaits a decision under this word and may be used now, oldest first."""
        return self._oldest_first(self.sharing.pending(self.party), word)

    def decidable(self, word: str) -> tuple[Partition, ...]:
        """Of these what may be decided on: not what rests on a file that one out of use has replaced."""
        out = undecidable(self.sharing, self.party, word)
        return tuple(file for file in self.pending(word) if file.name not in out)

    def left(self, job: Job, word: str) -> Partition | None:
        """What this very job has left pending under this word; `None` where it has not been done."""
        id = job_id(job, self.sharing.agreement.reference)
        return next((partition for partition in self.pending(word) if partition.drop == id), None)

    def remembered(self, word: str) -> tuple[Partition, ...]:
        """Every decision that is remembered under this word, oldest first.

        Raises `KeyUnavailable` (KEY-006) where one was remembered under another secret than there is now.
        """
        found = list(self.sharing.decisions(self.party).list(f"{word}/"))
        if found:
            mark = self.sharing.keys.pseudonyms(self.sharing.agreement.id).mark
            if any(blob.metadata.get(MADE_WITH) != mark for blob in found):
                raise KeyUnavailable(OTHER_SECRET.code, OTHER_SECRET.meaning, OTHER_SECRET.remedy)
        return tuple(sorted((Partition.named(blob.name) for blob in found), key=_age))

    def _oldest_first(self, area: Area, word: str) -> tuple[Partition, ...]:
        found = (Partition.named(blob.name) for blob in area.list(f"{word}/"))
        return tuple(sorted((file for file in found if is_usable(self.sharing, self.party, file)), key=_age))


def _age(partition: Partition) -> tuple[datetime, str]:
    return partition.prepared_at, partition.name


def counting_of_each(files: Sequence[Partition], ties: Sequence[Tie]) -> tuple[Partition, ...]:
    """Of these files of one dataset and collection the one that counts of each sender, by sender."""
    found = (
        counting([file for file in files if file.sender == sender], [tie for tie in ties if tie.sender == sender])
        for sender in sorted({file.sender for file in files})
    )
    return tuple(file for file in found if file is not None)
