"""Who could read it: by the terms, and, where an audit of those days is at hand, who did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.kernel.terms.agreements import Agreements

_ROWS = ("inbox", "staging", "pending", "outbox")
"""Kinds of container in which rows lie."""
_READS = ("GetBlob",)


@dataclass(frozen=True)
class Read:
    """All reads of one principal in one kind of container, over the days of an audit."""

    who: str
    role: str
    container: str
    of: str
    reads: int
    first: str
    last: str


@dataclass(frozen=True)
class Readers:
    """What is known of who could read, and who did."""

    by_the_terms: tuple[str, ...]
    reads: tuple[Read, ...]
    """Of the containers of these parties in the days of the audits at hand: whatever was read there, not this row
    alone. The storage logs know files, not rows."""
    audited: tuple[str, ...]
    """The days of each audit, and its answer."""
    not_audited: tuple[str, ...]
    """Days on which something of it was sent or made, and which no audit at hand covers."""


def readers(
    audits: Iterable[tuple[str, dict[str, Any]]],
    agreements: Agreements,
    party: str,
    shared: Iterable[tuple[str, str, tuple[str, ...]]],
) -> Readers:
    """Who could, and did, read what this party sent and received: `shared` says which way, when and with whom."""
    audits, shared = list(audits), list(shared)
    parties = {party} | {other for _, _, others in shared for other in others}
    days = {when[:10] for _, when, _ in shared if when}
    reads: list[Read] = []
    covered: set[str] = set()
    for _, document in audits:
        begin, end = str(document["period"]["from"]), str(document["period"]["to"])
        covered |= {day for day in days if begin <= day <= end}
        if any(begin <= day <= end for day in days):
            reads += _reads(document, parties)
    officers = max((agreed.terms.officers_per_party for agreed in agreements), default=0)
    return Readers(
        by_the_terms=(
            "the exchange's own program, while it works on the rows, with its own key",
            f"of each party that is given a result: its own systems and at most {officers} officers, with that party's "
            "own key",
            "operators have no right on rows and no key; keepers of keys manage the exchange's and use none: an audit "
            "names whoever did",
        ),
        reads=tuple(sorted(set(reads), key=lambda read: (read.of, read.container, read.who))),
        audited=tuple(_days(document) for _, document in audits),
        not_audited=tuple(sorted(day for day in days - covered if date.fromisoformat(day))),
    )


def _reads(document: dict[str, Any], parties: set[str]) -> Iterable[Read]:
    for part in document["access"]:
        is_read = part["operation"] in _READS and part["outcome"] == "done"
        if is_read and part["container"] in _ROWS and part["of"] in parties:
            facts = (part[name] for name in ("container", "of", "operations", "first", "last"))
            yield Read(part["principal"], part["role"], *facts)


def _days(document: dict[str, Any]) -> str:
    return f"{document['period']['from']} to {document['period']['to']}: {document.get('answer', '')}"
