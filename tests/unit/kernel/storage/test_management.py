"""How the account is set up, read from a server that answers as Azure Resource Manager documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.kernel.errors import Missing, StorageFault, StorageUnavailable
from shared.kernel.storage.management import (
    API_VERSION,
    SCOPE,
    AccountManagement,
    BlobServiceSettings,
    LifecycleRule,
)
from tests.azure_services import Credential, Service, error, served

pytestmark = pytest.mark.outside

ACCOUNT = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-borough-exchange-pilot"
    "/providers/Microsoft.Storage/storageAccounts/bxexch0a1b2c"
)
DELETE = {"delete": {"daysAfterCreationGreaterThan": 27}}
RULE = {
    "name": "retention-0",
    "enabled": True,
    "type": "Lifecycle",
    "definition": {
        "filters": {"blobTypes": ["blockBlob", "appendBlob"], "prefixMatch": ["lambeth-inbox/", "staging/"]},
        "actions": {"baseBlob": DELETE, "snapshot": DELETE, "version": DELETE},
    },
}
BLOB_SERVICE = {
    "cors": {"corsRules": []},
    "deleteRetentionPolicy": {"allowPermanentDelete": False, "enabled": False},
    "containerDeleteRetentionPolicy": {"enabled": False},
    "isVersioningEnabled": False,
    "restorePolicy": {"enabled": False},
    "changeFeed": {"enabled": False},
}


class Azure:
    """What Azure Resource Manager knows of the one account."""

    def __init__(self) -> None:
        self.rules: list[dict[str, Any]] | None = [RULE]
        self.blob_service: dict[str, Any] = dict(BLOB_SERVICE)
        self.replication: list[list[dict[str, Any]]] = [[]]
        self.url = ""

    def answer(self, path: str, _: Any) -> tuple[int, Any]:
        path, _, query = path.partition("?")
        assert query.startswith(f"api-version={API_VERSION}")
        if not path.startswith(f"{ACCOUNT}/"):
            return error(404, "ResourceNotFound")
        match path.removeprefix(f"{ACCOUNT}/"):
            case "managementPolicies/default" if self.rules is None:
                return error(404, "ManagementPolicyNotFound")
            case "managementPolicies/default":
                properties = {"lastModifiedTime": "2026-11-01T00:00:00Z", "policy": {"rules": self.rules}}
                return 200, {"id": path, "name": "DefaultManagementPolicy", "properties": properties}
            case "blobServices/default":
                return 200, {"id": path, "name": "default", "properties": self.blob_service}
            case "objectReplicationPolicies":
                return 200, self.page(path, int(query.partition("page=")[2] or 0))
        return error(404, "ResourceNotFound")

    def page(self, path: str, number: int) -> dict[str, Any]:
        more = number + 1 < len(self.replication)
        following = {"nextLink": f"{self.url}{path}?api-version={API_VERSION}&page={number + 1}"} if more else {}
        return {"value": self.replication[number], **following}


@pytest.fixture
def azure() -> Azure:
    return Azure()


@pytest.fixture
def management(served_azure: tuple[Service, dict[str, Any]]) -> Iterator[AccountManagement]:
    reader = AccountManagement(ACCOUNT, Credential(SCOPE), **served_azure[1])
    yield reader
    reader.close()


def test_the_lifecycle_policy_is_read_rule_by_rule(management: AccountManagement) -> None:
    assert management.lifecycle() == (LifecycleRule("retention-0", True, ("lambeth-inbox/", "staging/"), 27, 27, 27),)


def test_where_there_is_no_policy_there_are_no_rules(azure: Azure, management: AccountManagement) -> None:
    azure.rules = None

    assert management.lifecycle() == ()


@pytest.mark.parametrize(
    ("filters", "actions", "expected"),
    [
        ({"blobTypes": ["blockBlob"]}, {"baseBlob": DELETE}, (True, (), 27, None, None)),
        (
            {"blobTypes": ["blockBlob"], "prefixMatch": ["a/"]},
            {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 27}}, "snapshot": DELETE},
            (True, ("a/",), None, 27, None),
        ),
        ({"blobTypes": ["appendBlob"], "prefixMatch": ["a/"]}, {"baseBlob": DELETE}, (False, ("a/",), 27, None, None)),
        (
            {
                "blobTypes": ["blockBlob"],
                "prefixMatch": ["a/"],
                "blobIndexMatch": [{"name": "x", "op": "==", "value": "y"}],
            },
            {"version": DELETE},
            (False, ("a/",), None, None, 27),
        ),
    ],
)
def test_what_a_rule_does_not_do_is_not_read_into_it(
    azure: Azure, management: AccountManagement, filters: Any, actions: Any, expected: tuple[Any, ...]
) -> None:
    azure.rules = [RULE | {"definition": {"filters": filters, "actions": actions}}]

    assert management.lifecycle() == (LifecycleRule("retention-0", *expected),)


def test_a_rule_that_is_off_is_read_as_off(azure: Azure, management: AccountManagement) -> None:
    azure.rules = [RULE | {"enabled": False}]

    [rule] = management.lifecycle() or ()
    assert not rule.enabled


def test_what_the_blob_service_keeps_is_read(azure: Azure, management: AccountManagement) -> None:
    assert management.blob_service() == BlobServiceSettings(0, 0, False, False)

    azure.blob_service |= {
        "deleteRetentionPolicy": {"enabled": True, "days": 7},
        "containerDeleteRetentionPolicy": {"enabled": True},
        "isVersioningEnabled": True,
        "restorePolicy": {"enabled": True, "days": 5},
    }
    assert management.blob_service() == BlobServiceSettings(7, 1, True, True)

    azure.blob_service = {}  # what was never set is left out of the answer
    assert management.blob_service() == BlobServiceSettings(0, 0, False, False)


def test_replication_is_seen_on_whichever_page_it_stands(azure: Azure, management: AccountManagement) -> None:
    assert management.replicates() is False

    azure.replication = [[], [{"name": "policy", "properties": {"policyId": "0"}}]]
    assert management.replicates() is True


def test_what_this_identity_may_not_see_is_not_known(
    management: AccountManagement, served_azure: tuple[Service, dict[str, Any]]
) -> None:
    served_azure[0].fault = (403, "AuthorizationFailed")

    assert (management.lifecycle(), management.blob_service(), management.replicates()) == (None, None, None)


def test_an_identity_that_gets_no_token_sees_nothing(served_azure: tuple[Service, dict[str, Any]]) -> None:
    assert AccountManagement(ACCOUNT, Credential(SCOPE, works=False), **served_azure[1]).lifecycle() is None


def test_a_throttled_answer_is_asked_for_again(
    management: AccountManagement, served_azure: tuple[Service, dict[str, Any]]
) -> None:
    served_azure[0].fault, served_azure[0].faults_left = (429, "TooManyRequests"), 2

    assert len(management.lifecycle() or ()) == 1
    assert len(served_azure[0].asked) == 3


@pytest.mark.parametrize(
    ("fault", "raised", "code"),
    [
        ((429, "TooManyRequests"), StorageUnavailable, "STO-004"),
        ((503, "ServerBusy"), StorageUnavailable, "STO-004"),
        ((404, "ResourceNotFound"), Missing, "STO-001"),
        ((409, "Conflict"), StorageFault, "STO-006"),
    ],
)
def test_anything_else_is_a_fault_that_names_nothing(
    management: AccountManagement,
    served_azure: tuple[Service, dict[str, Any]],
    fault: tuple[int, str],
    raised: type[StorageFault],
    code: str,
) -> None:
    served_azure[0].fault = fault

    with pytest.raises(raised) as caught:
        management.lifecycle()

    assert type(caught.value) is raised
    assert caught.value.code == code
    assert fault[1] in caught.value.message
    assert "child" not in str(caught.value)
    assert "bxexch" not in str(caught.value)


def test_a_service_that_cannot_be_reached_is_a_fault_to_try_again() -> None:
    nobody = AccountManagement(ACCOUNT, Credential(SCOPE), endpoint="https://127.0.0.1:9", retry_backoff_factor=0)

    with pytest.raises(StorageUnavailable, match="STO-004"):
        nobody.replicates()
    nobody.close()


def test_an_answer_that_is_no_json_is_a_fault(azure: Azure, tmp_path: Path) -> None:
    with served(lambda *_: (200, b"<html>"), tmp_path) as (_, options):
        management = AccountManagement(ACCOUNT, Credential(SCOPE), **options)
        with pytest.raises(StorageUnavailable):
            management.blob_service()
        management.close()


def test_an_error_that_is_no_error_document_is_told_by_its_status(tmp_path: Path) -> None:
    with served(lambda *_: (400, b"[]"), tmp_path) as (_, options):
        management = AccountManagement(ACCOUNT, Credential(SCOPE), **options)
        with pytest.raises(StorageFault, match=r"refused; 400\."):
            management.blob_service()
        management.close()


def test_the_token_goes_to_no_other_service_than_its_own(azure: Azure, management: AccountManagement) -> None:
    azure.replication = [[], [{"name": "policy"}]]
    azure.url = "https://elsewhere.invalid"

    with pytest.raises(StorageUnavailable, match="elsewhere"):
        management.replicates()
