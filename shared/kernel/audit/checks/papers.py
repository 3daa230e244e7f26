"""What the register, the comparison of rights and the certificates say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.kernel.audit import granted
from shared.kernel.audit.certificates import CertificateCopy
from shared.kernel.audit.chains import moment
from shared.kernel.audit.checks.answer import Answer, of_chain
from shared.kernel.audit.evidence import Evidence
from shared.kernel.audit.people import ENTRA, People
from shared.kernel.audit.places import EXCHANGE, Places
from shared.kernel.audit.report import Finding, Place
from shared.kernel.terms.model import Agreement


def named(evidence: Evidence, party: str) -> Answer:
    """AUD-003, but for the operations: no party names more officers than it may, and nobody has a right that the
    templates do not give."""
    found = [*_officers(evidence, party), *_surplus(evidence, party)]
    looked_at = {"boroughs": len(evidence.register.boroughs)}
    if evidence.granted is not None:
        looked_at["rights"] = evidence.granted.compared
    return Answer(found, looked_at=looked_at)


def _surplus(evidence: Evidence, party: str) -> Iterable[Finding]:
    """Who could act and is not to: an officer who was taken out of the file of principals, or whom an owner let in."""
    if evidence.granted is None:
        return
    place = Place("register", granted.FILE)
    if not evidence.granted.sound:
        yield Finding("The comparison of rights is not what `exchange rights check --json` writes.", place)
    people, places = People(evidence.register), Places(evidence.agreements)
    for one in evidence.granted.surplus:
        on = places.container("blob", one.container)
        if party in ("", on.owner) or on.owner in ("", EXCHANGE):  # on everything is on the party's, too
            name = people.find(one.who, ENTRA).name
            what = "Somebody has a right that the templates do not give."
            yield Finding(what, place, "", on.owner, name, container=on.kind)


def _officers(evidence: Evidence, party: str) -> list[Finding]:
    """No more officers on any day than each agreement of the party allows. An officer of a party has all of its boxes,
    so that every one of them counts under every agreement."""
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
    return found


def _terms_of(evidence: Evidence, slug: str) -> Iterable[Agreement]:
    """The agreements of a party; of one that is party to none, all."""
    every = [agreed.terms for agreed in evidence.agreements]
    return [terms for terms in every if any(party.slug == slug for party in terms.participants)] or every


def certificates_hold(evidence: Evidence, party: str) -> Answer:
    """AUD-014: every certificate verifies with a key that somebody outside of the record vouches for, is what the
    ledger records, and names the one before it; and every one that the ledger records is there."""
    copies = [copy for copy in evidence.certificates if party in ("", copy.party)]
    found = [
        Finding(copy.wrong, Place("certificate", _safe(copy.file)), "", copy.party) for copy in copies if copy.wrong
    ]
    found += _gaps(evidence, copies)
    there = {copy.sha256 for copy in evidence.certificates}
    told = {copy.destruction.certificate for copy in evidence.certificates if copy.destruction}
    for chain in evidence.chains("sweep"):
        event = chain.step("certified")
        if event is None or party not in ("", chain.tenant) or chain.subject.partition(":")[2] in told:
            continue  # what is wrong with one that is there is said above
        if evidence.in_period(moment(event)) and event.hashes.get("certificate") not in there:
            found.append(of_chain("The ledger records a certificate that is not in the record.", chain, event.seq))
    for key in evidence.trust.strangers:
        what = f"The record has a signing key that nobody outside of it vouches for ({key.fingerprint[:12]})."
        found.append(Finding(what, Place("keys", "keys")))
    return Answer(found, looked_at={"certificates": len(copies)}, **_known(evidence, copies))


def _known(evidence: Evidence, copies: list[CertificateCopy]) -> dict[str, Any]:
    """Whether the answer is known, and why not."""
    notes = []
    if copies and not evidence.trust.keys:
        notes.append("The record has no public key of the exchange (keys/), so no signature could be verified.")
    elif copies and not evidence.trust.vouched:
        notes.append(
            "Nobody outside of the record says which keys are the exchange's: name their fingerprints in the register "
            "(`signing_keys`), or give what parties hold (--receipts)."
        )
    if newer := sum(copy.newer for copy in copies):
        notes.append(f"{newer} certificates were written by a newer version.")
    return {"known": not notes, "note": " ".join(notes)}


def _gaps(evidence: Evidence, copies: list[CertificateCopy]) -> list[Finding]:
    """Where a certificate does not name the one that lies before it."""
    found = []
    last: dict[str, CertificateCopy] = {}
    for copy in sorted((copy for copy in copies if not copy.wrong and copy.destruction), key=lambda copy: copy.file):
        before = last.get(copy.party)
        last[copy.party] = copy
        if not copy.names_before:
            continue
        if before is not None:
            named = copy.before is not None and copy.before.sha256 == before.sha256
        else:
            named = copy.before is None or copy.before.day < evidence.first.isoformat()
        if not named:
            what = "The certificate before this one, which it names, is not in the record."
            found.append(Finding(what, Place("certificate", _safe(copy.file)), "", copy.party))
    return found


def _safe(file: str) -> str:
    """The file's name if our grammar made it."""
    stem = file.rsplit("/", 1)[-1]
    return file if len(stem) == 48 and stem[:10].replace("-", "").isdigit() else "certificates"
