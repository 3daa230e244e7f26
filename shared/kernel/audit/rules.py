"""Why an operation is allowed: rights that hold at any time, and work that the ledger records. Data, and one question.

A right belongs to a role. Work belongs to a chain of the ledger, which the operation names as its client request id,
and reaches only places of the chain's own borough, except where the agreement sends something to another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.kernel.audit.places import EXCHANGE, REPLAY, SHARED, Place
from shared.kernel.audit.report import Way

Whose = Literal["own", "any", "exchange", "replay"]
"""`own`: of the principal's, or the chain's, borough. `any`: of some borough. `exchange`: of no borough. `replay`: that
part of the ledger alone."""

LOOKING = frozenset({"look", "list"})
READING = frozenset({"look", "list", "read"})
WRITING_ONCE = frozenset({"create", "look"})


@dataclass(frozen=True)
class Rule:
    """These verbs, in this kind of container, of these."""

    by: str
    """Its name in reports."""
    container: str
    whose: Whose
    verbs: frozenset[str]
    clause: str = ""


@dataclass(frozen=True)
class Operation:
    """What decides whether an operation is explained. Every field is one of a few words, so that ten million operations
    are some hundred questions."""

    role: str
    borough: str
    """Of the principal; empty for the exchange's."""
    verb: str
    place: Place
    work: str
    """Kind of the chain that it names: ``drop``, ``run`` …; empty where it names none that is in the ledger."""
    tenant: str
    """Of the chain."""


@dataclass(frozen=True)
class Explanation:
    """Why, or that nothing says why."""

    way: Way
    by: str
    clause: str


def _right(by: str, container: str, whose: Whose, *verbs: str) -> Rule:
    return Rule(by, container, whose, frozenset(verbs))


_EVERYBODY: tuple[Whose, ...] = ("any", "exchange")
_BOXES = ("inbox", "outbox")
_COLLECT = (
    Rule("borough.drop", "inbox", "own", frozenset({"create"}), "datasets"),
    Rule("borough.collect", "outbox", "own", READING, "releases"),
)
RIGHTS: dict[str, tuple[Rule, ...]] = {
    "borough": _COLLECT,
    "officer": _COLLECT,
    "inbox pass": _COLLECT[:1],
    "outbox pass": _COLLECT[1:],
    "operator": (
        Rule("operator.read-ledger", "ledger", "exchange", READING, "records.ledger_days"),
        Rule("operator.read-certificates", "certificates", "any", READING, "records.certificate_days"),
        Rule("operator.read-certificates", "certificates", "exchange", READING, "records.certificate_days"),
        _right("operator.reference-data", "reference", "exchange", *READING, "create", "alter", "delete"),
        _right("operator.replay", "queue", "exchange", "put", "peek", "take", "survey"),
        _right("operator.dead-letters", "deadletter", "exchange", *READING, "delete"),
        _right("operator.survey", "account", "exchange", "survey"),
        _right("operator.issue-passes", "account", "exchange", "delegate"),
    ),
    "deployer": (
        _right("deployer.issue-passes", "account", "exchange", "delegate", "survey"),
        *(
            _right("deployer.make", kind, whose, "make", "look", "peek")
            for kind in (*_BOXES, *SHARED, "ledger", "reference", "deadletter", "queue")
            for whose in _EVERYBODY
        ),
    ),
    "keeper": tuple(_right("keeper.keys", "vault", whose, "keep", "look up") for whose in _EVERYBODY),
    "platform": (
        _right("platform.dead-letter", "deadletter", "exchange", "create", "alter", "look"),
        _right("platform.events", "queue", "exchange", "put", "peek"),
        _right("platform.events", "inbox", "any", *LOOKING),
        _right("platform.events", "requests", "any", *LOOKING),
        _right("platform.events", "requests", "exchange", *LOOKING),
    ),
    "lifecycle": tuple(
        Rule("platform.lifecycle", kind, whose, frozenset({"delete", "list"}), "retention.lifecycle_days")
        for kind in ("inbox", "outbox", "staging", "requests", "claims", "deadletter")
        for whose in _EVERYBODY
    ),
    "app": (  # whatever work it names, or none
        Rule("app.record", "ledger", "exchange", READING | {"create"}, "records.ledger_days"),
        *(_right("app.keys", "vault", whose, "look up") for whose in _EVERYBODY),
        _right("app.reference-data", "reference", "exchange", *READING),
        # The functions host looks at the blob of an event before it calls a function, under no id of ours.
        _right("app.trigger", "inbox", "any", "look"),
        _right("app.trigger", "requests", "any", "look"),
        _right("app.trigger", "queue", "exchange", "put", "peek", "take", "make"),
        # Reconciliation looks every five minutes; only a round that does something is in the ledger.
        _right("app.reconcile", "inbox", "any", *LOOKING),
        _right("app.reconcile", "requests", "any", *LOOKING),
        _right("app.reconcile", "claims", "any", *LOOKING),
        _right("app.reconcile", "deadletter", "exchange", *READING),
        _right("app.reconcile", "queue", "exchange", "survey"),
        _right("app.reconcile", "account", "exchange", "survey"),
    ),
    "anybody": tuple(_right("vault.challenge", "vault", whose, "authenticate") for whose in _EVERYBODY),
}
"""By role. What is not here is not allowed."""

