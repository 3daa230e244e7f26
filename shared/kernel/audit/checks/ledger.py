"""What the ledger says of the work, and whether it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from shared.kernel.audit.chains import Chain, moment
from shared.kernel.audit.checks.answer import Answer, ends_in, of_chain
from shared.kernel.audit.evidence import Evidence, micro, of_log, stamp
from shared.kernel.audit.jobs import ends_of, rights_of
from shared.kernel.audit.report import Finding, Place
from shared.kernel.audit.rules import DROP
from shared.kernel.terms.pipeline import EXCLUDED, REJECTED, ROUTED

_GRACE = timedelta(hours=24)
"""A drop that came in this long before the period's end, or later, may still be on its way."""
_ENDS_OF_DROPS = frozenset({REJECTED, ROUTED, EXCLUDED.rstrip(".")})
_WITH_ROWS = ("conserved", "unbalanced", "released")
"""Steps that only work on rows has."""


def rows_accounted(evidence: Evidence, party: str) -> Answer:
    """AUD-007: `conserved` adds up, nothing is `unbalanced`, and nothing was released or staged uncounted."""
    found, looked = [], 0
    for chain in evidence.chains():
        if not ends_in(evidence, chain, party):
            continue
        ends = _ends(evidence, chain)
        if ends is None:
            if any(chain.step(step) for step in _WITH_ROWS):
                found.append(of_chain("Work on rows of a kind that no agreement names.", chain))
            continue
        looked += 1
        conserved, unbalanced = chain.step("conserved"), chain.step("unbalanced")
        if unbalanced:
            found.append(of_chain("Rows went in that did not come out.", chain, unbalanced.seq))
        elif conserved and not _adds_up(conserved.counts, ends):
            found.append(of_chain("The counts of rows do not add up.", chain, conserved.seq))
        elif not conserved and not chain.broken and chain.step("done") and _has_rows(chain):
            found.append(of_chain("Work was done and its rows were never counted.", chain))
    return Answer(found, looked_at={"drops and jobs": looked})


def _has_rows(chain: Chain) -> bool:
    return bool(chain.step("received") or chain.step("released"))


def _ends(evidence: Evidence, chain: Chain) -> frozenset[str] | None:
    """Where rows of that work can come to, reasons of exclusion apart; `None` where it is no work on rows."""
    if chain.kind == DROP:
        return _ENDS_OF_DROPS
    if rights_of(evidence.agreements, chain.agreement, chain.kind) is None:
        return None
    return ends_of(evidence.agreements, chain.agreement)


def _adds_up(counts: Mapping[str, int], ends: frozenset[str]) -> bool:
    """Whether as many rows came to an end that there is as went in."""
    return counts.get("rows_in") == sum(count for name, count in counts.items() if name.partition(".")[0] in ends)


def receipts(evidence: Evidence, party: str) -> Answer:
    """AUD-008: every file in an inbox was looked at, every drop that began has ended, with a receipt."""
    found, drops, untold = [], 0, 0
    for chain in evidence.chains(DROP):
        if not ends_in(evidence, chain, party):
            continue
        drops += 1
        done = chain.step("done")
        if done is None:
            if chain.subject not in evidence.damaged and chain.span[1] < evidence.until - _GRACE:
                found.append(of_chain("A drop was begun and never ended.", chain))
        elif chain.subject.partition(":")[2] not in evidence.receipts:
            if not _is_logged(evidence, chain):
                untold += 1
                continue
            found.append(of_chain("A drop ended and nobody was seen to write its receipt.", chain, done.seq))
    lives = evidence.lives
    arrived = lives.births[lives.of_kind("inbox")[lives.births]]
    at = lives.columns["at"][arrived]
    inside = (at >= micro(evidence.since)) & (at < micro(evidence.until - _GRACE))
    unread = ~np.isin(lives.columns["object"][arrived], lives.read)
    for position in arrived[inside & unread]:
        row, place = lives.row(int(position)), lives.place(int(position))
        if party in ("", place.owner):
            what = "A file arrived in an inbox and nobody was seen to take it in."
            found.append(Finding(what, of_log(row), stamp(row.at), place.owner, "", "PutBlob", place.kind))
    note = f"Of {untold} drops the logs lack hours, so that their receipts cannot be told." if untold else ""
    looked_at = {"drops": drops, "arrivals": int(inside.sum())}
    return Answer(found, looked_at=looked_at, known=not untold, note=note)


def _is_logged(evidence: Evidence, chain: Chain) -> bool:
    """Whether there are logs of every hour from the chain's first event to its end."""
    first, last = chain.span
    hours = int((last - first) / timedelta(hours=1)) + 2
    return all(evidence.logged(min(first + timedelta(hours=n), last)) for n in range(hours))


def ledger_whole(evidence: Evidence, party: str) -> Answer:
    """AUD-009: chains hold, and what the logs saw written is what the copy has, both ways."""
    found = [
        of_chain(chain.broken, chain)
        for chain in evidence.ledger.chains.values()
        if chain.broken and (not party or chain.tenant in ("", party))
    ]
    tenant = {chain.subject: chain.tenant for chain in evidence.ledger.chains.values()}
    broken = {chain.subject for chain in evidence.ledger.chains.values() if chain.broken}
    for name, row in evidence.ledger_writes.items():
        subject = ":".join(name.split("/")[:2])
        if name in evidence.ledger.names or subject in broken or party not in ("", tenant.get(subject, "")):
            continue
        what = "The log saw an event written that the copy of the ledger does not have."
        of_ours = Place("log", row.file, row.line, subject) if subject in tenant else of_log(row)
        found.append(Finding(what, of_ours, stamp(row.at), tenant.get(subject, ""), "", "PutBlob", "ledger"))
    untold = 0
    for chain in evidence.chains():
        if party not in ("", chain.tenant) or chain.broken or chain.newer:
            continue
        for event in chain.events:
            name = f"{chain.subject.replace(':', '/')}/{event.seq:04d}.json"
            if name in evidence.ledger_writes or not evidence.in_period(moment(event)):
                continue
            if not evidence.logged(moment(event)):
                untold += 1
                continue
            what = "The copy of the ledger has an event that nobody was seen to write."
            found.append(of_chain(what, chain, event.seq))
    if evidence.ledger.strays and not party:
        what = f"{len(evidence.ledger.strays)} files are no event of any chain."
        found.append(Finding(what, Place("ledger", "ledger")))
    note = f"Of {untold} events the hour has no log of writes, so that nothing confirms them." if untold else ""
    if newer := sum(chain.newer for chain in evidence.ledger.chains.values()):
        note += f" {newer} chains have events that were written by a newer version: audit with that one."
    looked_at = {"chains": len(evidence.ledger.chains), "events": evidence.ledger.events}
    return Answer(found, looked_at=looked_at, known=not untold and not newer, note=note.strip())


def taken_in_once(evidence: Evidence, party: str) -> Answer:
    """AUD-012: no drop came again in other clothes."""
    found = [
        of_chain("The same file arrived again, under another name or signature.", chain, event.seq)
        for chain in evidence.chains(DROP)
        if (event := chain.step("repeated")) and evidence.in_period(moment(event)) and party in ("", chain.tenant)
    ]
    return Answer(found, looked_at={"drops": sum(1 for _ in evidence.chains(DROP))})
