"""Daily heads and receipts, as the record keeps them and as parties have collected them; and lies about them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

from shared.kernel.disposal.heads import digest, heads_subject
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.statement import sign_statement
from shared.kernel.ledger.events import Event
from tests.security.lies.base import anew, first, lie
from tests.unit.kernel.audit.term import FIRST, LAST, Term, when

HOUR = 6
"""Of each day, at which the heads are taken."""


def keep_heads(term: Term) -> None:
    """The record's own daily heads, of every day, each as it would have been taken that day."""
    previous: dict[str, str] | None = None
    since = ""
    for number in range((LAST - FIRST).days + 1):
        taken = when(FIRST + timedelta(days=number), HOUR)
        name, document = heads_of(term, taken, previous, since)
        term.heads[name] = document
        sha256 = hashlib.sha256(document).hexdigest()
        subject = heads_subject(taken.date())
        term.record(taken + timedelta(seconds=5), subject, "stated", EXCHANGE, "heads", hashes={"statement": sha256})
        previous, since = {"file": name, "sha256": sha256}, _stamp(taken - timedelta(hours=1))


def heads_of(term: Term, taken: datetime, previous: dict[str, str] | None, since: str) -> tuple[str, bytes]:
    """The heads of one moment: every chain's end, of those that grew since then."""
    ends = [end for events in term.events.values() if (end := _end(events, _stamp(taken))) is not None]
    day = taken.date().isoformat()
    body = {
        "day": day,
        "taken_at": _stamp(taken),
        "previous": previous,
        "chains": [end.vouched() for end in ends if end.at >= since],
        "all": {"chains": len(ends), "events": sum(end.seq for end in ends), "sha256": digest([])},
    }
    name = f"{day}-{heads_subject(taken.date()).partition(':')[2]}.json"
    return name, sign_statement(body, "heads", term.keys, taken)


def held_by_parties(term: Term, folder: Path) -> Path:
    """What the parties have collected of the term: receipts, certificates, daily heads, the key."""
    for subject, events in term.events.items():
        if subject.startswith("drop:"):
            event = next(event for event in events if event.step == "conserved")
            put(folder / event.tenant / event.subject.partition(":")[2] / "receipt.json", receipt_of(term, event))
    for name, document in term.certificates.items():
        put(folder / name, document)
    for name, document in term.heads.items():
        put(folder / "lambeth" / name, document)
    if not term.heads:
        name, document = heads_of(term, when(LAST, HOUR), None, "")
        put(folder / "lambeth" / name, document)
    put(folder / "lambeth" / "exchange-public.json", term.keys.export_public(EXCHANGE, Use.SIGN))
    return folder


def receipt_of(term: Term, event: Event) -> bytes:
    """The receipt of a drop whose rows this event counts."""
    body = {
        "drop": event.subject.partition(":")[2],
        "sender": event.tenant,
        "ledger": [{"subject": event.subject, "seq": event.seq, "head": event.hash, "at": event.at}],
        "ledger_head": event.hash,
        "rows": dict(event.counts),
    }
    return sign_statement(body, "receipt", term.keys, datetime.fromisoformat(event.at))


def put(path: Path, data: bytes) -> None:
    """Write a file and the folders that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _end(events: list[Event], by: str) -> Event | None:
    return next((event for event in reversed(events) if event.at <= by), None)


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(term: Term, day: str) -> str:
    return next(name for name in term.heads if name.startswith(day))


def _heads_gone(term: Term) -> None:
    del term.heads[_name(term, "2026-11-29")]


def _tomorrows(term: Term) -> None:
    """Heads of a day that has not been yet, signed with the exchange's own key."""
    last = _name(term, LAST.isoformat())
    previous = {"file": last, "sha256": hashlib.sha256(term.heads[last]).hexdigest()}
    name, document = heads_of(term, when("2027-01-05", HOUR), previous, "2026-11-30T05:30:00Z")
    term.heads[name] = document


def _under_another_day(term: Term) -> None:
    """The heads of one day lie under the name of another."""
    name = _name(term, "2026-11-29")
    term.heads[name.replace("2026-11-29", "2026-12-01")] = term.heads.pop(name)


def _last_gone(term: Term) -> None:
    del term.heads[_name(term, LAST.isoformat())]


def _unreadable(term: Term) -> None:
    """The last heads of the record begin with a space, and pass for some other file."""
    name = _name(term, LAST.isoformat())
    term.heads[name] = b" " + term.heads[name]


def _fewer_rows(term: Term) -> None:
    subject = first(term, "drop", "conserved")
    term.events[subject] = anew(term.events[subject], _less)


def _less(event: Event) -> Event:
    """A row less went in, and a row less came out."""
    less = {name: event.counts[name] - 1 for name in ("rows", "rows_in", "routed") if event.counts.get(name)}
    return replace(event, counts={**event.counts, **less})


def _receipt_too(term: Term, held: Path) -> None:
    """The receipt in its party's hands is exchanged for one over the counts as they were rewritten."""
    subject = first(term, "drop", "conserved")
    event = next(event for event in term.events[subject] if event.step == "conserved")
    [path] = held.glob(f"*/{subject.partition(':')[2]}/receipt.json")
    put(path, receipt_of(term, event))


def _nothing(term: Term) -> None:
    """The record is true."""


def _of_another_exchange(term: Term, held: Path) -> None:
    """Among what a party holds there is a receipt of another exchange."""
    ring = LocalKeyRing(Path(mkdtemp()))
    ring.create_key(EXCHANGE, Use.SIGN)
    subject = first(term, "drop", "conserved")
    put(held / "lambeth" / ("cd" * 16) / "receipt.json", receipt_of(replace(term, keys=ring), term.events[subject][1]))


LIES = (
    lie("a day's heads gone from the record", "AUD-020", _heads_gone),
    lie("the last day's heads gone from the record", "AUD-020", _last_gone, "lacks these daily heads"),
    lie("the last heads are no statement", "AUD-020", _unreadable, "lacks these daily heads"),
    lie("heads of a day in the future", "AUD-020", _tomorrows, "in the future"),
    lie("heads under another day", "AUD-020", _under_another_day, "another day"),
    lie("counts in a drop's event and its receipt", "AUD-020", _fewer_rows, "rewritten", to_parties=_receipt_too),
    lie("a receipt of another exchange", "AUD-020", _nothing, "nobody vouches", to_parties=_of_another_exchange),
)
