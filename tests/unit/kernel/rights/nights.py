"""What a night does in the small world: what is held is kept, senders are told, the sweep destroys and certifies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from shared.kernel.disposal.remind import NoLog
from shared.kernel.disposal.sweep import dispose
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.rights.night import before_the_sweep
from shared.kernel.rights.orders import carry_out_order
from shared.kernel.storage.poison import PoisonQueue
from shared.kernel.terms.orders import Order, digest_of
from tests.world import World


class EmptyQueue:
    """A poison queue in which nothing is."""

    def with_request_id(self, _: str) -> EmptyQueue:
        return self

    @contextmanager
    def messages(self) -> Iterator[tuple[()]]:
        yield ()


QUEUE = cast(PoisonQueue, EmptyQueue())


def order(world: World, word: str, party: str, by: str = "operator1", **what: Any) -> str:
    """Write an order among the party's requests, and carry it out as its event does; its id."""
    paper = Order(word=cast(Any, word), party=party, by=digest_of(by), **what)
    requests = world.storage.requests(party)
    if not requests.exists(paper.name):
        requests.create(paper.name, paper.document)
    return str(carry_out_order(world.exchange, party=party, name=paper.name))


def night(world: World) -> None:
    """What the timer of the sweep does."""
    assert before_the_sweep(world.exchange) == ()
    dispose(world.exchange, QUEUE, NoLog())


def certificates(world: World, slug: str) -> list[dict[str, Any]]:
    """The certificates of a borough, each verified, oldest first."""
    area = world.storage.certificates(slug)
    documents = [area.read(blob.name).data for blob in area.list()]
    return [dict(verify_statement(each, world.exchange.keys.public_key)["body"]) for each in documents]


def told(world: World, slug: str) -> list[str]:
    """The codes of what the borough was told of rows that are out of use, in alphabetical order."""
    reports = [json.loads(world.answer_of(slug, name)) for name in world.outbox(slug) if name.endswith("report.json")]
    return sorted(report["facts"]["code"] for report in reports if report["status"] == "stopped")


def staged(world: World, slug: str) -> list[str]:
    """Names of the rows that lie staged for the borough."""
    return [
        blob.name
        for blob in world.storage.staging(slug).list()
        if blob.name.split("/")[1] in ("pupils", "households", "decisions")
    ]
