"""The private variant of the triggers: events wait in storage queues, since nothing can be pushed to a private app.

One queue per party and one for requests, each fed by the same subscription that otherwise calls the blob trigger. The
message is the Event Grid event; the work is that of `drops` and `requests`. As there, the queue says whose the drop is,
and the blob that the event names is asserted to be the queue owner's before anything is read.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import azure.functions as func

from functions import wiring
from functions.boundary import deliver, on_message
from functions.drops import function_of, receive_drop
from functions.reference import BlobReference
from functions.requests import FUNCTION, carry_out_request
from functions.settings import CONNECTION
from shared.kernel.errors import ExchangeError
from shared.kernel.json_once import loads_once
from shared.kernel.storage.grid import named_blob

if TYPE_CHECKING:
    from shared.kernel.reconcile.attend import Ended


class UnreadableEvent(ExchangeError):
    """A message in a queue of events is no blob event (EVT-003)."""


def blueprint() -> func.Blueprint:
    """A trigger for the queue of every party that may drop under an agreement, and for the queue of requests."""
    triggers = func.Blueprint()
    for party in wiring.agreements().senders:
        _add_trigger(triggers, f"drop-{party}", function_of(party), _for_tenant(party))
    _add_trigger(triggers, "request", FUNCTION, carry_out_request)
    return triggers


def blob_of(message: bytes) -> BlobReference:
    """The blob that an Event Grid event names. Raises `UnreadableEvent`, so the message ends in the poison queue."""
    named = None
    with suppress(ValueError, TypeError, AttributeError, RecursionError):
        named = named_blob(loads_once(message))
    if named is None:
        raise UnreadableEvent(
            "EVT-003", "The message is no blob event.", "Only Event Grid writes to these queues: see who else did."
        )
    return BlobReference(named.container, named.names[0], named.names[1:])


def _for_tenant(tenant: str) -> Callable[[BlobReference], Ended]:
    return lambda blob: receive_drop(tenant, blob)


def _add_trigger(triggers: func.Blueprint, queue: str, function: str, work: Callable[[BlobReference], Ended]) -> None:
    # A function of its own, so that every trigger keeps its own work and not the loop's last one.
    @triggers.function_name(function)
    @triggers.queue_trigger(arg_name="message", queue_name=queue, connection=CONNECTION)
    def take(message: func.QueueMessage) -> None:
        try:
            blob = blob_of(message.get_body())
        except UnreadableEvent as fault:
            on_message(function, partial(_give_up, fault))  # which journals it, and raises it on
        else:
            deliver(function, blob, lambda: work(blob))


def _give_up(fault: UnreadableEvent) -> None:
    raise fault
