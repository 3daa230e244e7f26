"""The daily heads held against the ledger and each other: what was put there later, they do not know."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from shared.kernel.audit.chains import Chain, moment
from shared.kernel.audit.checks.answer import of_chain
from shared.kernel.audit.evidence import Evidence
from shared.kernel.audit.held import HeldStatement
from shared.kernel.audit.report import Finding, Place
from shared.kernel.disposal.heads import KIND, heads_subject

CLOCKS_DIFFER = timedelta(minutes=10)
"""As far as the clock that dated an event may be from the one by which heads were taken."""
_DAY = timedelta(days=1)
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class _Taken:
    """One day's heads."""

    statement: HeldStatement
    at: datetime
    before: str
    """SHA-256 of the heads that they follow; empty where they are the first."""
    since: datetime
    """They name every chain that grew since then."""
    named: Mapping[str, int]
    """By chain, the number of its last event."""


def heads_agree(evidence: Evidence, genuine: Iterable[HeldStatement], party: str) -> Iterator[Finding]:
    """What is wrong with the daily heads in the record, or with the record by the heads that there are."""
    every = {one.sha256: one for one in genuine if one.kind == KIND}
    taken = sorted(filter(None, map(_taken, every.values())), key=lambda one: one.at)
    kept = {one.sha256 for one in evidence.kept}
    yield from _days_missing(evidence.kept)
    newest = max((chain.span[1] for chain in evidence.chains()), default=datetime.max.replace(tzinfo=UTC))
    for one in taken:
        if one.statement.sha256 not in kept:
            if evidence.in_period(one.at):
                yield _finding("The record lacks these daily heads, or has others in their place.", one.statement)
            continue
        if one.statement.file != f"{one.at.date()}-{heads_subject(one.at.date()).partition(':')[2]}.json":
            yield _finding("These daily heads lie under another day than their own.", one.statement)
        if one.at > newest + _DAY:
            yield _finding("These daily heads are of a day in the future: the ledger ends before it.", one.statement)
    for chain in evidence.chains():
        if party in ("", chain.tenant) and not chain.broken and not chain.newer:
            yield from _unknown(evidence, chain, taken)


def _taken(statement: HeldStatement) -> _Taken | None:
    """`None` for what is not what heads are: that is said of the events that it names."""
    body = statement.body
    try:
        at, previous = datetime.fromisoformat(body["taken_at"]), body["previous"]
        named = {str(one["subject"]): int(one["seq"]) for one in body["chains"]}
        before = str(previous["sha256"]) if previous else ""
        # The heads before were taken some time on their day.
        since = datetime.fromisoformat(previous["file"][:10]).replace(tzinfo=UTC) + _DAY if previous else _EVER
        return _Taken(statement, at.astimezone(UTC), before, since, named)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _unknown(evidence: Evidence, chain: Chain, taken: list[_Taken]) -> Iterator[Finding]:
    """The first event of the chain that heads which were taken after it do not know.

    The first heads after it name its chain. Where the heads before those are not at hand, nobody can tell of which day
    they begin to speak but by the day that they name.
    """
    for event in chain.events:
        at = moment(event)
        place = bisect_right(taken, at + CLOCKS_DIFFER, key=lambda one: one.at)
        if place == len(taken) or not evidence.in_period(at):
            continue
        heads, follows = taken[place], place > 0 and taken[place].before == taken[place - 1].statement.sha256
        if (follows or at >= heads.since) and heads.named.get(chain.subject, 0) < event.seq:
            what = "The record has an event that the daily heads taken after it do not know: it was put there later."
            yield of_chain(what, chain, event.seq)
            return


def _days_missing(kept: tuple[HeldStatement, ...]) -> Iterator[Finding]:
    """Where daily heads do not name those that lie before them in the record."""
    in_order = sorted((one for one in kept if one.kind == KIND), key=lambda one: one.issued_at)
    for before, after in pairwise(in_order):
        named = after.body.get("previous")
        if not isinstance(named, dict) or named.get("sha256") != before.sha256:
            yield _finding("The daily heads before these, which they name, are not in the record.", after)


def _finding(what: str, statement: HeldStatement) -> Finding:
    return Finding(what, Place("statement", statement.file), statement.issued_at)
