"""What has changed of the pairs that were sent before: whoever had one is told, by its reference and a reason.

A run compares the pairs that it finds with those that the last runs over the same school boroughs found. A pair that
the family or an officer of the home borough has closed (opted out, rejected) is nobody's news.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.free_school_meals.eligibility.assess import assess
from shared.agreements.free_school_meals.kept import claim_refs, contact_refs
from shared.agreements.free_school_meals.memory import OPTED_OUT, REJECT, Memory
from shared.agreements.free_school_meals.releases import (
    BIRTHDAY_REF,
    CLAIM_REF,
    CONTACT_REF,
    EVIDENCE_REF,
)
from shared.agreements.free_school_meals.terms import own_terms
from shared.kernel.terms.model import Agreement
from shared.kernel.terms.pipeline import Notice, Pseudonyms, Word

GONE_FROM_SCHOOL, GONE_FROM_CLAIM = "pupil_gone", "claim_changed"
NOT_ENTITLED, NO_LONGER_LINKED = "benefit_ended", "no_longer_linked"
NO_TIER = "none"
BIRTHDAY, SCHOOL, TIER, CONTACT = "birthday", "school", "tier", "contact"
REASONS: Mapping[str, str] = {
    GONE_FROM_SCHOOL: "The school borough no longer has the pupil, or has them in another home borough.",
    GONE_FROM_CLAIM: "The claim has ended, or no longer has the child under that name and birthday.",
    NOT_ENTITLED: "The claim no longer entitles the child.",
    NO_LONGER_LINKED: "Both are there, and what is known of them now no longer says that they are the same child.",
    BIRTHDAY: "A birthday was put right, on one side or on both.",
    SCHOOL: "The pupil is at another school.",
    TIER: "The child is entitled to something else.",
    CONTACT: "Whether the family may be written to has changed: look before you send a letter.",
}
"""Every reason that a notice of this agreement can give, beside those of a recall."""
_CHANGED = {BIRTHDAY_REF: BIRTHDAY, "urn": SCHOOL, "tier": TIER, CONTACT_REF: CONTACT}


def changes(
    before: pa.Table, now: pa.Table, upns: pa.Array, claims: Mapping[str, Claim], memory: Memory, home: str
) -> tuple[Notice, ...]:
    """The notices of a run to the home borough and to every school borough concerned.

    `before` and `now` are pairs (`KEPT_COLUMNS`), each once; of `before` those alone whose school borough the run
    covers. `upns` are the pupils that are there, `claims` every child of a claim, by its `claim_ref`.
    """
    found = {row["match_ref"]: row for row in now.to_pylist()}
    there = set(upns.to_pylist())
    about: dict[tuple[str, Word], dict[str, str]] = {}
    for row in before.to_pylist():
        ref = row["match_ref"]
        if memory.stands(ref, OPTED_OUT) or memory.stands(row[EVIDENCE_REF], REJECT):
            continue
        word: Word = "correction" if ref in found else "withdrawal"
        why = _changed(row, found[ref]) if ref in found else _gone(row, there, claims)
        for to in (home, row["school_borough"]) if why else ():
            about.setdefault((to, word), {})[ref] = why
    return tuple(Notice(to, word, refs) for (to, word), refs in sorted(about.items()))


@dataclass(frozen=True)
class Claim:
    """A child of a claim as it is now."""

    tier: str
    suppressed: bool


def claims_of(
    home: str, households: pa.Table, agreement: Agreement, as_of: date, pseudonyms: Pseudonyms
) -> dict[str, Claim]:
    """Every child of a claim, by its `claim_ref`."""
    tiers = assess(households, rule_set=own_terms(agreement).eligibility.rule_set, as_of=as_of).column("tier")
    names = claim_refs(home, households, pseudonyms).to_pylist()
    found = map(Claim, tiers.to_pylist(), households.column("suppress_contact").to_pylist())
    return dict(zip(names, found, strict=True))


def at_school(before: pa.Table, pupils: pa.Table) -> pa.Table:
    """The pairs whose pupil is there, each at the school where the pupil is now."""
    urn = dict(zip(pupils.column("upn").to_pylist(), pupils.column("urn").to_pylist(), strict=True))
    rows = [row | {"urn": urn[row["upn"]]} for row in before.to_pylist() if row["upn"] in urn]
    return pa.Table.from_pylist(rows, schema=before.schema)


def at_home(before: pa.Table, claims: Mapping[str, Claim], pseudonyms: Pseudonyms) -> pa.Table:
    """The pairs whose child is on a claim that entitles them, each as it is now. A pair that an earlier version kept
    says no child, and stays."""
    on_one = [(row, claims[row[CLAIM_REF]]) for row in before.to_pylist() if row[CLAIM_REF] in claims]
    on_one = [(row, claim) for row, claim in on_one if claim.tier != NO_TIER]
    refs = pa.array([row["match_ref"] for row, _ in on_one], pa.string())
    contact = contact_refs(refs, pa.array([claim.suppressed for _, claim in on_one], pa.bool_()), pseudonyms)
    found = [
        row | {"tier": claim.tier, CONTACT_REF: name}
        for (row, claim), name in zip(on_one, contact.to_pylist(), strict=True)
    ]
    return pa.Table.from_pylist(
        [*found, *(row for row in before.to_pylist() if row[CLAIM_REF] is None)], schema=before.schema
    )


def covered_before(before: pa.Table, schools: Iterable[str]) -> pa.Table:
    """Those of school boroughs that the run covers: of the others it says nothing."""
    return before.filter(pc.is_in(before.column("school_borough"), pa.array(sorted(set(schools)), pa.string())))


def _changed(before: Mapping[str, str | None], now: Mapping[str, str | None]) -> str:
    """The first that is otherwise; empty where nothing is. What an earlier version did not keep is not compared."""
    return next((why for name, why in _CHANGED.items() if before[name] and before[name] != now[name]), "")


def _gone(row: Mapping[str, str | None], upns: set[str], claims: Mapping[str, Claim]) -> str:
    if row["upn"] not in upns:
        return GONE_FROM_SCHOOL
    claim = row[CLAIM_REF]
    if claim is not None and claim not in claims:
        return GONE_FROM_CLAIM
    return NOT_ENTITLED if claim is not None and claims[claim].tier == NO_TIER else NO_LONGER_LINKED
