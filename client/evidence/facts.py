"""What stands on the page, as frozen facts: made from an audit's report and the ledger's events, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shared.agreements.free_school_meals.pairs import MEASURES, Pairs, count_pairs
from shared.kernel.audit.flows import Flow, LastSweep, count_flows, last_sweeps
from shared.methods.suppress import TOTAL, Cell, Counts, shown

if TYPE_CHECKING:
    from client.evidence.versions import Version
    from shared.kernel.audit.leavings import Leaving
    from shared.kernel.audit.report import Access, AuditReport, CheckResult
    from shared.kernel.ledger.events import Event
    from shared.kernel.terms.agreements import Agreements

MEALS = "fsm"
"""The agreement whose children are counted by pair of boroughs."""
HOURS = "AUD-010"
"""The check of hours without logs."""

Whose = Literal["own", "boroughs", "exchange", "whole"]
"""Of the principal's own borough, of other boroughs or of any where it has none, of none, or across all parts of it."""

Numbers = tuple[int | None, ...]
"""One number for each of `MEASURES`; `None` is one that is left out."""


@dataclass(frozen=True)
class PairRow:
    """One pair of boroughs, or a total."""

    home: str
    """Slug; `TOTAL` for all homes."""
    numbers: Numbers


@dataclass(frozen=True)
class School:
    """The pairs of one school borough."""

    school: str
    """Slug; `TOTAL` for all schools."""
    rows: tuple[PairRow, ...]


@dataclass(frozen=True)
class PairTable:
    """Counts of children by pair, as they may be shown. Pairs without any child are left away."""

    schools: tuple[School, ...]
    runs: int
    collections: tuple[str, ...]
    left_out: bool
    """Whether any number that is shown here is left out."""


@dataclass(frozen=True)
class AccessRow:
    """What one principal did to one kind of container."""

    role: str
    principal: str
    container: str
    whose: Whose
    of: tuple[str, ...]
    """The boroughs whose it was, where `whose` is ``boroughs``; else empty."""
    done: Mapping[str, int]
    """Operations that the service carried out, by name."""
    denied: int
    """Operations for which it was turned away."""
    failed: int
    """Operations that came to nothing for another reason: what was asked for was not there, say."""
    authentications: tuple[str, ...]
    first: str
    last: str


@dataclass(frozen=True)
class Head:
    """The end of one chain of the ledger."""

    subject: str
    events: int
    head: str
    """Hash of the last event: it vouches for all before it."""


@dataclass(frozen=True)
class Evidence:
    """Everything that the page says."""

    agreements: Agreements
    report: AuditReport
    flows: tuple[Flow, ...]
    pairs: PairTable
    access: tuple[AccessRow, ...]
    sweeps: tuple[LastSweep, ...]
    bytes_destroyed: Mapping[str, int]
    """By certificate; where one does not say, it is not here."""
    versions: tuple[Version, ...] = ()
    """Of every agreement those under which work was done in the period, and the one there is now."""
    left: tuple[Leaving, ...] = ()
    """Parties that have left."""

    def checks(self, result: str) -> tuple[CheckResult, ...]:
        """The checks with this result."""
        return tuple(check for check in self.report.checks if check.result == result)

    @property
    def rows_destroyed(self) -> int | None:
        """Rows of all objects that were destroyed; `None` where that could give a number of children away.

        The rows of results are totals of the table of children. Among drops, whose rows are not shown, they are lost.
        """
        destroyed = [one for one in self.report.destructions if one.genuine or one.holds is not False]
        with_drops = any(way.startswith("retention.sweep_days.inbox ") for one in destroyed for way in one.by_clause)
        return sum(one.rows for one in destroyed) if with_drops else None

    @property
    def hours_missing(self) -> int:
        """Hours of the period whose logs are known to be missing."""
        return sum(check.count for check in self.report.checks if check.code == HOURS)

    @property
    def hours_not_known(self) -> int:
        """Hours of the period without a line of a read, of which nothing says whether there was anything to log."""
        return sum(check.counts.get("hours not known", 0) for check in self.report.checks if check.code == HOURS)

    @property
    def hours_logged(self) -> int:
        """Hours of the period in which reads of the storage account are logged."""
        reads = (part for part in self.report.coverage if (part.service, part.category) == ("blob", "StorageRead"))
        return sum(part.with_logs for part in reads)


