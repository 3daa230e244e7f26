"""What stays of a key that is revoked: its public part with its end, and the results that only it opens."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from operate.site import OperatedSite
    from shared.kernel.envelope.keys import PublicKey
    from shared.kernel.terms.agreements import Agreed

_OVER = frozenset({"replaced", "withdrawn"})
"""Steps of a job whose results are in no outbox any more."""


def ended(key: PublicKey, at: datetime, compromised: datetime | None) -> PublicKey:
    """The key as evidence knows it from now on: what is dated later does not count."""
    since = int(compromised.timestamp()) if compromised else None
    return replace(key, validity=replace(key.validity, last=int(at.timestamp()), compromised=since))


def sealed_to(chosen: OperatedSite, key_id: str, now: datetime) -> list[dict[str, str]]:
    """The results that are sealed to the key and may still lie in an outbox, as the ledger has them."""
    from shared.kernel.intake.stops import key_mark

    mark = key_mark(key_id)
    return [line for agreed in chosen.every_agreement() for line in _of(chosen, agreed, mark, now)]


def _of(chosen: OperatedSite, agreed: Agreed, mark: str, now: datetime) -> Iterator[dict[str, str]]:
    from shared.kernel.intake.stops import SEALED_TO
    from shared.kernel.ledger.chain import Ledger
    from shared.kernel.ledger.events import Event

    lie = timedelta(days=agreed.terms.retention.sweep_days["outbox"])
    with chosen.storage() as storage:
        ledger = Ledger(storage.ledger())
        for kind in agreed.pipeline.kinds:
            for documents in ledger.of_period(now - lie, now + timedelta(days=1), kind):
                events = [Event.from_json(document) for document in documents.values()]
                if _OVER & {event.step for event in events}:
                    continue
                for event in events:
                    for name, value in event.hashes.items():
                        if (
                            name.startswith(SEALED_TO)
                            and value == mark
                            and event.agreement.startswith(f"{agreed.terms.id}@")
                        ):
                            yield {
                                "job": event.subject,
                                "collection": "".join(event.codes[:1]),
                                "release": name.removeprefix(SEALED_TO),
                                "gone_after": f"{datetime.fromisoformat(event.at) + lie:%Y-%m-%d}",
                            }
