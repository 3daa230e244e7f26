"""What only the exchange can tell, asked before anything is sealed: its clock, and the agreement it goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client.codes import invalid
from client.connect import ahead, check_clock, open_door
from client.console import note
from client.passes import OUTBOX
from shared.kernel.errors import InvalidInput, StorageFault
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from client.settings import Settings
    from shared.kernel.storage.access import BoroughDoor
    from shared.kernel.terms.model import Agreement


def look_beforehand(settings: Settings) -> None:
    """Compare clock and agreement with the exchange's, where the profile says how to reach it and it answers.

    Sealing needs no line, so without one this is only said. Raises `InvalidInput` INP-104 and INP-105.
    """
    if not (settings.account_url or settings.outbox_url):
        return
    try:
        with open_door(settings, OUTBOX) as door:
            door.greet()
            difference, theirs = ahead(door), agreement_of(door, settings.agreement())
    except StorageFault as fault:
        note(f"Clock and agreement could not be compared with the exchange's: {fault.code}: {fault.message}")
        return
    except InvalidInput as fault:  # a pass that has ended is no reason not to seal
        note(f"Clock and agreement could not be compared with the exchange's: {fault.code}: {fault.message}")
        return
    check_clock(difference)
    check_agreement(settings.agreement(), theirs)


def agreement_of(door: BoroughDoor, ours: Agreement) -> str:
    """The version of our agreement that the exchange's newest report names; empty when there is none yet."""
    reports = [facts for facts in door.list(f"{ours.id}/reports/") if facts.name.endswith("/report.json")]
    for facts in sorted(reports, key=lambda facts: str(facts.created), reverse=True)[:1]:
        try:
            return str(loads_once(door.fetch(facts.name).data)["facts"]["agreement"])
        except (ValueError, KeyError, TypeError):
            return ""
    return ""


def check_agreement(ours: Agreement, theirs: str) -> str:
    """Raise `InvalidInput` INP-105 when the exchange goes by a newer version than this command; say what it goes by."""
    if not theirs:
        return f"not known: no report has come yet (this command: {ours.reference})"
    name, _, version = theirs.partition("@")
    if name == ours.id and _numbers(version) > _numbers(ours.version):
        raise invalid("INP-105", theirs=theirs, ours=ours.reference)
    return theirs


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))
