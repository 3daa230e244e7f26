"""What is deployed, read from a server that answers as Azure Resource Manager documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from shared.kernel.errors import Missing, StorageUnavailable
from shared.kernel.storage.deployment import AppFunction, AppState, Deployment, Subscription
from shared.kernel.storage.management import SCOPE
from tests.azure_deployment import APP, TOPIC, Azure
from tests.azure_services import Credential, Service

pytestmark = pytest.mark.outside

INBOX = "/blobServices/default/containers/lambeth-inbox/blobs/"


@pytest.fixture
def azure() -> Azure:
    return Azure()


@pytest.fixture
def deployment(served_azure: tuple[Service, dict[str, Any]]) -> Iterator[Deployment]:
    reader = Deployment(APP, TOPIC, Credential(SCOPE), **served_azure[1])
    yield reader
    reader.close()


def test_the_app_and_its_functions_are_read(azure: Azure, deployment: Deployment) -> None:
    azure.functions = {"drop_lambeth": False, "records": True}

    assert deployment.app() == AppState(True, "func-bx-0a1b.azurewebsites.net")
    assert deployment.functions() == (AppFunction("drop_lambeth", False), AppFunction("records", True))
    azure.state = "Stopped"
    stopped = deployment.app()
    assert stopped is not None
    assert not stopped.running


def test_of_a_webhook_only_host_and_function_are_kept(azure: Azure, deployment: Deployment) -> None:
    azure.pushed("drop-lambeth", INBOX, "Host.Functions.drop_lambeth")

    [found] = deployment.subscriptions() or ()

    host = "func-bx-0a1b.azurewebsites.net"
    assert found == Subscription("drop-lambeth", True, INBOX, "", "drop_lambeth", host)
    assert azure.KEY not in repr(found)


def test_a_queue_is_told_by_its_name_and_pages_are_followed(azure: Azure, deployment: Deployment) -> None:
    azure.queued("drop-lambeth", INBOX, "drop-lambeth")
    azure.queued("policy-runs", "", "policy-runs")
    azure.page_size = 1
    azure.subscriptions[0]["properties"]["provisioningState"] = "Creating"

    found = deployment.subscriptions()

    assert found == (
        Subscription("drop-lambeth", False, INBOX, "drop-lambeth", None, None),
        Subscription("policy-runs", True, "", "policy-runs", None, None),
    )


def test_what_may_not_be_seen_is_none_and_nothing_else_is_lost(azure: Azure, deployment: Deployment) -> None:
    azure.pushed("drop-lambeth", INBOX, "Host.Functions.drop_lambeth")
    azure.forbidden = {"getFullUrl"}
    assert deployment.subscriptions() == (Subscription("drop-lambeth", True, INBOX, "", None, None),)
    azure.forbidden = {"sites", "eventSubscriptions"}
    assert (deployment.app(), deployment.functions(), deployment.subscriptions()) == (None, None, None)


def test_a_url_that_names_no_function_is_told_from_one_that_may_not_be_seen(
    azure: Azure, deployment: Deployment
) -> None:
    azure.pushed("other", "", "")

    [found] = deployment.subscriptions() or ()

    assert (found.function, found.subject) == ("", "")


def test_no_answer_is_a_fault(served_azure: tuple[Service, dict[str, Any]], deployment: Deployment) -> None:
    served_azure[0].fault = (503, "ServiceUnavailable")
    with pytest.raises(StorageUnavailable, match="STO-004"):
        deployment.functions()
    served_azure[0].fault = (404, "ResourceNotFound")
    with pytest.raises(Missing, match="STO-001"):
        deployment.app()
