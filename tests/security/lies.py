"""Ways to make a record lie, as data: what is done to a record that told the truth, and the checks that must show it.

Whoever lies here can write everywhere in the record: ledger, certificates, logs and keys; some hold the exchange's own
signing key. What none of them can reach is what parties have collected, and the register, which the auditor makes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from shared.kernel.audit.schema import DELETE, READ, WRITE
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.statement import sign_statement
from shared.kernel.ledger.events import START, Event
from tests.unit.kernel.audit.term import Term, when

SWEEP_HOUR = "T02"


@dataclass(frozen=True)
class Lie:
    """One way to lie."""

    name: str
    shown_by: frozenset[str]
    """Checks that must be broken; others may be, too."""
    tell: Callable[[Term], object]


def held_by_parties(term: Term, folder: Path) -> Path:
    """What the parties have collected of the term: receipts, certificates, the heads of its last day, the key."""
    for subject, events in term.events.items():
        if subject.startswith("drop:"):
            drop, event = subject.partition(":")[2], next(event for event in events if event.step == "conserved")
            body = {
                "drop": drop,
                "sender": event.tenant,
                "ledger": [{"subject": subject, "seq": event.seq, "head": event.hash, "at": event.at}],
                "ledger_head": event.hash,
            }
            receipt = sign_statement(body, "receipt", term.keys, datetime.fromisoformat(event.at))
            _put(folder / event.tenant / drop / "receipt.json", receipt)
    for name, document in term.certificates.items():
        _put(folder / name, document)
    ends = [events[-1] for events in term.events.values()]
    chains = [{"subject": end.subject, "seq": end.seq, "head": end.hash, "at": end.at} for end in ends]
    heads = sign_statement({"chains": chains}, "heads", term.keys, when("2026-11-30", 6))
    _put(folder / "lambeth" / f"2026-11-30-{'ea' * 16}.json", heads)
    _put(folder / "lambeth" / "exchange-public.json", term.keys.export_public(EXCHANGE, Use.SIGN))
    return folder


def keep_heads(term: Term) -> None:
    """The record's own daily heads, of its last three days."""
    previous: dict[str, str] | None = None
    for day in ("2026-11-28", "2026-11-29", "2026-11-30"):
        ends = [events[-1] for events in term.events.values() if events[-1].at[:10] <= day]
        body = {"day": day, "previous": previous, "chains": [end.vouched() for end in ends]}
        name, document = f"{day}-{'ea' * 16}.json", sign_statement(body, "heads", term.keys, when(day, 6))
        term.heads[name] = document
        previous = {"file": name, "sha256": hashlib.sha256(document).hexdigest()}


def _heads_gone(term: Term) -> None:
    del term.heads[f"2026-11-29-{'ea' * 16}.json"]


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


# -- the ledger


def anew(events: Iterable[Event], change: Callable[[Event], Event]) -> list[Event]:
    """A chain with every event changed and every hash made anew: it holds."""
    made: list[Event] = []
    for event in events:
        made.append(replace(change(event), previous=made[-1].hash if made else START))
    return made


def _first(term: Term, kind: str, step: str = "") -> str:
    return next(
        subject
        for subject, events in term.events.items()
        if subject.startswith(f"{kind}:") and (not step or any(event.step == step for event in events))
    )


def _rewritten(kind: str, change: Callable[[Event], Event]) -> Callable[[Term], None]:
    def tell(term: Term) -> None:
        subject = _first(term, kind, "conserved")
        term.events[subject] = anew(term.events[subject], change)

    return tell


def _fewer(event: Event) -> Event:
    """A row less went in, and a row less came out."""
    counts = dict(event.counts)
    for name in ("rows", "rows_in", "routed", "matched"):
        if counts.get(name):
            counts[name] -= 1
    return replace(event, counts=counts)


