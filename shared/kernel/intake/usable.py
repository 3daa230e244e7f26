"""May these rows be worked with now? By the agreement as it is today, and by what the operators have ordered.

It is asked when work is done, not when it is asked for: between the two a party may leave, an agreement end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.kernel.terms.stops import why_not

if TYPE_CHECKING:
    from datetime import date

    from shared.kernel.exchange import Sharing
    from shared.kernel.terms.gates import AgreementCode
    from shared.kernel.terms.partition import Partition


def why_unusable(sharing: Sharing, party: str, partition: Partition, on: date | None = None) -> AgreementCode | None:
    """Why nobody may work with this file of a party's part of staging or pending; `None` where one may."""
    on = on or sharing.today
    agreement = sharing.agreement
    of_a_drop = partition.dataset in sharing.pipeline.contracts
    dataset = partition.dataset if of_a_drop else ""
    reason = why_not(agreement, party=party, sender=partition.sender, dataset=dataset, on=on)
    stop = sharing.exchange.stops.on(agreement.id, party, partition.sender, work=partition.drop, on=on)
    return reason or (stop.code(on) if stop else None)


def is_usable(sharing: Sharing, party: str, partition: Partition) -> bool:
    """Whether this file of a party's part of staging or pending may be worked with now."""
    return why_unusable(sharing, party, partition) is None