_DISPOSED = ("inbox", "outbox", "staging", "requests", "claims")
_SWEEP = tuple(
    Rule("sweep", kind, "own", LOOKING | {"delete", "batch"}, f"retention.sweep_days.{kind}") for kind in _DISPOSED
)
WORK: dict[str, tuple[Rule, ...]] = {
    "event": (
        Rule("event", "inbox", "own", frozenset({"look", "read"}), "datasets"),
        Rule("event", "requests", "own", frozenset({"look", "read"}), "purposes"),
        Rule("event", "claims", "own", WRITING_ONCE | {"read"}, "datasets"),
        Rule("event", "vault", "own", frozenset({"unwrap"}), "datasets"),
        # That its file is delayed.
        Rule("event", "outbox", "own", WRITING_ONCE, "datasets"),
    ),
    "reconcile": (
        Rule("reconcile", "deadletter", "exchange", LOOKING | {"delete"}, "retention.sweep_days.deadletter"),
    ),
    "drop": (
        Rule("drop", "claims", "own", WRITING_ONCE | {"read"}, "datasets"),
        Rule("drop", "staging", "any", WRITING_ONCE | {"list"}, "datasets"),
        # Which identifiers its sender's earlier files had: sealed, in the sender's own part.
        Rule("drop", "staging", "own", frozenset({"look", "read"}), "datasets"),
        Rule("drop", "vault", "exchange", frozenset({"unwrap"}), "datasets"),
        Rule("drop", "requests", "any", WRITING_ONCE, "purposes"),
        Rule("drop", "outbox", "own", WRITING_ONCE, "datasets"),
        Rule("drop", "vault", "own", frozenset({"unwrap"}), "datasets"),
    ),
    "run": (
        Rule("run", "claims", "own", WRITING_ONCE | {"read"}, "linkage"),
        Rule("run", "staging", "own", READING | {"create"}, "linkage"),
        Rule("run", "outbox", "own", WRITING_ONCE, "releases.matches"),
        Rule("run", "vault", "exchange", frozenset({"unwrap"}), "linkage"),
    ),
    "enrolment": (
        Rule("enrolment", "claims", "own", WRITING_ONCE | {"read"}, "datasets.decisions"),
        Rule("enrolment", "staging", "own", READING, "datasets.decisions"),
        Rule("enrolment", "outbox", "any", WRITING_ONCE, "releases.enrolments"),
        Rule("enrolment", "vault", "exchange", frozenset({"unwrap"}), "datasets.decisions"),
    ),
    "sweep": (
        *_SWEEP,
        # Blocks that were never committed are discarded by an empty list of them.
        Rule("sweep", "inbox", "own", frozenset({"alter"}), "retention.sweep_days.inbox"),
        Rule("sweep", "claims", "own", READING | {"create", "delete"}, "retention.sweep_days"),
        Rule("sweep", "outbox", "own", LOOKING | {"create"}, "records.certificate_days"),
        Rule("sweep", "certificates", "own", WRITING_ONCE | {"read"}, "records.certificate_days"),
        Rule("sweep", "deadletter", "exchange", LOOKING | {"delete", "batch"}, "retention.sweep_days.deadletter"),
        Rule("sweep", "queue", "exchange", frozenset({"take", "peek", "survey"}), "retention.sweep_days.poison"),
        Rule("sweep", "account", "exchange", frozenset({"survey", "batch"}), "retention.sweep_days"),
        *(
            Rule("sweep", kind, "exchange", LOOKING, "retention.sweep_days")
            for kind in ("staging", "requests", "claims", "certificates")
        ),
    ),
    "records": tuple(
        Rule("records", kind, "exchange", LOOKING, "records")
        for kind in ("staging", "requests", "claims", "certificates")
    ),
    "watchdog": (
        *(Rule("watchdog", kind, "any", LOOKING, "retention.watchdog_days") for kind in _DISPOSED),
        *(
            Rule("watchdog", kind, "exchange", LOOKING, "retention.watchdog_days")
            for kind in ("staging", "requests", "claims", "certificates", "deadletter")
        ),
        Rule("watchdog", "queue", "exchange", frozenset({"take", "peek", "survey"}), "retention.watchdog_days"),
        Rule("watchdog", "account", "exchange", frozenset({"survey"}), "retention.watchdog_days"),
    ),
}
"""By kind of chain: what the app may do under it."""

ENDING: dict[str, tuple[Rule, ...]] = {
    "records": (
        Rule("records", "ledger", "exchange", LOOKING | {"delete"}, "records.ledger_days"),
        *(
            Rule("records", "certificates", whose, LOOKING | {"delete"}, "records.certificate_days")
            for whose in _EVERYBODY
        ),
    ),
}
"""By kind of chain: what the identity that ends records may do. The app, which writes them, may not."""
REPLAYING: dict[str, tuple[Rule, ...]] = {
    "replay": (Rule("replay", "ledger", "replay", frozenset({"create"}), "records"),)
}
"""By kind of chain: what operators may write under it, beside their rights. They add to no other chain."""
_WORK_OF: dict[str, dict[str, tuple[Rule, ...]]] = {"app": WORK, "records": ENDING, "operator": REPLAYING}


def explain(operation: Operation) -> Explanation | None:
    """Why the operation is allowed; `None` when nothing says so."""
    for rule in _WORK_OF.get(operation.role, {}).get(operation.work, ()):
        if _fits(rule, operation, operation.tenant):
            return Explanation("ledger", rule.by, rule.clause)
    for rule in RIGHTS.get(operation.role, ()):
        if _fits(rule, operation, operation.borough):
            return Explanation("right", rule.by, rule.clause)
    return None


def _fits(rule: Rule, operation: Operation, borough: str) -> bool:
    place = operation.place
    if rule.container != place.kind or operation.verb not in rule.verbs:
        return False
    if rule.whose == "replay":
        return place.owner == REPLAY
    if rule.whose == "any":
        return place.owner not in ("", EXCHANGE, REPLAY)
    # A listing across all parts of a shared container is a look at none of them in particular.
    if rule.whose == "exchange":
        return place.owner in ("", EXCHANGE, REPLAY)
    return bool(borough) and place.owner == borough
