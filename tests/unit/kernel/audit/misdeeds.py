"""What could be amiss in a term, as data: a misdeed, the checks that must find it, and how it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

from shared.kernel.disposal.notes import Sweep
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.intake.identity import derived_id
from shared.kernel.ledger.events import Event
from tests.unit.kernel.audit.term import ACCOUNT, COLLECTION, Term, by_pass, oauth, oid, when

AT = when("2026-10-14", 9, 31)
ENDING = when("2026-11-01", 3)
"""When records are ended, once a month."""
EVENT = f"ledger/drop/{'de' * 16}/0001.json"
CERTIFICATE = f"certificates/lambeth/2020-09-30-{'ce' * 16}.json"
RESULT = f"lambeth-outbox/fsm/results/{COLLECTION}/{'ab' * 16}/matches.parquet"
STAGED = f"staging/lambeth/fsm/pupils/{COLLECTION}/southwark.20261005T093000Z.{'cd' * 16}.parquet"


@dataclass(frozen=True)
class Misdeed:
    """One thing amiss."""

    name: str
    found_by: frozenset[str]
    do: Callable[[Term], object]


def _of(name: str, code: str, do: Callable[[Term], object]) -> Misdeed:
    return Misdeed(name, frozenset(code.split()), do)


def _subject(term: Term, kind: str, tenant: str = "lambeth") -> str:
    """The first chain of that kind and borough."""
    return next(s for s, events in term.events.items() if s.startswith(f"{kind}:") and events[0].tenant == tenant)


def _blob(term: Term, subject: str, seq: int) -> str:
    return f"{subject.replace(':', '/')}/{seq:04d}.json"


def _end(term: Term, key: str, who: str) -> None:
    """Somebody deletes, in the name of the month's end of records."""
    term.blob(ENDING, "DeleteBlob", key, oauth(who), _subject(term, "records", EXCHANGE))


def _remove_event(term: Term, kind: str, seq: int) -> None:
    term.removed_events.add(_blob(term, _subject(term, kind), seq))


def _alter_event(term: Term) -> None:
    subject = _subject(term, "drop")
    document = term.events[subject][1].to_json()
    term.raw_events[_blob(term, subject, 2)] = document.replace(b'"routed":9', b'"routed":8')


def _rewrite_event(term: Term) -> None:
    """Altered, and its own hash made anew: the events behind it do not follow from it any more."""
    subject = _subject(term, "drop")
    event = term.events[subject][1]
    term.raw_events[_blob(term, subject, 2)] = replace(event, counts={"rows_in": 8, "routed": 8}).to_json()


def _rewrite_chain(term: Term) -> None:
    """A sweep's chain made anew from its first event on: it holds, and is not the one that the certificate states."""
    subject = next(s for s, e in term.events.items() if s.startswith("sweep:") and len(e) == 3)
    previous = term.events[subject][0].previous
    for event in term.events[subject]:
        counts = {name: count + 1 for name, count in event.counts.items()}
        forged = replace(event, previous=previous, counts=counts)
        term.raw_events[_blob(term, subject, event.seq)] = forged.to_json()
        previous = forged.hash


def _insert_event(term: Term) -> None:
    subject = _subject(term, "run")
    last = term.events[subject][-1]
    forged = Event(last.seq + 1, subject, "amended", last.at, "release", "lambeth", last.agreement, last.hash)
    term.events[subject].append(forged)


def _cut_chain(term: Term) -> None:
    subject = _subject(term, "run")
    term.removed_events.update(_blob(term, subject, seq) for seq in (2, 3))


def _drop_lines(term: Term, gone: Callable[[dict[str, object]], bool]) -> None:
    term.lines = [line for line in term.lines if not gone(line)]


def _missing_hour(term: Term) -> None:
    _drop_lines(term, lambda line: str(line["time"]).startswith("2026-10-07T11"))


def _one_silent_hour(term: Term) -> None:
    """The app's health is probed in every hour but one."""
    for hour in range(24 * 61):
        if hour != 500:
            term.blob(
                when("2026-10-01", 0) + timedelta(hours=hour), "GetContainerProperties", "ledger", mark="health:probe"
            )
    _drop_lines(term, lambda line: _hours(str(line["time"])) == 500)


def _hours(text: str) -> int:
    return int((datetime.fromisoformat(text) - when("2026-10-01", 0, 0)) / timedelta(hours=1) + 0.6)


