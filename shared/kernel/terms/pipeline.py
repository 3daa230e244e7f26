"""What an agreement does with rows, as the kernel asks for it: where they go, what work is due, how it is carried out.

A pipeline is pure: tables in, tables out. The kernel does the rest: trust, idempotence, staging, conservation, sealing,
the ledger, retention.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from shared.kernel.terms.partition import Partition

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa

    from shared.kernel.contract.columns import Contract
    from shared.kernel.terms.model import Agreement

REJECTED, ROUTED, EXCLUDED = "rejected", "routed", "excluded."
"""Ends of a drop's rows: rejected by the contract, sent on to the party whose work they are, or (``excluded.<reason>``)
nobody's work. The ends of a job's rows are named by its pipeline."""


@dataclass(frozen=True)
class Nowhere:
    """One reason why an accepted row is nobody's work. Reports tell it like a finding of severity `excluded`."""

    code: str
    """Such as ``ROU-001``."""
    reason: str
    """The end of such rows: ``excluded.<reason>``."""
    field: str
    """The column that it is about."""
    message: str
    remedy: str


@dataclass(frozen=True)
class Routed:
    """Where the accepted rows of a drop go. Every row is in one part or goes nowhere, once."""

    parts: Mapping[str, pa.Table]
    """Rows by the slug of the party whose work they are. A part of no rows says that there are none from now on."""
    nowhere: Mapping[Nowhere, pa.Array] = field(default_factory=dict)
    """The `row` numbers of the others, by reason; no array is empty."""


@dataclass(frozen=True)
class Job:
    """One piece of work of one party over staged files: of the same files under the same agreement there is one."""

    kind: str
    """A word of the agreement's, such as ``run``: the ledger's subject is ``run:<id>``."""
    party: str
    """Whose work it is: its slug."""
    collection: str
    inputs: tuple[str, ...]
    """Names of partitions (`Partition.name`) in the party's staging area."""


@dataclass(frozen=True)
class Lack:
    """What a staged file waits for: another dataset of its collection."""

    dataset: str
    of: str = ""
    """The slug of the party whose file is missing; empty where any of those who drop it will do."""


class Files(Protocol):
    """The files that lie staged for one party under one agreement, by their names alone."""

    def counting(self, dataset: str, collection: str) -> tuple[Partition, ...]:
        """The file that counts of each sender, by sender."""


class FilesAndPending(Files, Protocol):
    """The same, and what awaits a decision."""

    def pending(self, word: str) -> tuple[Partition, ...]:
        """Everything that awaits a decision under this word (`Carried.pending`), oldest first."""


class Staged(FilesAndPending, Protocol):
    """The same, and what else earlier jobs have left."""

    def kept(self, kind: str) -> tuple[Partition, ...]:
        """Everything that earlier jobs kept under this word (`Carried.kept`), oldest first."""

    def decidable(self, word: str) -> tuple[Partition, ...]:
        """Of what is pending under this word what may be decided on: not what rests on a file that one out of use has
        replaced."""

    def left(self, job: Job, word: str) -> Partition | None:
        """What this very job has left pending under this word; `None` where it has not been done."""

    def remembered(self, word: str) -> tuple[Partition, ...]:
        """Every decision that is remembered under this word (`Carried.remembered`), oldest first."""


@dataclass(frozen=True)
class Release:
    """Rows for one party's outbox: ``<agreement>/<folder>/<collection>/<job id>/<name>.parquet``."""

    to: str
    """The receiving party's slug."""
    name: str
    """A release of the agreement's terms, which say the columns: more than these are cut off, fewer are a defect."""
    folder: str
    rows: pa.Table


Word = Literal["correction", "withdrawal", "recall"]
"""What a notice is: something of a row that was sent is otherwise; the row is out; it should never have been sent."""


@dataclass(frozen=True)
class Notice:
    """What a party is told of rows that it has had through the exchange and that are so no more: by reference, and
    never a value."""

    to: str
    """The party's slug."""
    word: Word
    about: Mapping[str, str]
    """Reference to reason: a word of the agreement's, such as ``benefit_ended``."""


@dataclass(frozen=True)
class Carried:
    """What a job found."""

    rows_in: int
    ends: Mapping[str, int]
    """Rows by the end that each came to, of the pipeline's `ends`; ``excluded.<reason>`` tells excluded ones apart."""
    releases: tuple[Release, ...]
    summary: Mapping[str, Any]
    """Counts for the party whose work it was; no personal data. The kernel adds job, agreement, collection, times."""
    folder: str
    """Where the summary goes: ``<folder>/<collection>/<job id>/summary.json``. It is written last."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """For the ledger, beside the ends."""
    kept: Mapping[str, pa.Table] = field(default_factory=dict)
    """Staged for later jobs of the same party, by a word of the agreement's."""
    pending: Mapping[str, pa.Table] = field(default_factory=dict)
    """Kept until a decision on it may have come, by a word of the agreement's: longer than rows, so as little as can
    be."""
    remembered: Mapping[str, pa.Table] = field(default_factory=dict)
    """Decisions to be remembered for as long as the agreement says, by a word of its own: `ref` (a pseudonym),
    `decision` (a word), `day` (its date), and nothing else. The kernel adds `expiry`, the first day on which it counts
    no more, and gives back no row that has come to it."""
    told: pa.Table | None = None
    """What the party is told of single rows of the job's one input (`contract.validate.FINDINGS`): codes and row
    numbers, never a value. The kernel makes a report of it, ``reports/<job id>/``."""
    notices: tuple[Notice, ...] = ()
    """What parties are told of rows that they have had from earlier jobs. Of one job there is one for each party and
    word."""


