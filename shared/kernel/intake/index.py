"""The index of a sender's files: each leaves its rows' identifiers, sealed, in its sender's part of staging.

It lies there as long as the rows do, and says which files there are without any of them being opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.intake.staging import read_staged, stage
from shared.kernel.terms.partition import Partition

if TYPE_CHECKING:
    from shared.kernel.contract.columns import Contract
    from shared.kernel.exchange import Sharing
    from shared.kernel.storage.areas import BlobFacts

INDEX = "index"
"""What the folder of a dataset's entries is called beyond the dataset."""
_HOMES, _ORDINAL, _ROWS = "parties", "ordinal", "rows"


@dataclass(frozen=True)
class Entry:
    """One drop of a sender as its index tells of it, without being opened."""

    partition: Partition
    ordinal: int
    """Which of those made in the same second it is, in the order in which they were taken in."""
    rows: int
    parties: tuple[str, ...]

    @property
    def drop(self) -> str:
        """The drop's id."""
        return self.partition.drop

    @property
    def prepared_at(self) -> datetime:
        """When its sender says that it was made."""
        return self.partition.prepared_at

    @property
    def place(self) -> tuple[datetime, int]:
        """Its place in the order of its sender's files."""
        return self.prepared_at, self.ordinal


def identifiers_of(accepted: pa.Table, contract: Contract) -> pa.Array:
    """The identifiers of these rows, each once."""
    return pc.unique(accepted.column(str(contract.identifier)).combine_chunks().drop_null())


def write_index(
    sharing: Sharing, partition: Partition, identifiers: pa.Array, parties: Sequence[str], rows: int
) -> None:
    """Write the entry of a file, once. `parties`: where some of its rows go; `rows`: how many were accepted."""
    ordinal = _ordinal(sharing, partition)
    told = {_ORDINAL: str(ordinal), _ROWS: str(rows)}
    if parties:
        told[_HOMES] = ",".join(parties)  # an empty entry does not come back as it went
    stage(sharing, partition.sender, _index(partition), pa.table({"identifier": identifiers}), told)


def shared_with(sharing: Sharing, entry: Entry, identifiers: pa.Array) -> int:
    """How many of the identifiers the file of this entry has, too."""
    held = read_staged(sharing, entry.partition.sender, _index(entry.partition).name).column("identifier")
    return int(pc.sum(pc.is_in(held, identifiers)).as_py() or 0)


def entries_beside(sharing: Sharing, partition: Partition) -> list[Entry]:
    """Every file that lies here of this one's sender, dataset and collection, this one included if it is there."""
    folder = f"{partition.dataset}{INDEX}/{partition.collection}/"
    return [_entry(blob) for blob in sharing.staging(partition.sender).list(folder)]


def rows_of_entry(blob: BlobFacts) -> int:
    """How many rows of the file were accepted."""
    return int(blob.metadata[_ROWS])


def _entry(blob: BlobFacts) -> Entry:
    index = Partition.named(blob.name)
    told = blob.metadata
    return Entry(
        replace(index, dataset=index.dataset.removesuffix(INDEX)),
        int(told[_ORDINAL]),
        rows_of_entry(blob),
        tuple(told[_HOMES].split(",")) if _HOMES in told else (),
    )


def _index(partition: Partition) -> Partition:
    return replace(partition, dataset=f"{partition.dataset}{INDEX}")


def _ordinal(sharing: Sharing, partition: Partition) -> int:
    """Which of its sender's files of that second it is: whoever comes first takes the first number that is free."""
    second = f"{partition.dataset}-{partition.collection}-{partition.prepared_at:%Y%m%dT%H%M%SZ}"
    number = 0
    while sharing.claim(partition.sender, f"second-{second}-{number}", {"drop": partition.drop})["drop"] != (
        partition.drop
    ):
        number += 1
    return number
