"""What goes into an evidence folder out of a record: the facts of the page, and the files it rests on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from client.evidence.facts import Evidence, Head, collect
from client.evidence.folder import HEADS, KEY_FILE, as_json
from client.evidence.versions import versions_of
from shared.kernel import names
from shared.kernel.audit.chains import Chain, LedgerCopy, read_ledger
from shared.kernel.audit.leavings import leavings_of
from shared.kernel.envelope.keys import PublicKey, Use, read_public, write_public
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.errors import InvalidInput
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from shared.kernel.audit.report import AuditReport, Destruction
    from shared.kernel.ledger.events import Event
    from shared.kernel.terms.agreements import Agreements

KEY = KEY_FILE
_CERTIFICATE = re.compile(rf"{names.SLUG}/\d{{4}}-\d\d-\d\d-(?P<id>{names.ID})\.json")
"""Names that the exchange gives to certificates. Nothing else in the folder is copied: its name could say anything."""
_BEFORE_ITS_DAY = "purposes|in_force|controllers|quarantine|hold"
"""Clauses under which something goes that is not past the day of its kind."""
_WAY = re.compile(rf"(retention\.(sweep_days\.[a-z]{{1,16}}|[a-z]{{1,16}}_days)|{_BEFORE_ITS_DAY}) · [a-z_]{{1,24}}")


def gather(
    record: Path,
    report: AuditReport,
    agreements: Agreements,
    agreement_files: Mapping[str, Path],
    earlier: Mapping[str, Path] | None = None,
) -> tuple[Evidence, dict[str, bytes]]:
    """The facts of the page on the audit's `report` of `record`, and the files that lie beside it, by path.

    `earlier` are the files of earlier versions of agreements. The copies are those that the page tells how to check:
    certificates, the exchange's public keys, every agreement in every version of the period, the audit's JSON, and the
    ends of the ledger's chains.
    """
    report = replace(report, destructions=tuple(_plain(one, agreements) for one in report.destructions))
    ledger = read_ledger(record)
    certificates, events = _certificates(record, report), _within(ledger, report)
    versions, of_versions = versions_of(events, agreements, earlier or {})
    copies = {
        **of_versions,
        "audit.json": as_json(report.document()),
        **{f"agreements/{id}.yaml": path.read_bytes() for id, path in agreement_files.items()},
        HEADS: as_json({"chains": [asdict(head) for head in heads(ledger, report)]}),
        **{f"certificates/{path.relative_to(record / 'certificates').as_posix()}": data for path, data in certificates},
    }
    if keys := _keys(record):
        copies[KEY] = write_public(keys)
    stated = {_id(path): _bytes(data) for path, data in certificates}
    known = {certificate: count for certificate, count in stated.items() if count is not None}
    facts = collect(agreements, report, events, known)
    return replace(facts, versions=versions, left=leavings_of(ledger, report.last.isoformat())), copies


def _plain(told: Destruction, agreements: Agreements) -> Destruction:
    """Without what no certificate of the exchange says: one that is forged, or not verified, may hold anything."""
    known = told.borough in agreements.known or told.borough == EXCHANGE
    try:
        day = date.fromisoformat(told.day[:10]).isoformat()
    except ValueError:
        day = ""
    return replace(
        told,
        borough=told.borough if known else "",
        certificate=told.certificate if names.is_id(told.certificate) else "",
        day=day,
        by_clause={way: count for way, count in told.by_clause.items() if _WAY.fullmatch(way)},
    )


def heads(ledger: LedgerCopy, report: AuditReport) -> tuple[Head, ...]:
    """The ends of the chains that grew in the period, and with a borough, of those that concern it."""
    return tuple(
        Head(subject, len(chain.events), chain.events[-1].hash)
        for subject, chain in sorted(ledger.chains.items())
        if any(_in(event, report.first, report.last) for event in chain.events) and _concerns(chain, report.borough)
    )


def _within(ledger: LedgerCopy, report: AuditReport) -> list[Event]:
    events = (event for chain in ledger.chains.values() for event in chain.events)
    return [event for event in events if _in(event, report.first, report.last)]


def _in(event: Event, first: date, last: date) -> bool:
    return first.isoformat() <= event.at[:10] <= last.isoformat()


def _concerns(chain: Chain, borough: str) -> bool:
    """Whether the chain is of the borough's work, or sent something to it or counted something of its."""
    if not borough:
        return True
    named = {name.rpartition(".")[2] for event in chain.events for name in (*event.counts, *event.hashes)}
    return borough in named or any(event.tenant == borough for event in chain.events)


def _certificates(record: Path, report: AuditReport) -> list[tuple[Path, bytes]]:
    """Those of the report, but for any that is not what the exchange signed: that may hold anything at all."""
    told: Mapping[tuple[str, str], Destruction] = {(one.borough, one.certificate): one for one in report.destructions}
    folder = record / "certificates"
    found = []
    for path in sorted(folder.rglob("*.json")):
        if _CERTIFICATE.fullmatch(path.relative_to(folder).as_posix()):
            one = told.get((path.parent.name, _id(path)))
            if one is not None and (one.genuine or one.holds is not False):
                found.append((path, path.read_bytes()))
    return found


def _id(path: Path) -> str:
    return path.stem.rpartition("-")[2]


def _bytes(document: bytes) -> int | None:
    """The number of bytes destroyed, as the certificate states it."""
    try:
        stated: Any = loads_once(document)["payload"]["body"]["counts"]["bytes"]
    except (ValueError, KeyError, TypeError):
        return None
    return stated if type(stated) is int else None


def _keys(record: Path) -> tuple[PublicKey, ...]:
    """The exchange's public keys for signatures, out of any file in `keys/` that holds such."""
    found: dict[str, PublicKey] = {}
    for path in sorted((record / "keys").glob("*.json")):
        try:
            keys = read_public(path.read_bytes())
        except InvalidInput:
            continue
        found |= {key.key_id: key for key in keys if key.owner == EXCHANGE and key.use is Use.SIGN}
    return tuple(found[key_id] for key_id in sorted(found))
