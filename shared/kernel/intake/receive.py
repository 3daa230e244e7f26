"""A blob lies in an inbox: finds it, and hands what it holds to trust and to intake. What the drop trigger calls.

Every step can be repeated: ids are derived, claims fix the time, and every write is create-only. A process that is
killed between any two writes is simply started again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote

from shared.kernel.envelope.open import too_large
from shared.kernel.errors import Missing, NotAgreed, RefusedEvent, RejectedDrop, Unreadable, UnusableName
from shared.kernel.intake.answer import Arrival
from shared.kernel.intake.codes import GONE, NOT_A_BLOCK_BLOB, UNREADABLE, UNUSABLE_NAME
from shared.kernel.intake.identity import derived_id, drop_event
from shared.kernel.intake.outcome import ASKED, FOUND, RENAMED, settle
from shared.kernel.intake.run_now import run_now
from shared.kernel.intake.stops import as_it_stands
from shared.kernel.intake.take_in import SERVICE, refuse, take_in
from shared.kernel.intake.trust import arrive, open_drop, received_at
from shared.kernel.terms.run_now import is_asked_by_party

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.areas import Area, Blob


def receive(exchange: Exchange, *, tenant: str, container: str, name: str, or_named: Sequence[str] = ()) -> str | None:
    """Take in the blob `name` of `tenant`'s inbox and return the drop's id; `None` when it was here and is gone again,
    or asks for work that waits.

    `or_named` are other names that the event may mean; the first of them that is there counts. A fault of the sender is
    not raised: it ends in a coded report and a receipt in the tenant's outbox.

    Raises `RefusedEvent`, after recording it: EVT-001 when `container` is not the tenant's inbox; EVT-010, after
    answering the tenant, when there is no such blob and never was. Whatever else is raised is the exchange's fault, to
    be tried again.
    """
    event = drop_event(tenant, container, name)
    exchange = as_it_stands(exchange.working_on(event))
    inbox = exchange.storage.inbox(tenant)
    if container != inbox.container:
        exchange.ledger.record(event, "refused", service=SERVICE, tenant=tenant, codes=("EVT-001",))
        raise RefusedEvent("EVT-001", f"The function of {tenant} was handed a blob of another container.")
    try:
        if is_asked_by_party(name):
            drop = _ask(exchange, event, inbox, tenant, name)
        else:
            found = _fetch(exchange, event, inbox, tenant, name)
            drop = found if isinstance(found, str) else _take(exchange, event, tenant, found)
    except Missing:
        return _miss(exchange, event, tenant, name, or_named)
    settle(exchange, tenant, event)
    return drop


def _ask(exchange: Exchange, event: str, inbox: Area, tenant: str, name: str) -> str | None:
    """The party asks for work that waits: ask for it, or refuse a name that cannot be understood. Raises `Missing`."""
    try:
        inbox.facts(name)
    except UnusableName:
        return _refuse_unread(exchange, tenant, name, UNUSABLE_NAME.refusal())
    exchange.ledger.record(event, FOUND, service=SERVICE, tenant=tenant)
    try:
        collection, requests = run_now(exchange, tenant, name)
    except NotAgreed as refusal:
        return _refuse_unread(exchange, tenant, name, refusal)
    counts = {"requests": requests}
    exchange.ledger.record(event, ASKED, service=SERVICE, tenant=tenant, counts=counts, codes=(collection,))
    return None


def _fetch(exchange: Exchange, event: str, inbox: Area, tenant: str, name: str) -> Blob | str:
    """The blob; or, of one that is never read, the id under which it is refused. Raises `Missing` (STO-001)."""
    try:
        facts = inbox.facts(name)
        exchange.ledger.record(event, FOUND, service=SERVICE, tenant=tenant)
        if facts.kind != "BlockBlob":
            return _refuse_unread(exchange, tenant, facts.etag, NOT_A_BLOCK_BLOB.refusal())
        if facts.size > (widest := exchange.agreements.widest).bytes:
            return _refuse_unread(exchange, tenant, facts.etag, too_large(facts.size, widest))
        return inbox.read(name, if_match=facts.etag)  # the version whose size was looked at
    except UnusableName:
        return _refuse_unread(exchange, tenant, name, UNUSABLE_NAME.refusal())
    except Unreadable as fault:
        exchange.ledger.record(event, FOUND, service=SERVICE, tenant=tenant)
        return _refuse_unread(exchange, tenant, name, UNREADABLE[fault.code].refusal())


def _take(exchange: Exchange, event: str, tenant: str, blob: Blob) -> str:
    """Take in what the blob holds, or refuse it whole; the drop's id."""
    arrival = arrive(exchange, tenant, blob)
    try:
        opened = open_drop(exchange, arrival, blob)
    except RejectedDrop as refusal:
        return refuse(exchange, arrival.id, arrival, refusal)
    return take_in(exchange.under(opened.manifest.agreement), event, arrival, opened)


def _miss(exchange: Exchange, event: str, tenant: str, name: str, or_named: Sequence[str]) -> str | None:
    """There is no such blob. Three cases:

    - It was here: the event has come again after the blob's days were over. The ledger outlives every blob, and knows.
    - Its name was changed on its way, and another blob is meant, which is here.
    - Otherwise the event tells of a file that nobody will ever take in.
    """
    inbox = exchange.storage.inbox(tenant)
    if exchange.ledger.recorded(event, FOUND):
        exchange.ledger.record(event, "gone", service=SERVICE, tenant=tenant)
        return None
    if (meant := _meant(inbox, name, or_named)) is not None:
        there = drop_event(tenant, inbox.container, meant).partition(":")[2]
        exchange.ledger.record(event, RENAMED, service=SERVICE, tenant=tenant, hashes={"event": there})
        return receive(exchange, tenant=tenant, container=inbox.container, name=meant)
    _refuse_unread(exchange, tenant, f"gone {name}", GONE.refusal())
    exchange.ledger.record(event, "gone", service=SERVICE, tenant=tenant, codes=(GONE.code,))
    raise RefusedEvent("EVT-010", f"The function of {tenant} was told of a blob that is not there and never was.")


def _meant(inbox: Area, name: str, or_named: Sequence[str]) -> str | None:
    """The blob that a name means which is not there: another name of the event's, or the only blob whose name differs
    in nothing but its encoding and white space at its ends. Of two such nobody knows which is meant."""
    there = [blob.name for blob in inbox.list()]
    if found := [other for other in or_named if other in there]:
        return found[0]
    alike = [other for other in there if _decoded(other) == _decoded(name)]
    return alike[0] if len(alike) == 1 else None


def _decoded(name: str) -> str:
    """A name without its percent-encoding, however often it was encoded."""
    while (plainer := unquote(name)) != name:
        name = plainer
    return name.strip()


def _refuse_unread(exchange: Exchange, tenant: str, what: str, refusal: RejectedDrop) -> str:
    """Refuse a blob that is never read: its id rests on `what`, its ETag or its name, instead of its bytes."""
    drop = derived_id("unread", tenant, what)
    return refuse(exchange, drop, Arrival(tenant, drop, "", received_at(exchange, tenant, drop)), refusal)
