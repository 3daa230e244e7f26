"""Requests: a small blob that says which work is due. Its arrival is the event that starts the work."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel.errors import AlreadyExists, RefusedEvent
from shared.kernel.intake.identity import derived_id
from shared.kernel.intake.staging import Inputs, current_inputs

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange


@dataclass(frozen=True)
class LinkRequest:
    """Link these staged partitions of one home borough."""

    inputs: Inputs

    def name(self, agreement: str) -> str:
        """The blob name within the home borough's requests: the run's id, so the same work is asked for once."""
        return f"link-{self.inputs.run_id(agreement)}.json"


@dataclass(frozen=True)
class EnrolRequest:
    """Turn one staged decisions partition of a home borough into enrolments for the school boroughs."""

    home: str
    collection: str
    decisions: str

    def name(self, agreement: str) -> str:
        """The blob name within the home borough's requests."""
        return f"enrol-{derived_id('enrol', self.home, agreement, self.decisions)}.json"


Request = LinkRequest | EnrolRequest


def ask(exchange: Exchange, home: str, request: Request) -> str:
    """Write the request, once, and return its name."""
    name = request.name(exchange.agreement.reference)
    body = (
        {"link": {"pupils": list(request.inputs.pupils), "households": request.inputs.households}}
        if isinstance(request, LinkRequest)
        else {"enrol": {"decisions": request.decisions}}
    )
    collection = request.inputs.collection if isinstance(request, LinkRequest) else request.collection
    document = json.dumps({"collection": collection, **body}, sort_keys=True).encode()
    try:
        exchange.storage.requests(home).create(name, document)
    except AlreadyExists:
        return name  # the name is derived from the content
    return name


def read_request(exchange: Exchange, home: str, name: str) -> Request:
    """Read a request back.

    Raises `Missing` when it is gone, `RefusedEvent` (EVT-002) when the blob is not a request that this exchange wrote
    under that name.
    """
    document = exchange.storage.requests(home).read(name, max_bytes=1_000_000).data
    try:
        body = json.loads(document)
        request: Request
        if "link" in body:
            link = body["link"]
            request = LinkRequest(Inputs(home, body["collection"], tuple(link["pupils"]), link["households"]))
        else:
            request = EnrolRequest(home, body["collection"], body["enrol"]["decisions"])
        held = request.name(exchange.agreement.reference) == name
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        held = False
    if not held:
        raise RefusedEvent("EVT-002", "The blob is not a request of this exchange under the agreement in force.")
    return request


def ask_for_run(exchange: Exchange, home: str, collection: str) -> str | None:
    """Ask for a run over what is staged now, if both sides are there.

    Two drops that arrive at once each look after they have staged, so at least the later look sees both.
    """
    inputs = current_inputs(exchange, home, collection)
    return None if inputs is None else ask(exchange, home, LinkRequest(inputs))