def _no_receipt(term: Term) -> None:
    drop = _subject(term, "drop").partition(":")[2]
    _drop_lines(term, lambda line: f"reports/{drop}/receipt.json" in str(line) and line["operationName"] == "PutBlob")


def _nobody_took_it(term: Term) -> None:
    """Dropped, deleted by the sweep in its time, and never looked at between."""
    term.blob(AT, "PutBlob", "lambeth-inbox/late.parquet", oauth("lambeth officer 2"))
    _by_policy(term, "lambeth-inbox/late.parquet")


def _begun_and_never_ended(term: Term) -> None:
    subject = f"drop:{'12' * 16}"
    term.opened(AT, subject, "keys/drop-lambeth")
    term.record(AT, subject, "received", "lambeth", counts={"rows": 4}, codes=("pupils", COLLECTION))


def _unbalanced(term: Term) -> None:
    counts = {"rows_in": 9, "matched": 5, "unmatched": 3}
    term.record(AT, f"run:{'34' * 16}", "unbalanced", "lambeth", "release", counts=counts, codes=("LED-002",))


def _counts_that_do_not_add_up(term: Term) -> None:
    subject = f"run:{'56' * 16}"
    term.opened(AT, subject)
    term.record(AT, subject, "conserved", "lambeth", "release", counts={"rows_in": 9, "matched": 5})
    term.record(AT, subject, "done", "lambeth", "release")


def _never_counted(term: Term) -> None:
    subject = f"run:{'78' * 16}"
    term.record(AT, subject, "released", "lambeth", "release")
    term.record(AT, subject, "done", "lambeth", "release")


def _replayed(term: Term) -> None:
    """The same bytes under another name; the exchange knew them, recorded it, and did nothing."""
    subject, name = _subject(term, "drop"), "again.parquet"
    term.blob(AT, "PutBlob", f"lambeth-inbox/{name}", by_pass("lambeth inbox"))
    event = f"event:{derived_id('event', 'lambeth', 'lambeth-inbox', name)}"
    term.blob(AT, "GetBlob", f"lambeth-inbox/{name}", mark=event)
    term.record(AT, subject, "repeated", "lambeth")
    _by_policy(term, f"lambeth-inbox/{name}")


def _forged_certificate(term: Term) -> None:
    name, document = next(iter(term.certificates.items()))
    term.certificates[name] = document.replace(b'"missing":[]', b'"missing":[ ]')


def _signed_by_another(term: Term) -> None:
    """A certificate of the right form, signed with a key that is not the exchange's."""
    name = next(iter(term.certificates))
    subject = next(s for s in term.events if name.endswith(f"{s.partition(':')[2]}.json"))
    ring = LocalKeyRing(Path(mkdtemp()))
    ring.create_key(EXCHANGE, Use.SIGN)
    event = term.events[subject][0]
    owner = name.partition("/")[0]
    term.certificates[name] = term.certify(Sweep(owner, datetime.fromisoformat(event.at).date()), event, (), ring)


def _lost_certificate(term: Term) -> None:
    del term.certificates[next(iter(term.certificates))]


def _late_lifecycle(term: Term) -> None:
    """The sweep did not take it, and the lifecycle policy did, on day 33."""
    _one_left(term)
    term.blob(
        AT + timedelta(days=33), "DeleteBlob", RESULT, {"type": "TrustedAccess"}, agent="ObjectLifeCycleScanner/0.50"
    )


def _one_left(term: Term) -> None:
    """A result that stays; its run is in the ledger."""
    subject = f"run:{'9a' * 16}"
    term.opened(AT, subject)
    term.record(AT, subject, "conserved", "lambeth", "release", counts={"rows_in": 1, "matched": 1})
    term.blob(AT, "PutBlob", RESULT, mark=subject)
    term.record(AT, subject, "done", "lambeth", "release")


def _overwritten(term: Term) -> None:
    subject = _subject(term, "run")
    run = subject.partition(":")[2]
    at = datetime.fromisoformat(term.events[subject][-1].at)
    term.blob(at, "PutBlob", f"lambeth-outbox/fsm/results/{COLLECTION}/{run}/matches.parquet", mark=subject)


def _late_work(term: Term) -> None:
    """The id of work that ended weeks ago."""
    term.blob(AT + timedelta(days=20), "GetBlob", STAGED, mark=_subject(term, "run"))


