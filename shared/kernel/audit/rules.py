"""What may be done whatever agreements there are: rights that hold at any time, and the exchange's own work. Data.

A right belongs to a role. Work belongs to a chain of the ledger, which the operation names as its client request id,
and reaches only places of the chain's own party. What drops and jobs may do is each agreement's to say (`jobs`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.kernel.audit.places import CERTIFICATES, EXCHANGE, HEADS, HELD, REPORTS, SHARED
from shared.kernel.intake.stops import STOP
from shared.kernel.terms.retention import retention_clause

Whose = Literal["own", "others", "any", "exchange", "replay", "incident"]
"""`own`: of the principal's, or the chain's, party. `others`: of some party but that. `any`: of some party. `exchange`:
of no party. `replay`, `incident`: that part of the ledger alone."""

DROP = "drop"
"""The kind of chain of a drop, of an agreement or of none."""
WAKE = "wake"
"""The kind of chain of work that waited and is asked for."""

LOOKING = frozenset({"look", "list"})
READING = frozenset({"look", "list", "read"})
WRITING_ONCE = frozenset({"create", "look"})
TAKING_BACK = WRITING_ONCE | {"list", "delete"}
"""A job may delete what it may write: what a newer result replaces, and what it cannot finish."""


@dataclass(frozen=True)
class Rule:
    """These verbs, in this kind of container, of these; and, where they are named, in these folders alone."""

    by: str
    """Its name in reports."""
    container: str
    whose: Whose
    verbs: frozenset[str]
    clause: str = ""
    agreement: str = ""
    """Whose folder it is: an agreement's id, or `exchange`; empty for all of them, and for the part as a whole."""
    folders: frozenset[str] = frozenset()
    """Within the agreement's folder; none for all of them."""


def _right(by: str, container: str, whose: Whose, *verbs: str) -> Rule:
    return Rule(by, container, whose, frozenset(verbs))


_EVERYBODY: tuple[Whose, ...] = ("any", "exchange")
_BOXES = ("inbox", "outbox")
_IN_PARTS = tuple(kind for kind in SHARED if kind not in (CERTIFICATES, HELD))
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
        # An empty blob that asks for work that waits; its folder is the agreement's.
        _right("operator.run-now", "requests", "any", "create"),
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
        for kind in ("inbox", "outbox", *_IN_PARTS, "deadletter")
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

_DISPOSED = ("inbox", "outbox", *_IN_PARTS)
_SWEEP = (
    *(Rule("sweep", kind, "own", LOOKING | {"delete", "batch"}, retention_clause(kind)) for kind in _DISPOSED),
    Rule("sweep", HELD, "own", LOOKING | {"delete", "batch"}, "hold"),
)
WORK: dict[str, tuple[Rule, ...]] = {
    "event": (
        Rule("event", "inbox", "own", frozenset({"look", "read"}), "datasets"),
        Rule("event", "requests", "own", frozenset({"look", "read"}), "purposes"),
        # Of a request that does not say its version: what the files that it is over say.
        Rule("event", "staging", "own", frozenset({"look"}), "purposes"),
        Rule("event", "claims", "own", WRITING_ONCE | {"read"}, "datasets"),
        Rule("event", "vault", "own", frozenset({"unwrap"}), "datasets"),
        # That its file is delayed.
        Rule("event", "outbox", "own", WRITING_ONCE, "datasets", EXCHANGE, frozenset({REPORTS})),
    ),
    "reconcile": (
        Rule("reconcile", "deadletter", "exchange", LOOKING | {"delete"}, "retention.sweep_days.deadletter"),
    ),
    # Of no agreement: one that could not be believed. It is answered, and that is all.
    DROP: (Rule(DROP, "outbox", "own", WRITING_ONCE, "datasets", EXCHANGE, frozenset({REPORTS})),),
    "sweep": (
        *_SWEEP,
        # Blocks that were never committed are discarded by an empty list of them.
        Rule("sweep", "inbox", "own", frozenset({"alter"}), "retention.sweep_days.inbox"),
        # Its own notes.
        Rule("sweep", "claims", "own", frozenset({"read", "create"}), "retention.sweep_days", EXCHANGE),
        Rule("sweep", "outbox", "own", WRITING_ONCE, "records.certificate_days", EXCHANGE, frozenset({CERTIFICATES})),
        Rule("sweep", "certificates", "own", WRITING_ONCE | {"list", "read"}, "records.certificate_days"),
        Rule("sweep", "deadletter", "exchange", LOOKING | {"delete", "batch"}, "retention.sweep_days.deadletter"),
        Rule("sweep", "queue", "exchange", frozenset({"take", "peek", "survey"}), "retention.sweep_days.poison"),
        Rule("sweep", "account", "exchange", frozenset({"survey", "batch"}), "retention.sweep_days"),
        *(Rule("sweep", kind, "exchange", LOOKING, "retention.sweep_days") for kind in SHARED),
    ),
    "heads": (
        Rule("heads", "certificates", "exchange", WRITING_ONCE | {"list", "read"}, "records.certificate_days"),
        Rule("heads", "outbox", "any", WRITING_ONCE, "records.certificate_days", EXCHANGE, frozenset({HEADS})),
        Rule("heads", "account", "exchange", frozenset({"survey"}), "records.certificate_days"),
    ),
    # An order of the operators takes rows out of use: what rests on them is found and taken back, the work without them
    # asked for; what a hold wants is read as it lies, sealed, and kept.
    STOP: (
        *(Rule(STOP, kind, "any", READING, "hold") for kind in ("inbox", "staging", "pending")),
        Rule(STOP, HELD, "any", WRITING_ONCE | {"list"}, "hold"),
        Rule(STOP, "requests", "any", READING | {"create"}, "quarantine"),
        Rule(STOP, "claims", "any", WRITING_ONCE | {"list"}, "quarantine"),
        *(Rule(STOP, kind, "any", LOOKING | {"delete"}, "quarantine") for kind in ("staging", "pending")),
        Rule(STOP, "outbox", "any", TAKING_BACK, "quarantine"),
        *(Rule(STOP, "vault", whose, frozenset({"look up"}), "controllers") for whose in ("any", "exchange")),
        Rule(STOP, "account", "exchange", frozenset({"survey"}), "quarantine"),
        *(Rule(STOP, kind, "exchange", LOOKING, "quarantine") for kind in SHARED),
    ),
    "records": tuple(Rule("records", kind, "exchange", LOOKING, "records") for kind in SHARED),
    "watchdog": (
        # Which files work that is finished was over: a request names them.
        Rule("watchdog", "requests", "any", frozenset({"read"}), "waits"),
        *(Rule("watchdog", kind, "any", LOOKING, "retention.watchdog_days") for kind in (*_DISPOSED, HELD)),
        *(Rule("watchdog", kind, "exchange", LOOKING, "retention.watchdog_days") for kind in (*SHARED, "deadletter")),
        Rule("watchdog", "queue", "exchange", frozenset({"take", "peek", "survey"}), "retention.watchdog_days"),
        Rule("watchdog", "account", "exchange", frozenset({"survey"}), "retention.watchdog_days"),
    ),
}
"""By kind of chain, where it is of no agreement: what the app may do under it."""

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
    "replay": (Rule("replay", "ledger", "replay", frozenset({"create"}), "records"),),
    "incident": (Rule("incident", "ledger", "incident", frozenset({"create"}), "records"),),
}
"""By kind of chain: what operators may write under it, beside their rights. They add to no other chain."""
