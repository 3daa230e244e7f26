"""What follows when a party leaves, beside its rows: its keys end, and so do its passes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from client.codes import invalid
from operate.passes import LASTS

if TYPE_CHECKING:
    from operate.site import OperatedSite
    from shared.kernel.envelope.keys import PublicKey
    from shared.kernel.envelope.ring import LocalKeyRing
    from shared.kernel.envelope.vault import KeyVaultKeys

REVOKE_PASSES = "az storage account revoke-delegation-keys --name ACCOUNT --resource-group GROUP"
"""Ends every pass that there is, of every borough, at once: the others are issued new ones."""


@dataclass(frozen=True)
class Departure:
    """A party that leaves, the first day without it, and the agreement; empty: under every one."""

    party: str
    day: date
    agreement: str

    def passes_end(self) -> date:
        """The day by which every pass has ended that was issued to it before it left."""
        return self.day + LASTS

    def command(self) -> str:
        """What a keeper types, once it has left."""
        under = f" --agreement {self.agreement}" if self.agreement else ""
        return f"exchange agreement leave {self.party} --on {self.day}{under} --keys --out {self.party}-keys.json"


def stays_in(chosen: OperatedSite, leaving: Departure) -> tuple[str, ...]:
    """The agreements to which it is a party still: its keys and passes are needed for them."""
    from operate.ordering import orders
    from shared.kernel.terms.stops import Stops

    if not leaving.agreement:
        return ()
    every = [agreed.terms for agreed in chosen.every_agreement()]
    mine = [terms.id for terms in every if any(party.slug == leaving.party for party in terms.participants)]
    stops = Stops(orders(chosen))
    return tuple(id for id in mine if id != leaving.agreement and leaving.party not in stops.left(id, leaving.day))


def keys_of(chosen: OperatedSite, party: str) -> tuple[PublicKey, ...] | None:
    """The party's keys that are in use; `None` where they cannot be seen from here."""
    from shared.kernel.envelope.keys import Use
    from shared.kernel.errors import KeyUnavailable

    keys = _service(chosen)
    if keys is None:
        return None
    try:
        return tuple(key for use in (Use.DROP, Use.RELEASE, Use.SIGN) for key in keys.held(party, use))
    except KeyUnavailable:  # an operator is no keeper
        return None


def check_left(leaving: Departure, today: date, stays: tuple[str, ...]) -> None:
    """Raise `InvalidInput` KEY-013 while the party's keys are needed."""
    if stays:
        raise invalid("KEY-013", party=leaving.party, why=f"it is party to {', '.join(stays)}")
    if today < leaving.day:
        raise invalid("KEY-013", party=leaving.party, why=f"it is a party until {leaving.day - timedelta(days=1)}")


def end_keys(chosen: OperatedSite, party: str, at: datetime, out: Path) -> tuple[list[str], list[dict[str, Any]]]:
    """Revoke all keys of the party: their ids, and the results sealed to them that may still lie in its outbox.

    Their public parts with their end are in the file `out` before the first is revoked, beside those that are there
    already: a revoked key cannot be read any more, and old evidence verifies by it.
    """
    from operate.revoking import ended, sealed_to
    from shared.kernel.envelope.keys import Use, read_public, write_public

    keys = _service(chosen)
    if keys is None:
        chosen.need("vault")
        return [], []
    held = [key for use in (Use.DROP, Use.RELEASE, Use.SIGN) for key in keys.held(party, use)]
    if held:
        before = {key.key_id: key for key in read_public(out.read_bytes())} if out.is_file() else {}
        known = before | {key.key_id: ended(key, at, None) for key in held}
        out.write_bytes(write_public(tuple(known.values())))
    sealed = [key.key_id for key in held if key.use is Use.RELEASE] if chosen.account else []
    lying = [line for key_id in sealed for line in sealed_to(chosen, key_id, at)]
    for key in held:
        keys.revoke(key.key_id)
    return [key.key_id for key in held], lying


def _service(chosen: OperatedSite) -> KeyVaultKeys | LocalKeyRing | None:
    from shared.kernel.envelope.ring import LocalKeyRing

    if chosen.vault:
        return chosen.vault_keys()
    return LocalKeyRing(Path(chosen.keys)) if chosen.keys else None
