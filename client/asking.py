"""Which work that waits somebody asks for at once: under which agreements, in which collections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client.codes import invalid

if TYPE_CHECKING:
    from datetime import date

    from shared.kernel.terms.agreements import Agreements
    from shared.kernel.terms.model import Agreement


def asked_for(
    agreements: Agreements, party: str, on: date, *, agreement: str | None, collection: str | None
) -> list[tuple[str, str]]:
    """Agreement and collection of everything that is asked for; of one that is not named, all that are open that day.

    Raises `InvalidInput` RUN-004 where no work of this party waits, RUN-005 for a collection that there is not.
    """
    terms = [
        agreed.terms
        for agreed in agreements
        if agreement in (None, agreed.terms.id)
        and agreed.terms.waits is not None
        and party in (each.slug for each in agreed.terms.participants)
    ]
    if not terms:
        raise invalid("RUN-004", party=party, what=agreement or "any agreement")
    known = {(each.id, name) for each in terms for name in _collections(each)}
    if collection is None:
        return sorted({(each.id, name) for each in terms for name in _collections(each, on)})
    found = sorted(pair for pair in known if pair[1] == collection)
    if not found:
        names = ", ".join(sorted({name for _, name in known}))
        raise invalid("RUN-005", what=agreement or "No agreement", name=collection, known=names)
    return found


def who_waits(agreements: Agreements, agreement: str | None) -> tuple[str, ...]:
    """Every party to an agreement under which work waits, or to this one."""
    terms = [one.terms for one in agreements if agreement in (None, one.terms.id) and one.terms.waits is not None]
    return tuple(dict.fromkeys(party.slug for each in terms for party in each.participants))


def _collections(terms: Agreement, on: date | None = None) -> set[str]:
    """All that the agreement has, or those that take drops on a day."""
    return {
        name
        for dataset in terms.datasets.values()
        for name, days in dataset.collections.items()
        if on is None or days.covers(on)
    }
