"""The answer in words, for the screen and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from client.console import facts_table, table
from client.subject.account import Answer
from client.subject.entries import OWN, PREPARED, RECEIVED, SENT, Entry

HEADINGS = {
    SENT: "Sent to the exchange",
    RECEIVED: "Received from the exchange",
    PREPARED: "Packed, and not shown to have been sent",
    OWN: "In other files of yours, which the exchange never sees",
}
KEEPS_NOTHING = (
    "The exchange keeps each row and each result for 30 days at most and cannot be asked for older ones: what is known "
    "later is known from your own files."
)


@dataclass(frozen=True)
class Told:
    """The same answer twice."""

    document: dict[str, Any]
    text: str


def told(found: Answer) -> Told:
    """The answer as JSON and as text."""
    return Told(_document(found), "\n\n".join(_parts(found)))


def verdict(found: Answer) -> str:
    """The answer in a sentence."""
    unread = f" {len(found.left)} files could not be looked into." if found.left else ""
    near = f" {found.near} rows come near: look at them before you answer." if found.near else ""
    if not found.found:
        whole = "Nothing was found" if not found.left else "Nothing was found in what could be read"
        return f"{whole}.{near}{unread}"
    sent, received = (sum(len(e.lines) for e in found.entries if e.way == way) for way in (SENT, RECEIVED))
    if not (sent or received):
        return f"Nothing was sent or received by what is at hand; other files of yours have it.{near}{unread}"
    return f"Found: {_rows(sent)} sent, {_rows(received)} received.{near}{unread}"


def held(found: Answer) -> str:
    """What the exchange itself still holds."""
    if found.undated:
        return f"When some of it went is not known from what is at hand. {KEEPS_NOTHING}"
    if not found.shared:
        return f"The exchange was sent nothing of it by what is at hand. {KEEPS_NOTHING}"
    if found.held_until:
        return (
            f"The exchange may hold rows of it until {found.held_until}, and for 30 days after it was made whatever "
            "another borough was given of them; from then on nothing."
        )
    return f"The exchange holds nothing of it any more. {KEEPS_NOTHING}"


def _document(found: Answer) -> dict[str, Any]:
    return {
        "found": found.found,
        "answer": verdict(found),
        "borough": found.party,
        "asked_by": list(found.by),
        "on": found.on.isoformat(),
        "entries": [entry.facts() for entry in found.entries],
        "near": found.near,
        "notices": list(found.notices),
        "exchange_holds_until": found.held_until,
        "exchange": held(found),
        "who_could_read": asdict(found.readers),
        "looked_at": dict(found.looked_at),
        "unopened": list(found.unopened),
        "left": list(found.left),
    }


def _parts(found: Answer) -> Iterator[str]:
    yield verdict(found)
    for way, heading in HEADINGS.items():
        entries = [entry for entry in found.entries if entry.way == way]
        if entries:
            yield "\n\n".join([heading, *("\n".join(_entry(entry)) for entry in entries)])
    if found.notices:
        yield "What the exchange has told you of it since\n" + "\n".join(f"  {line}" for line in found.notices)
    yield "Who could read it\n" + "\n".join(f"  {line}" for line in _readers(found))
    yield "Until when\n  " + held(found)
    if found.unopened:
        files = "\n".join(f"  {file}" for file in found.unopened)
        yield f"Sealed files that only the exchange could open, and whose packed file is not at hand:\n{files}"
    if found.left:
        rows = [[one["file"], one["code"], one["why"]] for one in found.left]
        yield table(["not looked into", "code", "why"], rows)
    yield facts_table({f"looked at: {name}": count for name, count in found.looked_at.items()})


def _entry(entry: Entry) -> Iterator[str]:
    of = f"{entry.what} {entry.collection}".strip()
    yield f"  {entry.file}{f' ({of})' if of else ''}"
    for name, shown in facts(entry).items():
        yield f"    {name}: {shown}"


def facts(entry: Entry) -> dict[str, str]:
    """What is known of one entry, by words; what is not known is left out."""
    basis = entry.basis
    towards = "to" if entry.way == SENT else "from rows of"
    shown = {
        "rows": ", ".join(map(str, entry.lines)),
        "known by": ", ".join(entry.known_by),
        "rows that come near": ", ".join(map(str, entry.near)),
        "drop" if entry.way == SENT else "result of the job": entry.work,
        entry.when_means or "when": entry.when or ("not known" if entry.way in (SENT, RECEIVED) else ""),
        towards: ", ".join(entry.others),
        "agreement": f"{basis.agreement} {basis.title}".strip() if basis else "",
        "purpose": basis.purpose if basis else "",
        "basis": "; ".join(basis.lawful_basis) if basis else "",
        "of the terms": basis.note if basis else "",
        "the report says": "; ".join(entry.fate),
        "columns with something in them": ", ".join(entry.columns),
        "held by the exchange until": entry.gone_by,
        "destroyed": "; ".join(entry.certificates),
        "note": " ".join(entry.notes),
    }
    return {name: words for name, words in shown.items() if words}


def _readers(found: Answer) -> Iterator[str]:
    yield from found.readers.by_the_terms
    for read in found.readers.reads:
        yield (
            f"read, by the logs: {read.who} ({read.role}), {read.container} of {read.of}: {read.reads} files, "
            f"{read.first} to {read.last}"
        )
    if found.readers.not_audited:
        days = ", ".join(found.readers.not_audited)
        yield f"who did read on {days} is not known from here: ask the operators for the evidence of those days"


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"
