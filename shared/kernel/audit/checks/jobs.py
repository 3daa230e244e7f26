"""How jobs ended, by the ledger: each in one way, and one result of a collection is current."""

from __future__ import annotations

from collections.abc import Mapping

from shared.kernel.audit.chains import Chain
from shared.kernel.audit.checks.answer import Answer, ends_in, of_chain
from shared.kernel.audit.evidence import Evidence
from shared.kernel.audit.jobs import rights_of
from shared.kernel.terms.current import CURRENT


def ended_in_one_way(evidence: Evidence, party: str) -> Answer:
    """AUD-019: no job was both superseded and carried out, and what was replaced has a successor that is or was
    current."""
    ever, damaged = _ever_current(evidence), evidence.damaged
    found, looked = [], 0
    for chain in evidence.chains():
        if rights_of(evidence.agreements, chain.agreement, chain.kind) is None or not ends_in(evidence, chain, party):
            continue
        if chain.subject in damaged:
            continue  # AUD-009 names it: of a chain that lacks an event nobody knows how the job ended
        looked += 1
        if what := _wrong(chain, ever):
            found.append(of_chain(what, chain))
    return Answer(found, looked_at={"jobs": looked})


def _wrong(chain: Chain, ever: Mapping[str, str]) -> str:
    """What is wrong with how the job ended; empty when nothing is."""
    if chain.step("superseded") and (chain.step("released") or chain.step("withdrawn")):
        return "A job was superseded, and carried out or taken back too."
    replaced, id = chain.step("replaced"), chain.subject.partition(":")[2]
    if replaced and ever.get(replaced.hashes.get("by", "")) != chain.tenant:
        return "A result was replaced, and no other of its party ever became current in its place."
    if id in ever and not chain.step("released"):
        return "A result became current that was never released."
    return ""


def _ever_current(evidence: Evidence) -> dict[str, str]:
    """Whose it is, by the id of every job whose result became current."""
    return {
        event.hashes["job"]: chain.tenant
        for chain in evidence.ledger.chains.values()
        if chain.kind == CURRENT
        for event in chain.events
        if "job" in event.hashes
    }
