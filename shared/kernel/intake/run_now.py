"""Work that waits, asked for at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.kernel.intake.codes import ASKED_OTHERWISE, NO_SUCH_COLLECTION, NOTHING_WAITS_THERE
from shared.kernel.intake.due import begin_all
from shared.kernel.terms.run_now import asked_in

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange, Sharing


def run_now(exchange: Exchange, party: str, name: str) -> tuple[str, int]:
    """Ask for all work of the party that waits under the agreement and in the collection that the blob's name says.

    Returns the collection, and how many jobs that were. Raises what `read_asked` raises.
    """
    sharing, collection = read_asked(exchange, party, name)
    return collection, begin_all(sharing, party, collection)


def read_asked(exchange: Exchange, party: str, name: str) -> tuple[Sharing, str]:
    """Under which agreement, and in which collection, the blob's name asks for work.

    Raises `NotAgreed`: RUN-001 for a name that is none of these, RUN-002 where nothing of this party waits under that
    agreement, RUN-003 for a collection that it has not.
    """
    if (asked := asked_in(name)) is None:
        raise ASKED_OTHERWISE.refusal()
    agreement, collection = asked
    sharing = _sharing(exchange, party, agreement)
    if sharing is None:
        raise NOTHING_WAITS_THERE.refusal()
    if not any(collection in terms.collections for terms in sharing.agreement.datasets.values()):
        raise NO_SUCH_COLLECTION.refusal()
    return sharing, collection


def _sharing(exchange: Exchange, party: str, agreement: str) -> Sharing | None:
    if agreement not in exchange.agreements:
        return None
    sharing = exchange.under(agreement)
    takes_part = any(party == each.slug for each in sharing.agreement.participants)
    return sharing if takes_part and sharing.agreement.waits is not None else None
