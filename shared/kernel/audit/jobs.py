"""What drops and jobs of each agreement may do, from what its pipeline says: a further agreement adds nothing here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.kernel.audit.places import REPORTS
from shared.kernel.audit.rules import DROP, LOOKING, READING, TAKING_BACK, WAKE, WRITING_ONCE, Rule, Whose
from shared.kernel.contract.objections import objectable
from shared.kernel.intake.due import MARKS
from shared.kernel.intake.index import INDEX
from shared.kernel.intake.ties import TIES
from shared.kernel.objected import OBJECTED
from shared.kernel.rights.out_of_use import OUT_OF_USE
from shared.kernel.terms.retention import retention_clause
from shared.kernel.waiting.tell import WAITING

if TYPE_CHECKING:
    from shared.kernel.terms.agreements import Agreed, Agreements
    from shared.kernel.terms.model import Agreement
    from shared.kernel.terms.pipeline import Rights

_WHOSE: dict[str, Whose] = {"own": "own", "others": "others", "any": "any"}


def id_of(reference: str) -> str:
    """The id in an agreement's reference (`id@version`)."""
    return reference.partition("@")[0]


def rights_of(agreements: Agreements, reference: str, kind: str) -> Rights | None:
    """What this kind of job of that agreement may do; `None` where it is no job of any agreement."""
    agreement = id_of(reference)
    return agreements[agreement].pipeline.kinds.get(kind) if agreement in agreements else None


def ends_of(agreements: Agreements, reference: str) -> frozenset[str]:
    """The ends to which rows of this agreement's jobs can come, without the reasons of what is excluded."""
    agreement = id_of(reference)
    return frozenset(agreements[agreement].pipeline.ends) if agreement in agreements else frozenset()


def rules_of(agreed: Agreed) -> dict[str, tuple[Rule, ...]]:
    """By kind of chain: what the app may do under it for this agreement, in this agreement's folders alone."""
    jobs = agreed.pipeline.kinds
    return {
        **{kind: tuple(_of_job(agreed.terms, kind, rights)) for kind, rights in jobs.items()},
        DROP: tuple(_of_drop(agreed)),
        WAKE: tuple(_of_wake(agreed.terms)),
        OBJECTED: tuple(_of_objections(agreed)),
        # That rows wait.
        # That rows are out of use.
        OUT_OF_USE: (
            Rule(OUT_OF_USE, "outbox", "own", WRITING_ONCE, "in_force", agreed.terms.id, frozenset({REPORTS})),
        ),
        WAITING: (Rule(WAITING, "outbox", "own", WRITING_ONCE, "waits", agreed.terms.id, frozenset({REPORTS})),),
    }


def _of_drop(agreed: Agreed) -> Iterator[Rule]:
    id, datasets = agreed.terms.id, frozenset(agreed.pipeline.contracts)
    indexes, ties = (frozenset(f"{dataset}{more}" for dataset in datasets) for more in (INDEX, TIES))
    yield Rule(DROP, "claims", "own", WRITING_ONCE | {"read"}, "datasets", id)
    yield Rule(DROP, "staging", "any", WRITING_ONCE, "datasets", id, datasets | ties)
    yield Rule(DROP, "staging", "own", WRITING_ONCE | {"read"}, "datasets", id, indexes)
    # To see which jobs are due: names alone.
    yield Rule(DROP, "staging", "any", frozenset({"list"}), "datasets", id)
    yield from _looking_at_pending(DROP, "any", agreed.terms)
    yield Rule(DROP, "vault", "exchange", frozenset({"unwrap"}), "datasets")
    yield Rule(DROP, "vault", "own", frozenset({"unwrap"}), "datasets")
    yield Rule(DROP, "requests", "any", WRITING_ONCE, "purposes", id)
    if _takes_objections(agreed):
        yield Rule(DROP, "decisions", "own", READING, retention_clause("decisions"), id, frozenset({OBJECTED}))
    yield Rule(DROP, "outbox", "own", WRITING_ONCE, "datasets", id, frozenset({REPORTS}))
    if agreed.terms.waits:
        yield Rule(DROP, "claims", "any", WRITING_ONCE, "waits", id, frozenset({MARKS}))


