"""How an operator's order reaches the exchange: a small file among the requests of the party whose rows it is about.

Operators may create there, and read no row: the exchange itself finds the rows, and takes them out of use.
"""

from __future__ import annotations

import getpass
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from client.codes import invalid
from client.console import step

if TYPE_CHECKING:
    from operate.site import OperatedSite
    from shared.kernel.ledger.chain import Ledger
    from shared.kernel.terms.orders import Order
    from shared.kernel.terms.stops import Stop

By = Annotated[
    str | None,
    typer.Option("--by", help="Who orders it; else your name on this machine. The record has a digest of it alone."),
]
Agreement = Annotated[str | None, typer.Option("--agreement", help="Under this agreement; else under every one.")]


@dataclass(frozen=True)
class Scope:
    """What an order is about: all rows of a party, or a drop or job of its."""

    party: str
    drops: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()


def scope_of(chosen: OperatedSite, text: str) -> Scope:
    """Read ``drop:<id>``, ``run:<id>`` or a party's slug; whose drop it is, the ledger says.

    Raises `InvalidInput`: INP-042 where the ledger has no such drop or job, INP-023 for another word.
    """
    from shared.kernel.ledger.chain import Ledger

    kind, colon, id = text.partition(":")
    if not colon:
        return Scope(party_of(chosen, text))
    with step("Looking it up in the ledger"), chosen.storage() as storage:
        owner = _owner_of(Ledger(storage.ledger()), text)
    return Scope(owner, drops=(id,)) if kind == "drop" else Scope(owner, jobs=(id,))


def party_of(chosen: OperatedSite, slug: str) -> str:
    """The slug, where it is a party's. Raises `InvalidInput` (INP-023)."""
    agreements = chosen.every_agreement()
    if slug not in agreements.parties:
        raise invalid("INP-023", name=slug, known=", ".join(agreements.parties))
    return slug


def give(chosen: OperatedSite, order: Order) -> str:
    """Write the order, once; its id in the ledger is ``stop:<id>``."""
    from shared.kernel.errors import AlreadyExists

    with step("Ordering"), chosen.storage() as storage, suppress(AlreadyExists):
        storage.requests(order.party).create(order.name, order.document, content_type="application/json")
    return order.stop


def orders(chosen: OperatedSite) -> tuple[Stop, ...]:
    """Every order that the ledger has, the oldest first."""
    from shared.kernel.intake.stops import stops_in
    from shared.kernel.ledger.chain import Ledger

    with step("Reading the ledger"), chosen.storage() as storage:
        return stops_in(Ledger(storage.ledger())).every


def digest(by: str | None) -> str:
    """Who orders it, as the record has it."""
    from shared.kernel.terms.orders import digest_of

    return digest_of(by or getpass.getuser())


def _owner_of(ledger: Ledger, subject: str) -> str:
    from shared.kernel.errors import LedgerRefused

    try:
        chain = ledger.events(subject)
    except LedgerRefused:
        raise invalid("INP-048", subject=subject) from None
    if not chain:
        raise invalid("INP-042", subject=subject)
    return chain[0].tenant
