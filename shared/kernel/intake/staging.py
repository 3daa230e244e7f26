"""Staged partitions: validated rows of one drop for one home borough, sealed by the exchange to itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from shared.kernel import names
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.open import open_sealed
from shared.kernel.envelope.seal import seal
from shared.kernel.errors import AlreadyExists
from shared.kernel.intake.identity import run_id
from shared.kernel.intake.ties import Tie, counting

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange

_NAME = re.compile(
    rf"(?P<dataset>{names.DATASET})/(?P<collection>{names.COLLECTION})/"
    rf"(?P<sender>{names.SLUG})\.(?P<prepared>\d{{8}}T\d{{6}}Z)\.(?P<drop>{names.ID})\.parquet"
)


@dataclass(frozen=True)
class Partition:
    """One staged file. Its name says all that planning a run needs, so that planning opens nothing."""

    dataset: str
    collection: str
    sender: str
    prepared_at: datetime
    """When the sender says that it made the file: a later file of the same sender, dataset and collection replaces
    this one, whatever the order in which they arrived, unless that is a question (`ties.py`)."""
    drop: str

    @property
    def name(self) -> str:
        """The blob name within the home borough's staging area."""
        prepared = self.prepared_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        return f"{self.dataset}/{self.collection}/{self.sender}.{prepared}.{self.drop}.parquet"

    @classmethod
    def named(cls, name: str) -> Partition:
        """Read a blob name back. Raises `ValueError` for any other name."""
        found = _NAME.fullmatch(name)
        if not found or not names.is_collection(found["collection"]):
            raise ValueError("not the name of a staged partition")
        prepared = datetime.strptime(found["prepared"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return cls(found["dataset"], found["collection"], found["sender"], prepared, found["drop"])


def stage(
    exchange: Exchange, home: str, partition: Partition, rows: pa.Table, told: Mapping[str, str] | None = None
) -> None:
    """Write `rows` (contract columns and `row`) for `home`, once: a second writer changes nothing.

    `told` goes into the blob's metadata, in the clear: ids and counts.
    """
    agreement = exchange.agreement.model_copy(update={"limits": exchange.agreement.limits.staged})
    sealed = seal(
        rows,
        sender=EXCHANGE,
        receiver=EXCHANGE,
        dataset=partition.dataset,
        collection=partition.collection,
        agreement=agreement,
        key_id=exchange.keys.current(EXCHANGE, Use.STAGING),
        prepared_at=partition.prepared_at,
        keys=exchange.keys,
    )
    try:
        exchange.storage.staging(home).create(partition.name, sealed.data, {**sealed.metadata, **(told or {})})
    except AlreadyExists:
        # Same drop, same home: the same rows. A fresh data key makes the bytes differ, nothing else does.
        return


def read_staged(exchange: Exchange, home: str, name: str) -> pa.Table:
    """The rows of one staged partition of `home`."""
    limits = exchange.agreement.limits.staged
    blob = exchange.storage.staging(home).read(name, max_bytes=limits.bytes)
    return open_sealed(
        blob.data,
        blob.metadata,
        receiver=EXCHANGE,
        sender=EXCHANGE,
        dataset=None,
        accepted_key_ids=exchange.keys.accepted(EXCHANGE, Use.STAGING),
        agreement_gate=lambda manifest: None,
        limits=limits,
        keys=exchange.keys,
    ).table


def latest(exchange: Exchange, home: str, dataset: str, collection: str) -> tuple[Partition, ...]:
    """Each sender's partition that counts, in a fixed order of the senders."""
    area = exchange.storage.staging(home)
    files = [Partition.named(blob.name) for blob in area.list(f"{dataset}/{collection}/")]
    # After the files: a file's ties are there before it is.
    ties = [Tie.named(blob.name) for blob in area.list(f"{dataset}ties/{collection}/")]
    found = (
        counting([file for file in files if file.sender == sender], [tie for tie in ties if tie.sender == sender])
        for sender in sorted({file.sender for file in files})
    )
    return tuple(file for file in found if file is not None)


@dataclass(frozen=True)
class Inputs:
    """What one run links: the pupils that count of every school borough, and the home borough's own households."""

    home: str
    collection: str
    pupils: tuple[str, ...]
    households: str

    def run_id(self, agreement: str) -> str:
        """The id of the run over these inputs under this agreement (`id@version`)."""
        return run_id(self.home, agreement, (*self.pupils, self.households))


def current_inputs(exchange: Exchange, home: str, collection: str) -> Inputs | None:
    """What a run of `home` would link now; `None` while either side is missing."""
    households = latest(exchange, home, "households", collection)
    pupils = latest(exchange, home, "pupils", collection)
    if not households or not pupils:
        return None
    return Inputs(home, collection, tuple(partition.name for partition in pupils), households[-1].name)