def _third_officer_named(term: Term) -> None:
    term.register["boroughs"]["lambeth"]["officers"].append(oid("lambeth officer 3"))


def _has_right(term: Term, who: str, scope: str, what: str = "too much") -> None:
    """A comparison of rights that found one that the templates do not give, and one that they give in vain."""
    found = [{"what": what, "who": who, "role": "Okafor", "scope": scope}]
    found.append({"what": "too little", "who": oid("ann"), "role": "x", "scope": "/providers/containers/lambeth-inbox"})
    term.rights = {"ok": False, "compared": 80, "differences": found}


def _left_in_september(term: Term) -> None:
    officers = term.register["boroughs"]["lambeth"]["officers"]
    officers[0] = {"id": officers[0], "to": "2026-09-30"}


def _junk(term: Term) -> None:
    term.junk["insights-logs-storageread/PT1H.json"] = [b'{"time":"2026-10-14T09:30']


def _job(term: Term) -> tuple[datetime, str]:
    """When the second agreement's job was at work, and its chain."""
    subject = next(s for s in term.events if s.startswith("tally:"))
    return datetime.fromisoformat(term.events[subject][0].at), subject


def _while_at_work(operation: str, key: str, kind: str = "run") -> Callable[[Term], object]:
    """The app does this to that for Lambeth's work of free school meals, while it is at work."""

    def do(term: Term) -> object:
        subject = _subject(term, kind)
        at = datetime.fromisoformat(term.events[subject][0].at)
        return _done(term, at, operation, key, subject)

    return do


def _of_the_job(operation: str, key: str) -> Callable[[Term], object]:
    """The app does this to that for the second agreement's job, while it is at work."""
    return lambda term: _done(term, _job(term)[0], operation, key, _job(term)[1])


def _done(term: Term, at: datetime, operation: str, key: str, subject: str) -> object:
    """It is done, and what was written goes in its time."""
    if operation == "PutBlob":
        _by_policy(term, key)
    return term.blob(at, operation, key, mark=subject)


def _by_policy(term: Term, key: str) -> None:
    """The lifecycle policy deletes it, in time for the promise."""
    at = when("2026-11-05", 5)
    term.blob(at, "DeleteBlob", key, {"type": "TrustedAccess"}, agent="ObjectLifeCycleScanner/0.50")


def _unknown_work(term: Term) -> None:
    """A chain of a kind that free school meals has not, and the other agreement has."""
    counts = {"rows_in": 9, "counted": 9}
    subject = f"tally:{'bc' * 16}"
    term.record(AT, subject, "conserved", "lambeth", "work", agreement="fsm@1.0.0", counts=counts)
    term.record(AT, subject, "done", "lambeth", "work")


def _never_released(term: Term) -> None:
    """A run of which nothing but its end is known became current."""
    run = "59" * 16
    term.record(AT, f"run:{run}", "done", "lambeth", "work")
    chain = next(subject for subject, events in term.events.items() if _is_lambeths(subject, events))
    term.record(AT, chain, "current", "lambeth", "work", hashes={"job": run})


def _is_lambeths(subject: str, events: list[Event]) -> bool:
    return subject.startswith("current:") and events[0].tenant == "lambeth"


def _unknown_end(term: Term) -> None:
    """Rows of a run came to an end that the other agreement's jobs have."""
    subject = f"run:{'57' * 16}"
    term.opened(AT, subject)
    term.record(AT, subject, "conserved", "lambeth", "work", counts={"rows_in": 9, "matched": 5, "counted": 4})
    term.record(AT, subject, "done", "lambeth", "work")


def _job_called_sweep(term: Term) -> object:
    """A chain of an agreement that is called a sweep does not delete."""
    subject = f"sweep:{'58' * 16}"
    term.record(AT, subject, "done", "lambeth", "work", agreement="fsm@1.0.0")
    return term.blob(AT, "DeleteBlob", STAGED, mark=subject)


def _late_by_its_own_days(term: Term) -> None:
    """Of the second agreement, which promises 40 days: there on day 40."""
    at, subject = _job(term)
    term.blob(at, "PutBlob", f"staging/lewisham/head-count/earlier/{COLLECTION}/late.parquet", mark=subject)