class Pipeline(Protocol):
    """What an agreement's package brings. One object, `PIPELINE` in its `pipeline.py`."""

    @property
    def contracts(self) -> Mapping[str, Contract]:
        """The agreement's datasets."""

    @property
    def nowhere(self) -> tuple[Nowhere, ...]:
        """Every reason for which `route` sends a row nowhere."""

    @property
    def ends(self) -> Mapping[str, str]:
        """Every end that a row of a job can come to, and what it means."""

    @property
    def kinds(self) -> Mapping[str, Rights]:
        """Every kind of job, and what it may read, keep and send."""

    def check(self, dataset: str, rows: pa.Table, agreement: Agreement) -> None:
        """Raise `NotAgreed` for accepted rows of a drop that the agreement's own section forbids."""

    def route(self, dataset: str, rows: pa.Table, *, sender: str, agreement: Agreement, postcodes: Postcodes) -> Routed:
        """Whose work each accepted row is. `rows` has the contract's columns in normal form, and `row`."""

    def due(self, arrived: Partition, party: str, staged: FilesAndPending) -> Iterable[Job]:
        """The jobs that are due now that this file lies in the party's staging area; none while something is missing.

        Asked after staging, for every party that has a part: of two files that arrive at once, the later look sees
        both.
        """

    def lacks(self, file: Partition, party: str, staged: Files) -> tuple[Lack, ...]:
        """What is missing before this file, which counts and lies staged for the party, is in any job; nothing where it
        is in one, or will be. Parties are told of what is missing for days."""

    def stands(self, job: Job, staged: Files) -> bool:
        """Whether the job is still to be done: not when its inputs were replaced, and another was asked for instead."""

    def also_reads(self, job: Job, staged: Staged) -> tuple[str, ...]:
        """Names of what was kept, is pending or remembered, that it reads beside its inputs, as of when the work
        begins."""

    def carry_out(
        self,
        job: Job,
        tables: Mapping[Partition, pa.Table],
        agreement: Agreement,
        as_of: datetime,
        pseudonyms: Pseudonyms,
    ) -> Carried:
        """Do the work: `tables` are its inputs, then what it also reads, in that order. `as_of` is when it began."""


class Postcodes(Protocol):
    """The postcode directory, opened where it is needed alone."""

    def __call__(self) -> pa.Table:
        """`postcode` in normal form and `ons_code`, one row per postcode."""


class Pseudonyms(Protocol):
    """Makes keyed pseudonyms under the agreement's secret, which is fetched where one is made and never shown."""

    def __call__(self, word: str, *columns: pa.Array | pa.ChunkedArray) -> pa.Array:
        """One pseudonym for each row of the columns, 32 hex digits. `word` says of what: the same values under another
        word have another pseudonym."""


@dataclass(frozen=True)
class Rights:
    """What a kind of job may do. The audit explains its operations by them, and by nothing else."""

    reads: frozenset[str]
    """Datasets and kept words; the arrival of one asks for such work."""
    keeps: frozenset[str]
    """Words under which it keeps rows for later."""
    sends: Mapping[str, str]
    """Releases, and the folder of the outbox that each goes to."""
    folder: str
    """Of its summary."""
    looks_up: frozenset[str] = frozenset()
    """Datasets that it reads besides, as they lie there: their arrival asks for no such work."""
    settles: frozenset[str] = frozenset()
    """Words under which something awaits a decision that it reads."""
    leaves_pending: frozenset[str] = frozenset()
    """Words under which it leaves what awaits a decision."""
    recalls: frozenset[str] = frozenset()
    """Words under which decisions were remembered that it reads."""
    remembers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Words under which it remembers decisions. Of each, the decisions that hang on what it sends, and what takes each
    of them back where that was taken back."""
    tells: bool = False
    """Whether it tells parties of single rows: of those of its input, or of such as anybody has had (`Notice`)."""
    waits: bool = False
    """Whether it is over everything of a collection that counts, so that a newer one takes its place: it is put off
    while files still come, where the agreement says so (`waits`), and one result of a collection is current."""

    @property
    def has_results(self) -> bool:
        """Whether it has a result of which one is current: it waits, and sends rows."""
        return self.waits and bool(self.sends)
