"""What the register and the certificates say."""

from __future__ import annotations

from collections.abc import Iterable

from shared.kernel.audit.chains import moment
from shared.kernel.audit.checks.answer import Answer, of_chain
from shared.kernel.audit.evidence import Evidence
from shared.kernel.audit.report import Finding, Place
from shared.kernel.terms.model import Agreement


def officers(evidence: Evidence, party: str) -> Answer:
    """AUD-003, the register's half: no more officers on any day than each agreement of the party allows. An officer of
    a party has all of its boxes, so that every one of them counts under every agreement."""
    found = []
    for slug, parties in sorted(evidence.register.boroughs.items()):
        days = {evidence.first, *(o.first for o in parties.officers if o.first)}
        at_once = max(
            sum((o.first is None or o.first <= day) and (o.last is None or day <= o.last) for o in parties.officers)
            for day in days
            if day <= evidence.last
        )
        for terms in _terms_of(evidence, slug) if party in ("", slug) else ():
            if at_once > terms.officers_per_party:
                allowed = f"{terms.reference} allows {terms.officers_per_party}"
                what = f"The register names {at_once} officers at once; {allowed}."
                found.append(Finding(what, Place("register", "register.yaml"), "", slug))
    return Answer(found, looked_at={"boroughs": len(evidence.register.boroughs)})


def _terms_of(evidence: Evidence, slug: str) -> Iterable[Agreement]:
    """The agreements of a party; of one that is party to none, all."""
    every = [agreed.terms for agreed in evidence.agreements]
    return [terms for terms in every if any(party.slug == slug for party in terms.participants)] or every


def certificates_hold(evidence: Evidence, party: str) -> Answer:
    """AUD-014: every certificate verifies, and every one that the ledger records is there."""
    copies = [copy for copy in evidence.certificates if party in ("", copy.party)]
    found = [
        Finding(copy.wrong, Place("certificate", _safe(copy.file)), "", copy.party) for copy in copies if copy.wrong
    ]
    there = {copy.sha256 for copy in evidence.certificates}
    told = {copy.destruction.certificate for copy in evidence.certificates if copy.destruction}
    for chain in evidence.chains("sweep"):
        event = chain.step("certified")
        if event is None or party not in ("", chain.tenant) or chain.subject.partition(":")[2] in told:
            continue
        if evidence.in_period(moment(event)) and event.hashes.get("certificate") not in there:
            found.append(of_chain("The ledger records a certificate that is not in the record.", chain, event.seq))
    known = evidence.has_keys or not copies
    note = "" if known else "The record has no public key of the exchange (keys/), so no signature could be verified."
    return Answer(found, looked_at={"certificates": len(copies)}, known=known or bool(found), note=note)


def _safe(file: str) -> str:
    """The file's name if our grammar made it."""
    stem = file.rsplit("/", 1)[-1]
    return file if len(stem) == 48 and stem[:10].replace("-", "").isdigit() else "certificates"