MISDEEDS = (
    _of(
        "a run reads what was staged under another agreement",
        "AUD-001",
        _while_at_work("GetBlob", f"staging/lambeth/head-count/absences/{COLLECTION}/a.parquet"),
    ),
    _of(
        "a run reads a dataset of its own name under another agreement",
        "AUD-001",
        _while_at_work("GetBlob", f"staging/lambeth/head-count/pupils/{COLLECTION}/a.parquet"),
    ),
    _of(
        "a run lists what was staged under another agreement",
        "AUD-001",
        lambda t: t.list(when("2026-10-08", 13), "staging", "lambeth/head-count/", mark=_subject(t, "run")),
    ),
    _of(
        "a run lists a party's whole part of staging",
        "AUD-001",
        lambda t: t.list(when("2026-10-08", 13), "staging", "lambeth/", mark=_subject(t, "run")),
    ),
    _of(
        "a run reads a folder of no agreement",
        "AUD-001",
        _while_at_work("GetBlob", f"staging/lambeth/origin-destination/pupils/{COLLECTION}/a.parquet"),
    ),
    _of(
        "a run reads decisions, which are not its own to read",
        "AUD-001",
        _while_at_work("GetBlob", f"staging/lambeth/fsm/decisions/{COLLECTION}/a.parquet"),
    ),
    _of("a drop reads what is staged for its sender", "AUD-001", _while_at_work("GetBlob", STAGED, "drop")),
    _of(
        "a drop reads what is staged under another agreement",
        "AUD-001",
        _while_at_work("GetBlob", f"staging/lambeth/head-count/absences/{COLLECTION}/a.parquet", "drop"),
    ),
    _of(
        "the other agreement's job reads free school meals' rows",
        "AUD-001",
        _of_the_job("GetBlob", f"staging/lewisham/fsm/pupils/{COLLECTION}/a.parquet"),
    ),
    _of(
        "the other agreement's job reads another party's rows of its own agreement",
        "AUD-001",
        _of_the_job("GetBlob", f"staging/lambeth/head-count/absences/{COLLECTION}/a.parquet"),
    ),
    _of(
        "the other agreement's job writes among free school meals' results",
        "AUD-017",
        _of_the_job("PutBlob", f"lewisham-outbox/fsm/results/{COLLECTION}/a.parquet"),
    ),
    _of(
        "the other agreement's job fixes a fact of free school meals",
        "AUD-017",
        _of_the_job("PutBlob", "claims/lewisham/fsm/a.json"),
    ),
    _of(
        "a run writes into a folder of the outbox that is not its own",
        "AUD-017",
        _while_at_work("PutBlob", f"lambeth-outbox/fsm/enrolments/{COLLECTION}/a.parquet"),
    ),
    _of(
        "a run sends its results to another borough",
        "AUD-017",
        _while_at_work("PutBlob", f"southwark-outbox/fsm/results/{COLLECTION}/a.parquet"),
    ),
    _of(
        "a run writes among what other runs keep of another agreement",
        "AUD-017",
        _while_at_work("PutBlob", f"staging/lambeth/head-count/earlier/{COLLECTION}/a.parquet"),
    ),
    _of(
        "a drop asks for another agreement's work",
        "AUD-017",
        _while_at_work("PutBlob", f"requests/lambeth/head-count/{'ab' * 16}.json", "drop"),
    ),
    _of(
        "a run deletes another borough's result",
        "AUD-005",
        _while_at_work("DeleteBlob", f"southwark-outbox/fsm/results/{COLLECTION}/a.parquet"),
    ),
    _of(
        "a run deletes a report of its own borough",
        "AUD-005",
        _while_at_work("DeleteBlob", "lambeth-outbox/fsm/reports/a/report.json"),
    ),
    _of(
        "who wakes work deletes a claim that is no mark",
        "AUD-005",
        _while_at_work("DeleteBlob", "claims/lambeth/fsm/drop-a.json", "wake"),
    ),
    _of("work on rows of a kind that its agreement has not", "AUD-007", _unknown_work),
    _of("rows at an end that is another agreement's", "AUD-007", _unknown_end),
    _of("a chain of an agreement that calls itself a sweep deletes", "AUD-005", _job_called_sweep),
    _of("of the agreement with more days, there after them", "AUD-006", _late_by_its_own_days),
    _of(
        "another borough's officer reads a result",
        "AUD-001",
        lambda t: t.blob(AT, "GetBlob", RESULT, oauth("southwark officer 1")),
    ),
    _of("another borough lists an outbox", "AUD-001", lambda t: t.list(AT, "lambeth-outbox", "", oauth("southwark"))),
    _of(
        "a borough reads its own inbox",
        "AUD-001",
        lambda t: t.blob(AT, "GetBlob", "lambeth-inbox/a.parquet", oauth("lambeth")),
    ),
    _of(
        "an operator reads staged rows after hours",
        "AUD-001",
        lambda t: t.blob(when("2026-10-14", 23), "GetBlob", STAGED, oauth("operator")),
    ),
    _of("an operator collects a result", "AUD-001", lambda t: t.blob(AT, "GetBlob", RESULT, oauth("operator"))),
    _of(
        "an operator writes into the chain of a drop",
        "AUD-017",
        lambda t: t.record(AT, _subject(t, "drop"), "amended", "lambeth", "intake", "operator"),
    ),
    Misdeed(
        "an operator writes into the chain of a drop, and says that it is a replay",
        frozenset({"AUD-009", "AUD-017"}),
        lambda t: t.blob(
            AT, "PutBlob", "ledger/drop/a/0001.json", oauth("operator"), _subject(t, "replay", "exchange")
        ),
    ),
    Misdeed(
        "an operator writes into the chain of a drop, and says that it is an incident",
        frozenset({"AUD-009", "AUD-017"}),
        lambda t: t.blob(
            AT, "PutBlob", "ledger/drop/a/0001.json", oauth("operator"), _subject(t, "incident", "exchange")
        ),
    ),
    Misdeed(
        "an operator writes the record of an incident, and says that it is a replay",
        frozenset({"AUD-009", "AUD-017"}),
        lambda t: t.blob(
            AT, "PutBlob", "ledger/incident/a/0001.json", oauth("operator"), _subject(t, "replay", "exchange")
        ),
    ),
    _of(
        "an operator removes the record of an incident",
        "AUD-005",
        lambda t: t.blob(
            AT, "DeleteBlob", "ledger/incident/a/0001.json", oauth("operator"), _subject(t, "incident", "exchange")
        ),
    ),
    _of(
        "an operator removes the record of a replay",
        "AUD-005",
        lambda t: t.blob(
            AT, "DeleteBlob", "ledger/replay/a/0001.json", oauth("operator"), _subject(t, "replay", "exchange")
        ),
    ),
    _of(
        "the app removes a dead letter in a round that the ledger does not know",
        "AUD-005",
        lambda t: t.blob(
            when("2026-10-27"),
            "DeleteBlob",
            "deadletter/topic/2026/10/20/9/a.json",
            mark=f"reconcile:20261027-0900-{'0c' * 16}",
        ),
    ),
    _of(
        "reconciliation reads a drop in its own name",
        "AUD-001",
        lambda t: t.blob(AT, "GetBlob", "lambeth-inbox/a.parquet", mark="reconcile:look"),
    ),
    _of("a keeper reads the ledger", "AUD-001", lambda t: t.list(AT, "ledger", "", oauth("keeper"))),
    _of("the app reads staged rows for no work", "AUD-001", lambda t: t.blob(AT, "GetBlob", STAGED)),
    _of(
        "the app reads one borough's rows for another's run",
        "AUD-001",
        lambda t: t.blob(when("2026-10-08", 13), "GetBlob", STAGED, mark=_subject(t, "run", "southwark")),
    ),
    _of("the app reads for work that ended weeks ago", "AUD-001", _late_work),
    _of(
        "the app reads a drop under an event that is not its own",
        "AUD-001",
        lambda t: t.blob(AT, "GetBlob", "lambeth-inbox/other.parquet", mark=f"event:{'ef' * 16}"),
    ),
    _of(
        "the app reads a result that it has released",
        "AUD-001",
        lambda t: t.blob(when("2026-10-08", 13), "GetBlob", RESULT, mark=_subject(t, "run")),
    ),
    _of(
        "a read with the account's key",
        "AUD-002",
        lambda t: t.blob(AT, "GetBlob", RESULT, {"type": "AccountKey", "tokenHash": f"key1({'B' * 64})"}),
    ),
    _of("an anonymous read", "AUD-002", lambda t: t.blob(AT, "GetBlob", RESULT, {"type": "Anonymous"})),
    _of(
        "a pass that nobody registered", "AUD-002", lambda t: t.blob(AT, "GetBlob", RESULT, by_pass("found on a train"))
    ),
    _of(
        "a pass after its time",
        "AUD-002",
        lambda t: t.blob(when("2026-10-25"), "GetBlob", RESULT, by_pass("lambeth outbox")),
    ),
    _of("a pass of another borough", "AUD-002", lambda t: t.blob(AT, "GetBlob", RESULT, by_pass("southwark outbox"))),
    _of(
        "a pass for the inbox used at the outbox",
        "AUD-002",
        lambda t: t.blob(AT, "GetBlob", RESULT, by_pass("lambeth inbox")),
    ),
    _of("a third officer collects", "AUD-003", lambda t: t.blob(AT, "GetBlob", RESULT, oauth("lambeth officer 3"))),
    _of("the register names a third officer", "AUD-003", _third_officer_named),
    _of("an officer who has left drops a file", "AUD-003", _left_in_september),
    _of(
        "an officer who was taken out of the file has the right yet",
        "AUD-003",
        lambda t: _has_right(t, oid("lambeth officer 3"), "/providers/x/containers/lambeth-outbox"),
    ),
    _of("an owner reads all", "AUD-003", lambda t: _has_right(t, oid("eve"), "/subscriptions/1", "from above")),
    _of("a comparison of rights that is none", "AUD-003", lambda t: setattr(t, "rights", ["Okafor"])),
    _of("a stranger deletes staged rows", "AUD-003", lambda t: t.blob(AT, "DeleteBlob", STAGED, oauth("stranger"))),
    _of(
        "a borough is turned away at another's outbox",
        "AUD-004",
        lambda t: t.blob(AT, "GetBlob", RESULT, oauth("southwark"), status=403, text="AuthorizationPermissionMismatch"),
    ),
    _of(
        "an expired pass is turned away",
        "AUD-004",
        lambda t: t.blob(
            when("2026-10-25"), "GetBlob", RESULT, by_pass("lambeth outbox"), status=403, text="AuthenticationFailed"
        ),
    ),
    _of("a borough deletes from its outbox", "AUD-005", lambda t: t.blob(AT, "DeleteBlob", RESULT, oauth("lambeth"))),
    _of("the app deletes for no sweep", "AUD-005", lambda t: t.blob(AT, "DeleteBlob", STAGED)),
    _of(
        "a borough pretends to be the lifecycle policy",
        "AUD-005",
        lambda t: t.blob(AT, "DeleteBlob", RESULT, oauth("lambeth"), agent="ObjectLifeCycleScanner/0.50"),
    ),
    _of("the app deletes an event and names the end of records", "AUD-005", lambda t: _end(t, EVENT, "app")),
    _of("the app deletes a certificate and names the end of records", "AUD-005", lambda t: _end(t, CERTIFICATE, "app")),
    _of(
        "whoever ends records deletes an event for a sweep",
        "AUD-005",
        lambda t: t.blob(ENDING, "DeleteBlob", EVENT, oauth("records"), _subject(t, "sweep")),
    ),
    _of("whoever ends records deletes a staged file", "AUD-005", lambda t: _end(t, STAGED, "records")),
    _of(
        "whoever ends records writes a certificate",
        "AUD-017",
        lambda t: t.blob(ENDING, "PutBlob", CERTIFICATE, oauth("records"), _subject(t, "records", EXCHANGE)),
    ),
    _of("a register without whoever ends records", "AUD-003", lambda t: t.register.pop("records")),
    _of("the lifecycle policy comes late", "AUD-006", _late_lifecycle),
    _of("a result is there after day 30", "AUD-006", _one_left),
    _of("a run that is not balanced", "AUD-007", _unbalanced),
    _of("counts that do not add up", "AUD-007", _counts_that_do_not_add_up),
    _of("rows that were never counted", "AUD-007", _never_counted),
    _of("a drop without a receipt", "AUD-008", _no_receipt),
    _of("a drop that nobody took in", "AUD-008", _nobody_took_it),
    _of("a drop that was begun and never ended", "AUD-008", _begun_and_never_ended),
    _of("a deleted event", "AUD-009", lambda t: _remove_event(t, "drop", 2)),
    _of("the first event of a chain deleted", "AUD-009", lambda t: _remove_event(t, "run", 1)),
    _of("an altered event", "AUD-009", _alter_event),
    _of("an event altered with a hash of its own", "AUD-009", _rewrite_event),
    _of("a chain made anew", "AUD-014 AUD-021", _rewrite_chain),
    _of("an event that nobody wrote", "AUD-009", _insert_event),
    _of("a chain cut at its end", "AUD-009", _cut_chain),
    _of("an hour without logs", "AUD-010", _missing_hour),
    _of("one silent hour among many", "AUD-010", _one_silent_hour),
    _of(
        "a result copied within the account",
        "AUD-006 AUD-011",
        lambda t: t.blob(
            AT,
            "CopyBlob",
            "lambeth-outbox/copy.parquet",
            oauth("lambeth"),
            properties={"sourceUri": f"https://{ACCOUNT}.blob.core.windows.net/{RESULT}"},
        ),
    ),
    _of(
        "a staged file read as the source of a copy",
        "AUD-011",
        lambda t: t.blob(AT, "CopyBlobSource", STAGED, mark=_subject(t, "run")),
    ),
    _of(
        "a snapshot of a drop",
        "AUD-011",
        lambda t: t.blob(AT, "SnapshotBlob", "lambeth-inbox/a.parquet", oauth("lambeth")),
    ),
    _of("a replayed drop", "AUD-012", _replayed),
    _of("a result overwritten", "AUD-013", _overwritten),
    _of("a certificate with one byte altered", "AUD-014", _forged_certificate),
    _of("a certificate signed by another", "AUD-014", _signed_by_another),
    _of("a certificate that is gone", "AUD-014", _lost_certificate),
    _of(
        "a stranger has a key unwrapped", "AUD-015", lambda t: t.vault(AT, "KeyUnwrap", "keys/drop-lambeth", "stranger")
    ),
    _of("the app unwraps for no work", "AUD-015", lambda t: t.vault(AT, "KeyUnwrap", "keys/staging")),
    _of(
        "the app unwraps one borough's key for another's drop",
        "AUD-015",
        lambda t: t.vault(
            when("2026-10-08", 13), "KeyUnwrap", "keys/drop-lambeth", mark=_subject(t, "drop", "wandsworth")
        ),
    ),
    _of("a keeper unwraps", "AUD-015", lambda t: t.vault(AT, "KeyUnwrap", "keys/drop-lambeth", "keeper")),
    _of("a key is deleted", "AUD-015", lambda t: t.vault(AT, "KeyDelete", "keys/drop-lambeth", "keeper")),
    _of(
        "a container is made public",
        "AUD-016",
        lambda t: t.blob(AT, "SetContainerACL", "lambeth-outbox", oauth("operator")),
    ),
    _of(
        "soft delete is switched on", "AUD-016", lambda t: t.blob(AT, "SetBlobServiceProperties", "", oauth("operator"))
    ),
    _of(
        "an officer asks for a key to sign passes with",
        "AUD-016",
        lambda t: t.blob(AT, "GetUserDelegationKey", "", oauth("lambeth officer 1")),
    ),
    _of(
        "a lease that would bar the sweep",
        "AUD-016",
        lambda t: t.blob(AT, "AcquireBlobLease", "lambeth-inbox/a.parquet", oauth("lambeth")),
    ),
    _of(
        "a borough writes into another's outbox",
        "AUD-017",
        lambda t: t.blob(AT, "PutBlob", "lambeth-outbox/a.txt", oauth("southwark"), status=409),
    ),
    _of(
        "an operator alters a certificate's metadata",
        "AUD-017",
        lambda t: t.blob(AT, "SetBlobMetadata", "certificates/lambeth/a.json", oauth("operator")),
    ),
    _of("a line that is cut off", "AUD-018", _junk),
    _of(
        "a run that was released stands as superseded too",
        "AUD-019",
        lambda t: t.record(AT, _subject(t, "run"), "superseded", "lambeth", "work"),
    ),
    _of(
        "a result was replaced by one that never became current",
        "AUD-019",
        lambda t: t.record(AT, _subject(t, "run"), "replaced", "lambeth", "work", hashes={"by": "ab" * 16}),
    ),
    _of(
        "a result was replaced by another party's",
        "AUD-019",
        lambda t: t.record(
            AT, _subject(t, "run"), "replaced", "lambeth", "work", hashes={"by": _subject(t, "run", "southwark")[4:]}
        ),
    ),
    _of(
        "a result became current that was never released",
        "AUD-019",
        _never_released,
    ),
)
