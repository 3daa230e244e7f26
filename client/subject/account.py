"""The answer to an officer: what was sent and received, when, on which basis, who had it, and until when.

Of every row it says where it stands and how it is known to be theirs, and repeats no cell. What only the exchange's
signed word shows rests on a statement that was verified; what is not shown by anything at hand is said to be not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from client.person import Person, compact
from client.subject.access import Readers, readers
from client.subject.match import Hit, Known, find, find_by_cells
from client.subject.shelves import Paper, SealedFile, Shelves, Table
from shared.kernel.days import london_day

if TYPE_CHECKING:
    from shared.kernel.terms.agreements import Agreements
    from shared.kernel.terms.model import Agreement

SENT, RECEIVED, PREPARED, OWN = "sent", "received", "prepared", "own"
"""Prepared: it stands in a packed file, and no receipt at hand shows that the file was sent. Own: in another file of
the borough's, such as a supplier's extract or an officer's sheet, which the exchange never sees."""


@dataclass(frozen=True)
class Basis:
    """On what a sharing rests: from the terms at hand."""

    agreement: str
    """As the exchange named it: `fsm@1.0.0`; without a version where nothing at hand names one."""
    title: str = ""
    purpose: str = ""
    lawful_basis: tuple[str, ...] = ()
    note: str = ""
    """Why the terms at hand may say something else than those that were in force; empty where they are the same."""