def _a_moment_later(event: Event) -> Event:
    at = (datetime.fromisoformat(event.at) + timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return replace(event, at=at)


def _back_in_time(term: Term) -> None:
    subject = _first(term, "drop")
    first = term.events[subject][0]
    earlier = (datetime.fromisoformat(first.at) - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    term.events[subject] = anew(term.events[subject], lambda e: replace(e, at=earlier) if e.seq == 3 else e)


def _in_the_old_format(term: Term) -> None:
    subject = _first(term, "drop")
    term.events[subject] = anew(term.events[subject], lambda e: replace(_fewer(e), format=1))


def _event_twice(name: bytes, said: bytes) -> Callable[[Term], None]:
    """A name stands twice in an event: a person reads the first value, a program takes the last."""

    def tell(term: Term) -> None:
        subject = _first(term, "drop", "conserved")
        event = next(event for event in term.events[subject] if event.step == "conserved")
        document = event.to_json()
        assert name in document
        file = f"{subject.replace(':', '/')}/{event.seq:04d}.json"
        term.raw_events[file] = document.replace(name, said + b"," + name, 1)

    return tell


def _drop_gone(term: Term) -> None:
    """A whole drop: its chain, and every line that names it."""
    subject = _first(term, "drop")
    _forget(term, subject)


def _run_gone(term: Term) -> None:
    _forget(term, _first(term, "run"))


def _forget(term: Term, subject: str) -> None:
    del term.events[subject]
    _without(term, lambda line: subject.partition(":")[2] in json.dumps(line))


# -- certificates


def _certificate(term: Term, place: int, party: str = "lambeth") -> str:
    """One of the party's certificates, by its place among them."""
    return sorted(name for name in term.certificates if name.startswith(f"{party}/"))[place]


def _sweep_of(term: Term, name: str) -> str:
    return next(subject for subject in term.events if name.endswith(f"-{subject.partition(':')[2]}.json"))


def _certificate_gone(place: int) -> Callable[[Term], None]:
    """A certificate, its sweep and all lines of it, together."""

    def tell(term: Term) -> None:
        name = _certificate(term, place)
        _forget(term, _sweep_of(term, name))
        del term.certificates[name]

    return tell


def _under_another_day(term: Term) -> None:
    """A copy under another day: its rows would be counted twice."""
    name = _certificate(term, 0)
    party, _, file = name.partition("/")
    term.certificates[f"{party}/2026-11-29{file[10:]}"] = term.certificates[name]


def _under_another_party(term: Term) -> None:
    name = _certificate(term, 0)
    term.certificates["southwark/" + name.partition("/")[2]] = term.certificates[name]


def _body(term: Term, name: str) -> dict[str, Any]:
    return dict(json.loads(term.certificates[name])["payload"])


def _signed_again(change: Callable[[dict[str, Any]], None], place: int = -1) -> Callable[[Term], None]:
    """A certificate changed, and signed again with the exchange's own key."""

    def tell(term: Term) -> None:
        name = _certificate(term, place)
        payload = _body(term, name)
        change(payload["body"])
        at = datetime.fromisoformat(payload["issued_at"])
        term.certificates[name] = sign_statement(payload["body"], "certificate", term.keys, at)

    return tell


def _fewer_rows(body: dict[str, Any]) -> None:
    body["destroyed"] = body["destroyed"][1:]
    body["counts"]["objects"] -= 1


def _nothing_late(body: dict[str, Any]) -> None:
    for entry in body["destroyed"]:
        entry["created"] = body["swept_at"][:19] + "Z"


def _more_counted(body: dict[str, Any]) -> None:
    body["counts"]["rows"] += 500


def _by_a_stranger(term: Term) -> None:
    """Every certificate signed again with a key of somebody's own, whose public part lies where the exchange's lay; and
    the ledger records what lies there."""
    ring = LocalKeyRing(Path(mkdtemp()))
    ring.create_key(EXCHANGE, Use.SIGN)
    for name in sorted(term.certificates):
        payload = _body(term, name)
        if before := payload["body"]["previous"]:
            lies_there = term.certificates[f"{name.partition('/')[0]}/{before['file']}"]
            before["sha256"] = hashlib.sha256(lies_there).hexdigest()
        at = datetime.fromisoformat(payload["issued_at"])
        term.certificates[name] = sign_statement(payload["body"], "certificate", ring, at)
        digest = hashlib.sha256(term.certificates[name]).hexdigest()
        subject = _sweep_of(term, name)
        if subject in term.events:
            term.events[subject] = anew(
                term.events[subject],
                lambda e, d=digest: replace(e, hashes={"certificate": d}) if e.step == "certified" else e,
            )
    term.public = {"exchange.json": ring.export_public(EXCHANGE, Use.SIGN)}


def _twice_in_a_certificate(term: Term) -> None:
    name = _certificate(term, 0)
    document = term.certificates[name]
    term.certificates[name] = document.replace(
        b'"counts":{', b'"counts":{"bytes":0,"objects":0,"rows":0},"counts":{', 1
    )


def _kept_longer(term: Term) -> None:
    """True, and the lie is that nobody says it: rows that were there for 33 days."""
    day = when("2026-11-27", 2)
    key = f"staging/lambeth/fsm/pupils/2026-autumn/southwark.20261005T093000Z.{'fa' * 16}.parquet"
    term.blob(day - timedelta(days=33), "PutBlob", key, mark=_first(term, "drop"))
    term.sweep(day, "lambeth", [(key, day - timedelta(days=33))])


# -- logs


def _without(term: Term, gone: Callable[[dict[str, Any]], bool]) -> None:
    term.lines = [line for line in term.lines if not gone(line)]


def _lines_gone(category: str, when_: str = "", mark: str = "") -> Callable[[Term], None]:
    def gone(line: dict[str, Any]) -> bool:
        named = line.get("properties", {}).get("clientRequestId", "")
        return line["category"] == category and line["time"].startswith(when_) and named.startswith(mark)

    return lambda term: _without(term, gone)


def _hour_of(step: str, category: str) -> Callable[[Term], None]:
    """The hour in which the ledger records a step has no line of a category."""

    def tell(term: Term) -> None:
        at = next(event.at for events in term.events.values() for event in events if event.step == step)
        _lines_gone(category, at[:13])(term)

    return tell


def _one_deletion_gone(term: Term) -> None:
    gone = [line for line in term.lines if _is_sweeps(line)]
    term.lines.remove(gone[0])


def _is_sweeps(line: dict[str, Any]) -> bool:
    mark = line.get("properties", {}).get("clientRequestId", "")
    return bool(line["category"] == DELETE and mark.startswith("sweep:"))


def _one_deletion_more(term: Term) -> None:
    """The app deletes something that no certificate lists, in the name of a sweep."""
    name = _certificate(term, 0)
    subject = _sweep_of(term, name)
    at = datetime.fromisoformat(term.events[subject][0].at)
    term.blob(at, "DeleteBlob", "lambeth-outbox/fsm/reports/a/report.json", mark=subject)


def _another_year(term: Term) -> None:
    _another_time(term, lambda at: at.replace(year=2025))


def _another_day(term: Term) -> None:
    _another_time(term, lambda at: at + timedelta(days=1))


def _another_hour(term: Term) -> None:
    _another_time(term, lambda at: at + timedelta(hours=2))


def _another_time(term: Term, change: Callable[[datetime], datetime]) -> None:
    """A line stays where it stands in its file, and says another time."""
    line = next(line for line in term.lines if line["operationName"] == "GetBlob" and "-outbox/" in str(line))
    file = term.file_of(line)
    term.lines.remove(line)
    at = change(datetime.fromisoformat(line["time"]))
    term.junk.setdefault(file, []).append(
        json.dumps(line | {"time": at.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")}).encode()
    )


def _chain_never_read(term: Term) -> None:
    """An event that somebody put there by hand: it was written, and nobody looked at its chain before."""
    subject = f"watchdog:{'3c' * 16}"
    at = when("2026-10-20")
    term.record(at, subject, "watched", EXCHANGE, "watchdog", counts={"held": 0})
    _without(term, lambda line: line["category"] == READ and subject.partition(":")[2] in json.dumps(line))


def _lie(name: str, codes: str, tell: Callable[[Term], object]) -> Lie:
    return Lie(name, frozenset(codes.split()), tell)


LIES = (
    _lie("a drop's counts rewritten and its chain hashed anew", "AUD-020", _rewritten("drop", _fewer)),
    _lie("a run's counts rewritten and its chain hashed anew", "AUD-020", _rewritten("run", _fewer)),
    _lie("a chain's times moved and its hashes made anew", "AUD-020", _rewritten("run", _a_moment_later)),
    _lie("a chain written anew in the format of before", "AUD-020", _in_the_old_format),
    _lie("an event before the one that it follows", "AUD-009 AUD-020", _back_in_time),
    _lie("a name twice in an event", "AUD-009", _event_twice(b'"counts":', b'"counts":{"rows_in":99}')),
    _lie("a name twice within an event's counts", "AUD-009", _event_twice(b'"routed":', b'"routed":99')),
    _lie("a whole drop gone, with all lines that name it", "AUD-020", _drop_gone),
    _lie("a whole run gone, with all lines that name it", "AUD-020", _run_gone),
    _lie("an event written by hand into a chain that nobody read", "AUD-021", _chain_never_read),
    _lie("a certificate, its sweep and all its lines gone", "AUD-014 AUD-020", _certificate_gone(1)),
    _lie("the first certificate, its sweep and all its lines gone", "AUD-014 AUD-020", _certificate_gone(0)),
    _lie("the last certificate, its sweep and all its lines gone", "AUD-020", _certificate_gone(-1)),
    _lie("a certificate under another day", "AUD-014", _under_another_day),
    _lie("a certificate under another party", "AUD-014", _under_another_party),
    _lie("a certificate over fewer objects, signed again", "AUD-014 AUD-020", _signed_again(_fewer_rows)),
    _lie("a certificate with other days of birth, signed again", "AUD-014 AUD-020", _signed_again(_nothing_late)),
    _lie("a certificate that counts more than it lists", "AUD-014", _signed_again(_more_counted)),
    _lie("all certificates signed again with a stranger's key", "AUD-014 AUD-020", _by_a_stranger),
    _lie("a name twice in a certificate", "AUD-014", _twice_in_a_certificate),
    _lie("rows that were kept longer than promised", "AUD-006", _kept_longer),
    _lie("an hour without deletions in which a sweep destroyed", "AUD-010 AUD-021", _hour_of("destroyed", DELETE)),
    _lie("no deletions at all", "AUD-010 AUD-021", _lines_gone(DELETE)),
    _lie("an hour without reads in which the ledger shows work", "AUD-010", _hour_of("conserved", READ)),
    _lie("an hour without writes in which the ledger shows work", "AUD-010", _hour_of("conserved", WRITE)),
    _lie("no reads at all", "AUD-010", _lines_gone(READ)),
    _lie("one deletion of a sweep gone", "AUD-021", _one_deletion_gone),
    _lie("one deletion more than the sweep destroyed", "AUD-021", _one_deletion_more),
    _lie("a day's heads gone from the record", "AUD-020", _heads_gone),
    _lie("a line's year changed", "AUD-022", _another_year),
    _lie("a line's day changed", "AUD-022", _another_day),
    _lie("a line's hour changed", "AUD-022", _another_hour),
)
"""The order is that of the record: ledger, certificates, logs."""
