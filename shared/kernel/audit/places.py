"""Which kind of container a name is, and whose. The table of `kernel/storage/storage.py`, read backwards."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.kernel import names
from shared.kernel.terms.model import Agreement

SHARED = ("staging", "requests", "claims", "certificates")
"""Containers of which each borough has the part under its own prefix."""
EXCHANGE = "exchange"
REPLAY = "replay"
"""The one part of the ledger that operators may add to: what they gave again, and removed."""
_WHOLE = {"ledger": "ledger", "reference": "reference", "deadletter": "deadletter"}
OURS = re.compile(
    rf"({names.AGREEMENT}/)?(reports|enrolments|results|decisions|certificates|drop|run|enrolment|event|sweep|watchdog|result|policy|records|replay|"
    rf"reconcile)/({names.COLLECTION}/|\d{{8}}-(\d{{4}}-)?)?{names.ID}/[a-z]*(\d{{4}})?\.?[a-z]+"
)
"""Names that this product's own grammar makes, and nobody else: safe to repeat."""


@dataclass(frozen=True)
class Place:
    """A kind of container and whose it, or its part, is: a slug, `exchange`, or empty for a listing across parts.

    The ledger is the exchange's, but for the part `replay`.
    """

    kind: str
    owner: str


class Places:
    """All places of one agreement, numbered."""

    def __init__(self, agreement: Agreement) -> None:
        self._slugs = frozenset(agreement.by_slug)

    def container(self, service: str, container: str) -> Place:
        """The place of a container; the owner of a shared one's part is for `part` to say."""
        if service == "vault":
            return Place("vault", EXCHANGE)
        if service == "queue":
            return Place("queue", EXCHANGE)
        if not container:
            return Place("account", EXCHANGE)
        if container in _WHOLE:
            return Place(_WHOLE[container], EXCHANGE)
        if container in SHARED:
            return Place(container, "")
        slug, _, box = container.rpartition("-")
        if box in ("inbox", "outbox") and slug in self._slugs:
            return Place(box, slug)
        return Place("other", "")

    def part(self, first: str) -> str:
        """Whose part of a shared container begins with this; empty when nobody's."""
        return first if first in self._slugs or first == EXCHANGE else ""


def shown_name(kind: str, blob: str) -> str:
    """The name, where our own grammar made it and it can hold nothing else; else empty."""
    return blob if kind in ("outbox", "ledger") and OURS.fullmatch(blob) else ""
