"""The answer to an officer: what was sent and received, when, on which basis, who had it, and until when.

Of every row it says where it stands and how it is known to be theirs, and repeats no cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from client.person import Person, compact
from client.subject.access import Readers, readers
from client.subject.entries import RECEIVED, SENT, Entry, entries
from client.subject.match import Hit, Known, find, find_by_cells
from client.subject.papers import Papers
from client.subject.shelves import Shelves, Table

if TYPE_CHECKING:
    from shared.kernel.terms.agreements import Agreements


@dataclass(frozen=True)
class Answer:
    """Everything that can be said."""

    party: str
    by: tuple[str, ...]
    entries: tuple[Entry, ...]
    notices: tuple[str, ...]
    """Notices of the exchange about a match of theirs: that it was corrected, withdrawn or recalled."""
    readers: Readers
    looked_at: Mapping[str, int]
    left: tuple[Mapping[str, str], ...]
    unopened: tuple[str, ...]
    """Sealed files of which nothing at hand says what was in them."""
    on: date

    @property
    def found(self) -> bool:
        """Whether any row is certainly theirs."""
        return any(entry.lines for entry in self.entries)

    @property
    def near(self) -> int:
        """Rows that come near."""
        return sum(len(entry.near) for entry in self.entries)

    @property
    def shared(self) -> tuple[Entry, ...]:
        """What went through the exchange."""
        return tuple(entry for entry in self.entries if entry.way in (SENT, RECEIVED))

    @property
    def held_until(self) -> str:
        """The last day on which the exchange may hold anything of this; empty where that is over, or never was."""
        days = [entry.gone_by for entry in self.shared if entry.gone_by]
        return max((day for day in days if day > self.on.isoformat()), default="")

    @property
    def undated(self) -> bool:
        """Whether something went through the exchange of which nothing at hand says when."""
        return any(not entry.when for entry in self.shared)


def account(shelves: Shelves, person: Person, agreements: Agreements, party: str, on: date, *, values: bool) -> Answer:
    """The answer of party `party` on day `on`; with `values` the rows themselves are in it."""
    known = Known()
    found = list(_found(shelves.tables, person, known))
    papers = Papers(shelves, agreements)
    ways = [entry for table, hits in found for entry in entries(papers, table, hits, values)]
    told = {entry.file for entry in ways} | {table.file for table, _ in found}
    return Answer(
        party=party,
        by=person.by,
        entries=tuple(sorted(ways, key=lambda entry: (entry.way, entry.when, entry.file))),
        notices=tuple(_notices(shelves, known)),
        readers=readers(shelves.audits, agreements, party, shared_ways(ways)),
        looked_at={
            "tables": len(shelves.tables),
            "rows": sum(table.rows.num_rows for table in shelves.tables),
            "statements": sum(paper.is_signed for paper in shelves.papers),
            "sealed files": len(shelves.sealed),
            "audits": len(shelves.audits),
            "passed over": shelves.passed_over,
        },
        left=tuple(shelves.left),
        unopened=tuple(file.file for file in papers.unopened(shelves.tables) if file.file not in told),
        on=on,
    )


def shared_ways(ways: Iterable[Entry]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Of what went through the exchange: which way, when, with whom."""
    return [(entry.way, entry.when, entry.others) for entry in ways if entry.way in (SENT, RECEIVED) and entry.lines]


def _found(tables: Iterable[Table], person: Person, known: Known) -> Iterator[tuple[Table, tuple[Hit, ...]]]:
    """Every table with its rows. What is packed tells UPN and child, results tell references, decisions bear those."""
    if person.upn:
        known.upns.add(person.upn)
    ours = [table for table in tables if table.kind != "foreign"]
    pairless = [table for table in ours if "match_ref" not in table.rows.column_names]
    for table in (*pairless, *ours):  # twice: a row may be known by what a later table says
        find(table.rows, person, known)
    for table in tables:
        hits = find_by_cells(table.rows, person) if table.kind == "foreign" else find(table.rows, person, known)
        if hits:
            yield table, hits


def _notices(shelves: Shelves, known: Known) -> Iterator[str]:
    """The signed notices that name one of their references."""
    for paper in shelves.of("notice"):
        why = [str(one.get("why", "")) for one in paper.body.get("about", ()) if _is_named(str(one.get("ref")), known)]
        if why:
            word, code = paper.body.get("word", "notice"), paper.body.get("code", "")
            yield f"{word} ({code}): {', '.join(sorted(set(why)))}; {paper.body.get('collection', '')}, {paper.file}"


def _is_named(reference: str, known: Known) -> bool:
    return compact(reference) in known.pairs
