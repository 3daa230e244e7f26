"""Finds the newest table of totals in the outbox, and opens it with the party's own key."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from client.codes import invalid
from client.opening import open_release
from client.totals.table import Totals, checked
from shared.agreements.origin_destination.words import RELEASE

if TYPE_CHECKING:
    from shared.kernel.envelope.ring import LocalKeyRing
    from shared.kernel.storage.access import BoroughDoor
    from shared.kernel.storage.areas import BlobFacts
    from shared.kernel.terms.agreements import Agreements

AGREEMENT = "origin-destination"
FOLDER = f"{AGREEMENT}/{RELEASE}/"


class Collected(NamedTuple):
    """One release."""

    totals: Totals
    name: str
    collection: str


def collect_totals(
    door: BoroughDoor, collection: str | None, *, slug: str, ring: LocalKeyRing, agreements: Agreements
) -> Collected:
    """The newest table, of that collection where one is named.

    Raises `InvalidInput` TOT-001 where there is none, `UntrustedDrop` where it is not what the exchange sealed to
    `slug`.
    """
    prefix = f"{FOLDER}{collection}/" if collection else FOLDER
    found = [facts for facts in door.list(prefix) if facts.name.endswith(f"/{RELEASE}.parquet")]
    if not found:
        raise invalid("TOT-001", of=f" of {collection}" if collection else "")
    newest = max(found, key=_age)
    rows = open_release(door.fetch(newest.name), slug=slug, ring=ring, agreements=agreements)
    return Collected(checked(rows, newest.name), newest.name, newest.name.split("/")[2])


def _age(facts: BlobFacts) -> tuple[str, float, str]:
    """Later collections come after earlier ones, and of one collection what was written last."""
    year, _, term = facts.name.split("/")[2].partition("-")
    terms = ("spring", "summer", "autumn")
    place = terms.index(term) if term in terms else len(terms)
    return f"{year}{place}", facts.created.timestamp() if facts.created else 0.0, facts.name
