"""A party drops a file: one blob trigger per participant, because the host refuses a wildcard container."""

from typing import TYPE_CHECKING

import azure.functions as func

from functions import wiring
from functions.boundary import deliver
from functions.reference import BlobReference
from functions.settings import CONNECTION

if TYPE_CHECKING:
    from shared.kernel.reconcile.attend import Ended


def blueprint() -> func.Blueprint:
    """A trigger for the inbox of every party that may drop under an agreement."""
    triggers = func.Blueprint()
    for party in wiring.agreements().senders:
        _add_trigger(triggers, party)
    return triggers


def function_of(tenant: str) -> str:
    """The name of the function that takes this party's drops; event subscriptions name it too."""
    return f"drop_{tenant.replace('-', '_')}"


def receive_drop(tenant: str, blob: BlobReference) -> "Ended":
    """Take in one drop of this party; what came of it."""
    from shared.kernel.reconcile.attend import attend
    from shared.kernel.reconcile.tasks import Task

    return attend(wiring.exchange(), Task("drop", tenant, blob.container, blob.name, blob.or_named), wiring.ATTEMPTS)


def _add_trigger(triggers: func.Blueprint, tenant: str) -> None:
    # A function of its own, so that every trigger keeps its own tenant and not the loop's last one.
    function = function_of(tenant)

    @triggers.function_name(function)
    @triggers.blob_trigger(
        arg_name="blob",
        path=f"{tenant}-inbox/{{name}}",
        connection=CONNECTION,
        source=func.BlobSource.EVENT_GRID,
    )
    def take(blob: BlobReference) -> None:
        deliver(function, blob, lambda: receive_drop(tenant, blob))