@dataclass(frozen=True)
class Entry:
    """One way that some rows went, or one place where they lie."""

    way: str
    file: str
    lines: tuple[int, ...]
    """Numbers of the rows that are theirs, in that file."""
    known_by: tuple[str, ...]
    near: tuple[int, ...]
    """Numbers of rows that come near: somebody has to look."""
    what: str = ""
    collection: str = ""
    columns: tuple[str, ...] = ()
    """Which of its columns hold anything in those rows."""
    work: str = ""
    """Id of the drop or the job."""
    when: str = ""
    when_means: str = ""
    basis: Basis | None = None
    others: tuple[str, ...] = ()
    """To whom, or from whom, by slug."""
    fate: tuple[str, ...] = ()
    gone_by: str = ""
    """The day by which the exchange holds none of it, by the agreement's promise."""
    certificates: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    values: tuple[Mapping[str, str], ...] = field(default=(), repr=False)
    """The rows themselves, for the page alone, where they are asked for."""

    def facts(self) -> dict[str, Any]:
        """As JSON shows it: without the rows."""
        return {name: value for name, value in asdict(self).items() if name != "values"}


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
    entries: list[Entry] = []
    papers = _Papers(shelves, agreements)
    for table, hits in found:
        entries += _entries(papers, table, hits, values)
    told = {entry.file for entry in entries} | {table.file for table, _ in found}
    return Answer(
        party=party,
        by=person.by,
        entries=tuple(sorted(entries, key=lambda entry: (entry.way, entry.when, entry.file))),
        notices=tuple(_notices(shelves, known)),
        readers=readers(shelves.audits, agreements, party, entries_of(entries)),
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


def entries_of(entries: Iterable[Entry]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Of what went through the exchange: which way, when, with whom."""
    return [(entry.way, entry.when, entry.others) for entry in entries if entry.way in (SENT, RECEIVED) and entry.lines]


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


class _Papers:
    """What the exchange has said, by what it is about."""

    def __init__(self, shelves: Shelves, agreements: Agreements) -> None:
        self.agreements = agreements
        self._receipts = {str(paper.body["drop"]): paper for paper in shelves.of("receipt") if "drop" in paper.body}
        self._reports = {str(paper.body["facts"].get("drop", "")): paper for paper in shelves.of("report")}
        self._jobs = {_job(paper): paper for kind in ("summary", "current") for paper in shelves.of(kind)}
        self._sealed = {file.manifest.sha256: file for file in shelves.sealed}
        self._destroyed: dict[str, set[str]] = {}
        for paper in shelves.of("certificate"):
            for one in paper.body.get("destroyed", ()):
                day = str(one.get("destroyed", ""))[:10]
                said = f"{one.get('kind', 'object')} on {day} ({one.get('mechanism', '')}), certificate {_id(paper)}"
                self._destroyed.setdefault(str(one.get("work", "")), set()).add(said)

    def drops_of(self, table: Table) -> tuple[list[Mapping[str, Any]], bool]:
        """The receipts of the drops that were made of a packed file, and whether that is recorded. Where it is not,
        those of its dataset with as many rows: it may be one of them."""
        receipts = [paper.body for paper in self._receipts.values()]
        made = {file.manifest.sha256 for file in self._sealed.values() if file.made_of and file.made_of == table.sha256}
        if recorded := [body for body in receipts if body.get("sha256") in made]:
            return recorded, True
        explained = {file.manifest.sha256 for file in self._sealed.values() if file.made_of}
        alike = [
            body
            for body in receipts
            if (body.get("dataset"), body.get("rows_in")) == (table.what, table.rows.num_rows)
            and str(body.get("agreement", "")).partition("@")[0] == table.agreement
            and body.get("sha256") not in explained
        ]
        return alike, False

    def report(self, drop: str) -> Mapping[str, Any]:
        return self._reports[drop].body if drop in self._reports else {}

    def job(self, id: str) -> Mapping[str, Any]:
        return self._jobs[id].body if id in self._jobs else {}

    def destroyed(self, work: str) -> tuple[str, ...]:
        return tuple(sorted(self._destroyed.get(work, ())))

    def unopened(self, tables: Iterable[Table]) -> list[SealedFile]:
        """Sealed files of which the packed file is not at hand."""
        there = {table.sha256 for table in tables if table.sha256}
        return [file for file in self._sealed.values() if file.made_of not in there or not file.made_of]


def _id(paper: Paper) -> str:
    return str(paper.body.get("certificate", ""))


def _job(paper: Paper) -> str:
    return str(paper.body.get("job") or paper.body.get("run") or paper.body.get("enrolment") or "")


def _entries(papers: _Papers, table: Table, hits: tuple[Hit, ...], values: bool) -> Iterator[Entry]:
    rows = [hit for hit in hits if hit.is_certain]
    facts: dict[str, Any] = {
        "file": table.file,
        "lines": tuple(int(table.line[hit.row]) for hit in rows),
        "known_by": tuple(dict.fromkeys(way for hit in rows for way in hit.by)),
        "near": tuple(int(table.line[hit.row]) for hit in hits if not hit.is_certain),
        "what": table.what,
        "columns": _filled(table, rows),
        "values": _values(table, rows) if values else (),
    }
    if table.kind == "release":
        yield Entry(way=RECEIVED, **facts, **_received(papers, table))
    elif table.kind != "contract":
        yield Entry(way=OWN, **facts)
    else:
        bodies, is_recorded = papers.drops_of(table)
        for body in bodies if is_recorded else bodies[:1] if len(bodies) == 1 else ():
            yield Entry(way=SENT, **facts, **_sent(papers, table, body, rows, is_recorded))
        if len(bodies) != 1 and not is_recorded:
            ids = ", ".join(str(body["drop"]) for body in bodies)
            why = f"Which of these drops it was is not recorded: {ids}." if bodies else "No receipt at hand is of it."
            yield Entry(way=SENT if bodies else PREPARED, **facts, basis=_basis(papers, table.agreement), notes=(why,))


def _sent(papers: _Papers, table: Table, body: Mapping[str, Any], rows: list[Hit], is_recorded: bool) -> dict[str, Any]:
    when = str(body.get("received_at", ""))
    basis = _basis(papers, str(body["agreement"]), table.what)
    routed = tuple(sorted(body.get("routed", {})))
    notes = []
    if not is_recorded:
        notes.append("That the drop was made of this file is taken from its dataset and number of rows alone.")
    if body.get("status") == "rejected":
        notes.append(f"The exchange refused the file ({body.get('code', '')}): nobody was given any of it.")
    elif len(routed) > 1:
        notes.append("Each row goes to one of these: that in which the child lives, by the row's own address.")
    return {
        "collection": str(body.get("collection", "")),
        "work": str(body["drop"]),
        "when": when,
        "when_means": "received by the exchange",
        "basis": basis,
        "others": routed,
        "fate": tuple(_fate(papers.report(str(body["drop"])), rows)),
        "gone_by": _gone_by(papers.agreements, str(body["agreement"]), when),
        "certificates": papers.destroyed(str(body["drop"])),
        "notes": tuple(notes),
    }


def _received(papers: _Papers, table: Table) -> dict[str, Any]:
    job = papers.job(table.job)
    when = str(job.get("started_at", ""))
    covers = job.get("covers", ())
    reference = str(job.get("agreement", table.agreement))
    notes = [] if when else ["No word of the exchange at hand says when it was made; the file's own time may help."]
    return {
        "collection": table.collection,
        "work": table.job,
        "when": when,
        "when_means": "the work began whose result it is" if when else "",
        "basis": _basis(papers, reference),
        "others": tuple(sorted({str(one["sender"]) for one in covers})),
        "gone_by": _gone_by(papers.agreements, reference, when),
        "certificates": papers.destroyed(table.job),
        "notes": tuple(notes),
    }


def _fate(report: Mapping[str, Any], rows: list[Hit]) -> Iterator[str]:
    """What the exchange's report says of these rows: a packed file's first row is row 2."""
    severity = {str(one["code"]): str(one["severity"]) for one in report.get("codes", ())}
    for code, found in report.get("rows_by_code", {}).items():
        theirs = sorted({hit.row + 2 for hit in rows} & set(found))
        if theirs:
            yield f"row {', '.join(map(str, theirs))}: {code} ({severity.get(code, 'noted')})"


def _basis(papers: _Papers, reference: str, dataset: str = "") -> Basis:
    id, _, version = reference.partition("@")
    if id not in papers.agreements:
        return Basis(reference, note="The terms of this agreement are not at hand.")
    terms: Agreement = papers.agreements[id].terms
    wanted = terms.datasets[dataset].purpose if dataset in terms.datasets else ""
    purposes = [purpose.text for purpose in terms.purposes if wanted in ("", purpose.id)]
    note = "" if terms.version == version else f"The terms at hand are those of version {terms.version}."
    articles = tuple(f"{basis.article}: {basis.text}" for basis in terms.lawful_basis)
    return Basis(reference, terms.title, " ".join(purposes), articles, note)


def _gone_by(agreements: Agreements, reference: str, when: str) -> str:
    if not when:
        return ""
    promise = agreements.retention_of(reference.partition("@")[0]).promise_days
    return (london_day(datetime.fromisoformat(when)) + timedelta(days=promise)).isoformat()


def _filled(table: Table, rows: list[Hit]) -> tuple[str, ...]:
    return tuple(
        name
        for name in (table.rows.column_names if table.kind != "foreign" else ())
        if any(table.rows.column(name)[hit.row].as_py() not in (None, "") for hit in rows)
    )


def _values(table: Table, rows: list[Hit]) -> tuple[Mapping[str, str], ...]:
    return tuple(
        {
            name: str(cell)
            for name, cell in table.rows.slice(hit.row, 1).to_pylist()[0].items()
            if cell not in (None, "")
        }
        for hit in rows
    )
