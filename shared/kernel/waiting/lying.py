"""What lies staged for one party under one agreement, and which work over it is finished. No file is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from shared.kernel.envelope.manifest import from_metadata
from shared.kernel.errors import Missing, RefusedEvent
from shared.kernel.intake.identity import job_id
from shared.kernel.intake.index import INDEX, rows_of_entry
from shared.kernel.intake.requests import read_request
from shared.kernel.intake.staging import counting_of_each
from shared.kernel.intake.ties import TIES, Tie, counting, that_may_count
from shared.kernel.intake.usable import is_usable
from shared.kernel.terms.partition import Partition
from shared.kernel.work.withdraw import WITHDRAWN

if TYPE_CHECKING:
    from shared.kernel.exchange import Sharing
    from shared.kernel.storage.areas import BlobFacts
    from shared.kernel.terms.pipeline import Job


@dataclass(frozen=True)
class File:
    """One staged file, or the entry of one in its sender's index."""

    partition: Partition
    rows: int
    since: datetime
    """When it was staged."""


@dataclass(frozen=True)
class Lying:
    """What lies staged for one party, as a pipeline is shown it (`terms.pipeline.Files`)."""

    files: Mapping[str, File]
    """By name: of drops, and kept by jobs."""
    entries: tuple[File, ...]
    """The party's own files, as its index has them."""
    ties: tuple[Tie, ...]
    unusable: frozenset[str] = frozenset()
    """Names of files that nobody may work with now: whoever sent them is told otherwise."""

    def counting(self, dataset: str, collection: str) -> tuple[Partition, ...]:
        """The file that counts of each sender, by sender."""
        files = [file.partition for file in self.files.values() if _is_of(file.partition, dataset, collection)]
        found = counting_of_each(files, [tie for tie in self.ties if _is_of(tie, dataset, collection)])
        return tuple(file for file in found if file.name not in self.unusable)

    def that_count(self, datasets: Sequence[str]) -> tuple[File, ...]:
        """All files of these datasets that count, of every collection and sender."""
        there = sorted({(f.partition.dataset, f.partition.collection) for f in self.files.values()})
        return tuple(
            self.files[partition.name]
            for dataset, collection in there
            if dataset in datasets
            for partition in self.counting(dataset, collection)
        )

    def unanswered(self, party: str) -> tuple[File, ...]:
        """The party's own files of which it was asked whether they replace another, and is still."""
        found: list[File] = []
        for dataset, collection in sorted({(f.partition.dataset, f.partition.collection) for f in self.entries}):
            own = {f.partition: f for f in self.entries if _is_of(f.partition, dataset, collection)}
            ties = [tie for tie in self.ties if tie.sender == party and _is_of(tie, dataset, collection)]
            counts = counting([*own], ties)
            found += [own[file] for file in that_may_count([*own], ties) if file != counts]
        return tuple(found)


@dataclass(frozen=True)
class Done:
    """A finished job."""

    id: str
    job: Job
    asked_at: datetime
    """When it was asked for."""


def lying_of(sharing: Sharing, party: str) -> Lying:
    """What lies staged for the party. Of rows and times, what the listing says of each file."""
    files: dict[str, File] = {}
    entries: list[File] = []
    ties: list[Tie] = []
    now = sharing.clock()
    datasets = sharing.pipeline.contracts
    for blob in sharing.staging(party).list():
        folder = blob.name.partition("/")[0]
        if folder.removesuffix(TIES) in datasets and folder not in datasets:
            ties.append(Tie.named(blob.name))
            continue
        partition = Partition.named(blob.name)
        if (dataset := folder.removesuffix(INDEX)) in datasets and folder not in datasets:
            own = replace(partition, dataset=dataset)
            entries.append(File(own, rows_of_entry(blob), blob.created or now))
        else:
            files[blob.name] = File(partition, _rows(blob), blob.created or now)
    unusable = frozenset(name for name, file in files.items() if not is_usable(sharing, party, file.partition))
    usable = tuple(own for own in entries if is_usable(sharing, party, own.partition))
    return Lying(files, usable, tuple(ties), unusable)


def asked_for(sharing: Sharing, party: str) -> tuple[Done, ...]:
    """The party's jobs whose requests still lie here, done or not, in the order in which they were asked for."""
    found: list[Done] = []
    for blob in sharing.requests(party).list():
        with suppress(Missing, RefusedEvent):  # swept meanwhile; no request of ours
            asked = read_request(sharing.exchange, party, f"{sharing.agreement.id}/{blob.name}")
            found.append(Done(job_id(asked.job, asked.version), asked.job, blob.created or sharing.clock()))
    return tuple(sorted(found, key=lambda done: (done.asked_at, done.id)))


def finished(sharing: Sharing, party: str) -> tuple[Done, ...]:
    """Of these the jobs that are done. One that was withdrawn has ended, too, and yet used none of its files."""
    return tuple(one for one in asked_for(sharing, party) if is_done(sharing, one))


def is_done(sharing: Sharing, one: Done) -> bool:
    """Whether the job has ended, and what it wrote was not taken back."""
    steps = sharing.ledger.steps(f"{one.job.kind}:{one.id}")
    return "done" in steps and WITHDRAWN not in steps


def _rows(blob: BlobFacts) -> int:
    return from_metadata(blob.metadata)[0].rows


def _is_of(named: Partition | Tie, dataset: str, collection: str) -> bool:
    return (named.dataset, named.collection) == (dataset, collection)
