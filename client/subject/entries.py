"""One way that somebody's rows went, or one place where they lie: when, on which basis, to whom, and until when.

What only the exchange's signed word shows rests on a statement that was verified; what is not shown by anything at hand
is named as not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from client.subject.match import Hit
from client.subject.papers import Papers
from client.subject.shelves import Table
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


def entries(papers: Papers, table: Table, hits: tuple[Hit, ...], values: bool) -> Iterator[Entry]:
    """What there is to say of the rows of one table, for each way that they went."""
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


def _sent(papers: Papers, table: Table, body: Mapping[str, Any], rows: list[Hit], is_recorded: bool) -> dict[str, Any]:
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


def _received(papers: Papers, table: Table) -> dict[str, Any]:
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


def _basis(papers: Papers, reference: str, dataset: str = "") -> Basis:
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
