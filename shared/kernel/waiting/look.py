"""Finds what lies here for days and is in no finished work, and whose turn it is to end that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.waiting.codes import LACKED, LACKS, ONE_SIDED, UNANSWERED, UNFINISHED, WaitCode

if TYPE_CHECKING:
    from shared.kernel.terms.agreements import Agreed
    from shared.kernel.terms.pipeline import Lack
    from shared.kernel.waiting.lying import Done, File, Lying


@dataclass(frozen=True)
class Wait:
    """What one party, or the operators, are told. Holds ids, codes, slugs, counts and times alone."""

    code: WaitCode
    party: str
    """Who is told: a slug; `exchange` for the operators."""
    dataset: str
    """Of the files that wait, or that newer work lacks."""
    collection: str
    since: datetime
    until: datetime
    """When the first of the rows are destroyed."""
    rows: int = 0
    others: tuple[str, ...] = ()
    """Slugs of the other parties concerned: of whom a file is missing, or whose rows wait."""
    lacked: str = ""
    """The dataset that is missing; empty where none is."""
    work: str = ""
    """The id of the drop that waits, of several the oldest; or of the job that covers less."""


@dataclass(frozen=True)
class _Waiter:
    """One staged file of which rows wait for a party's work."""

    file: File
    party: str
    lack: Lack | None
    """`None` where nothing is missing but the work itself."""


def waits(
    agreed: Agreed, lying: Mapping[str, Lying], done: Mapping[str, tuple[Done, ...]], now: datetime
) -> list[Wait]:
    """What has waited for as long as the agreement says, by what lies there and is finished of each party."""
    terms = agreed.terms
    until = timedelta(days=terms.retention.sweep_days["staging"])
    since = now - timedelta(days=terms.retention.told_after_days)
    dropped = {
        (file.partition.dataset, file.partition.collection, party)
        for party, each in lying.items()
        for file in each.entries
    }
    waiters = [
        one for party in lying for one in _waiters(agreed, party, lying[party], done.get(party, ()), since, dropped)
    ]
    there = {
        (file.partition.dataset, file.partition.collection) for each in lying.values() for file in each.files.values()
    }
    there |= {(dataset, collection) for dataset, collection, _ in dropped}
    asked = [file for party in lying for file in lying[party].unanswered(party) if file.since <= since]
    return [
        *_grouped(LACKS, waiters, _of_senders, until),
        *_grouped(LACKED, waiters, _of_who_is_lacking, until),
        *_grouped(ONE_SIDED, waiters, lambda one: _of_nobody(one, there), until),
        *_grouped(UNFINISHED, waiters, _of_unfinished, until),
        *(_unanswered(file, until) for file in asked),
    ]


def _waiters(
    agreed: Agreed, party: str, lying: Lying, done: Iterable[Done], since: datetime, dropped: set[tuple[str, str, str]]
) -> Iterator[_Waiter]:
    """Files with rows that count, staged for the party by that time, and in no finished work.

    `dropped` are dataset, collection and sender of all that was dropped. What all who could drop it have dropped is
    lacking no more: they have nothing for this party, and that is no silence.
    """
    # Work that sends nothing to anybody looks at files, and ends no wait.
    used = {name for each in done if agreed.pipeline.kinds[each.job.kind].sends for name in each.job.inputs}
    for file in lying.that_count(tuple(agreed.pipeline.contracts)):
        if file.rows and file.since <= since and file.partition.name not in used:
            lacks = agreed.pipeline.lacks(file.partition, party, lying)
            collection = file.partition.collection
            silent = [lack for lack in lacks if not _all_have_spoken(agreed, lack, party, collection, dropped)]
            if silent or not lacks:
                yield from (_Waiter(file, party, lack) for lack in silent or (None,))


def _all_have_spoken(
    agreed: Agreed, lack: Lack, party: str, collection: str, dropped: set[tuple[str, str, str]]
) -> bool:
    """Whether what is lacking of any party has been dropped by every other that may."""
    others = set(agreed.terms.terms_of(lack.dataset).dropped_by) - {party}
    return not lack.of and bool(others) and all((lack.dataset, collection, other) in dropped for other in others)


Who = tuple[str, str, str, str]
"""Who is told, and of what: party, the other party that is concerned, lacked dataset, drop or nothing."""


def _of_senders(one: _Waiter) -> Who | None:
    return (one.file.partition.sender, one.lack.of, one.lack.dataset, one.file.partition.drop) if one.lack else None


def _of_who_is_lacking(one: _Waiter) -> Who | None:
    sender = one.file.partition.sender
    return (one.lack.of, sender, one.lack.dataset, "") if one.lack and one.lack.of not in ("", sender) else None


def _of_nobody(one: _Waiter, there: set[tuple[str, str]]) -> Who | None:
    if one.lack is None or (one.lack.dataset, one.file.partition.collection) in there:
        return None
    return EXCHANGE, "", one.lack.dataset, ""


def _of_unfinished(one: _Waiter) -> Who | None:
    return None if one.lack else (one.file.partition.sender, one.party, "", one.file.partition.drop)


def _grouped(
    code: WaitCode, waiters: Iterable[_Waiter], who: Callable[[_Waiter], Who | None], until: timedelta
) -> Iterator[Wait]:
    """One wait for each who is told of the same dataset and collection, and of the same drop where it is about one."""
    groups: dict[tuple[str, ...], list[tuple[_Waiter, str]]] = {}
    for one in waiters:
        if found := who(one):
            party, other, lacked, drop = found
            at = one.file.partition
            groups.setdefault((party, at.dataset, at.collection, lacked, drop), []).append((one, other))
    for (party, dataset, collection, lacked, _), members in sorted(groups.items()):
        oldest = min((one.file for one, _ in members), key=lambda file: (file.since, file.partition.name))
        yield Wait(
            code,
            party,
            dataset,
            collection,
            oldest.since,
            oldest.since + until,
            sum(one.file.rows for one, _ in members),
            tuple(sorted({other for _, other in members} - {""})),
            lacked,
            oldest.partition.drop,
        )


def _unanswered(file: File, until: timedelta) -> Wait:
    at = file.partition
    return Wait(
        UNANSWERED, at.sender, at.dataset, at.collection, file.since, file.since + until, file.rows, work=at.drop
    )