def collect(
    agreements: Agreements, report: AuditReport, events: Sequence[Event], bytes_destroyed: Mapping[str, int]
) -> Evidence:
    """The facts of a page. `events` are the ledger's events of the report's period, of all boroughs."""
    parties = (report.borough,) if report.borough else agreements.parties
    sweeps = (sweep for sweep in last_sweeps(events) if report.borough in ("", sweep.party))
    return Evidence(
        agreements=agreements,
        report=report,
        flows=count_flows(events, report.access, parties, agreements),
        pairs=pair_table(count_pairs(event for event in events if _of(event) == MEALS), report.borough),
        access=access_rows(report.access),
        sweeps=tuple(sweeps),
        bytes_destroyed=bytes_destroyed,
    )


def _of(event: Event) -> str:
    """Id of the agreement that the event is of."""
    return event.agreement.partition("@")[0]


def pair_table(pairs: Pairs, borough: str = "") -> PairTable:
    """The pairs as they may be shown; with `borough` those that concern it.

    What is left out is decided over all boroughs, so that a borough's page and the page of all show the same: two pages
    beside each other give away no more than one.
    """
    seen = [shown(Counts(pairs.counts(measure))) for measure in MEASURES]
    cells = sorted({cell for part in seen for cell in part if _concerns(cell, borough)}, key=_totals_last)
    rows: dict[str, list[PairRow]] = {}
    for school, home in cells:
        rows.setdefault(school, []).append(PairRow(home, tuple(part.get((school, home), 0) for part in seen)))
    return PairTable(
        schools=tuple(School(school, tuple(rows[school])) for school in rows),
        runs=pairs.runs,
        collections=pairs.collections,
        left_out=any(None in row.numbers for part in rows.values() for row in part),
    )


def _concerns(cell: Cell, borough: str) -> bool:
    return not borough or borough in cell


def _totals_last(cell: Cell) -> tuple[bool, str, bool, str]:
    school, home = cell
    return school == TOTAL, school, home == TOTAL, home


def access_rows(access: Iterable[Access]) -> tuple[AccessRow, ...]:
    """Who did what to what: one row for each principal and kind of container, its own borough's apart from others'."""
    together: dict[tuple[str, str, str, Whose], list[Access]] = {}
    for part in access:
        together.setdefault((_role(part), part.principal, part.container, _whose(part)), []).append(part)
    return tuple(_row(key, parts) for key, parts in sorted(together.items()))


def _role(part: Access) -> str:
    """The role, with passes that nobody issued apart from those that somebody did."""
    return "unknown pass" if part.role == "pass" and part.principal.startswith("unknown") else part.role


def _whose(part: Access) -> Whose:
    if not part.of:
        return "whole"
    if part.of == "exchange":
        return "exchange"
    return "own" if part.of == part.borough else "boroughs"


def _row(key: tuple[str, str, str, Whose], parts: Sequence[Access]) -> AccessRow:
    done: dict[str, int] = {}
    for part in sorted(parts, key=lambda part: part.operation):
        if part.outcome == "done":
            done[part.operation] = done.get(part.operation, 0) + part.operations
    return AccessRow(
        *key,
        of=tuple(sorted({part.of for part in parts})) if key[-1] == "boroughs" else (),
        done=done,
        denied=sum(part.operations for part in parts if part.outcome == "denied"),
        failed=sum(part.operations for part in parts if part.outcome == "failed"),
        authentications=tuple(sorted({part.authentication for part in parts})),
        first=min(part.first for part in parts),
        last=max(part.last for part in parts),
    )