def _takes_objections(agreed: Agreed) -> bool:
    return agreed.terms.takes_objections and objectable(agreed.pipeline.contracts)


def _of_objections(agreed: Agreed) -> Iterator[Rule]:
    """Whoever has objected is remembered by every party, and taken out of its sender's rows, wherever they lie."""
    if not _takes_objections(agreed):
        return
    id, datasets, clause = agreed.terms.id, frozenset(agreed.pipeline.contracts), retention_clause("decisions")
    indexes, ties = (frozenset(f"{dataset}{more}" for dataset in datasets) for more in (INDEX, TIES))
    yield Rule(OBJECTED, "decisions", "any", WRITING_ONCE, clause, id, frozenset({OBJECTED}))
    yield Rule(OBJECTED, "decisions", "own", READING, clause, id, frozenset({OBJECTED}))
    yield Rule(OBJECTED, "staging", "any", WRITING_ONCE | {"read"}, clause, id, datasets | ties)
    yield Rule(OBJECTED, "staging", "own", WRITING_ONCE | READING, clause, id, indexes)
    yield Rule(OBJECTED, "staging", "any", frozenset({"list"}), clause, id)
    yield from _looking_at_pending(OBJECTED, "any", agreed.terms)
    yield Rule(OBJECTED, "claims", "own", WRITING_ONCE | {"read"}, clause, id)
    yield Rule(OBJECTED, "requests", "any", WRITING_ONCE, "purposes", id)
    yield Rule(OBJECTED, "vault", "exchange", frozenset({"unwrap"}), clause)
    if agreed.terms.waits:
        yield Rule(OBJECTED, "claims", "any", WRITING_ONCE, "waits", id, frozenset({MARKS}))


def _of_wake(terms: Agreement) -> Iterator[Rule]:
    if terms.waits:
        yield Rule(WAKE, "claims", "own", LOOKING | {"delete"}, "waits", terms.id, frozenset({MARKS}))
        # To see what is due: names alone.
        yield Rule(WAKE, "staging", "own", frozenset({"list"}), "datasets", terms.id)
        yield from _looking_at_pending(WAKE, "own", terms)
        yield Rule(WAKE, "requests", "own", WRITING_ONCE, "purposes", terms.id)


def _looking_at_pending(kind: str, whose: Whose, terms: Agreement) -> Iterator[Rule]:
    """To see whether anything was sent that can have changed: names alone."""
    if terms.retention.pending_days is not None:
        yield Rule(kind, "pending", whose, frozenset({"list"}), retention_clause("pending"), terms.id)


def _of_job(terms: Agreement, kind: str, rights: Rights) -> Iterator[Rule]:
    id = terms.id
    yield Rule(kind, "claims", "own", WRITING_ONCE | {"read"}, "purposes", id)
    yield Rule(kind, "staging", "own", READING, "datasets", id, rights.reads | rights.looks_up)
    yield Rule(kind, "staging", "own", frozenset({"list"}), "datasets", id)
    yield Rule(kind, "vault", "exchange", frozenset({"unwrap"}), "purposes")
    # Of a job that is stopped: the work over what may still be used.
    yield Rule(kind, "requests", "own", WRITING_ONCE, "in_force", id)
    for container, read, written, writing in (
        ("pending", rights.settles, rights.leaves_pending, TAKING_BACK),
        ("decisions", rights.recalls, frozenset(rights.remembers), WRITING_ONCE),
    ):
        if read:
            yield Rule(kind, container, "own", READING, retention_clause(container), id, read)
        if written:
            yield Rule(kind, container, "own", writing, retention_clause(container), id, written)
    if rights.keeps:
        yield Rule(kind, "staging", "own", TAKING_BACK, "purposes", id, rights.keeps)
    yield Rule(kind, "outbox", "own", TAKING_BACK, "purposes", id, frozenset({rights.folder}))
    if rights.tells:
        yield Rule(kind, "outbox", "any", WRITING_ONCE, "datasets", id, frozenset({REPORTS}))
    for release, folder in rights.sends.items():
        if agreed_terms := terms.release_terms(release):
            clause = f"releases.{release}"
            yield Rule(kind, "outbox", _WHOSE[agreed_terms.to], TAKING_BACK, clause, id, frozenset({folder}))
