"""Facts about where data lies, for how long, and in which country."""

from __future__ import annotations

from shared.kernel.storage import storage
from shared.kernel.terms.retention import LASTING
from tests.unit.infra.cloud import Cloud

LOCATIONLESS = {
    "Microsoft.AlertsManagement/actionRules",
    "Microsoft.Insights/actionGroups",
    "Microsoft.Insights/activityLogAlerts",
    "Microsoft.Insights/metricAlerts",
    "Microsoft.Network/privateDnsZones",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
}
"""Types that Azure has in no region."""


def storage_has_no_keys_and_nothing_is_public(cloud: Cloud) -> None:
    """Shared keys off, TLS 1.2, no public blob, no other way in, in all three accounts."""
    accounts = cloud.all("Microsoft.Storage/storageAccounts")
    assert {one.name[2:6] for one in accounts} == {"exch", "host", "audi"}
    for account in accounts:
        said = account.body["properties"]
        assert said["allowSharedKeyAccess"] is False
        assert said["allowBlobPublicAccess"] is False
        assert said["minimumTlsVersion"] == "TLS1_2"
        assert said["supportsHttpsTrafficOnly"] is True
        assert (said["isSftpEnabled"], said["isLocalUserEnabled"]) == (False, False)
        assert (said["allowCrossTenantReplication"], said["allowedCopyScope"]) == (False, "AAD")
    for container in cloud.all("Microsoft.Storage/storageAccounts/blobServices/containers"):
        assert container.body["properties"] == {"publicAccess": "None"}
    assert cloud.account("audit").body["properties"]["networkAcls"]["defaultAction"] == "Deny"


def deleted_means_gone(cloud: Cloud) -> None:
    """No soft delete, version, change feed or point-in-time restore keeps a copy of what was deleted."""
    services = cloud.all("Microsoft.Storage/storageAccounts/blobServices")
    assert len(services) == 3
    for service in services:
        said = service.body["properties"]
        assert said["isVersioningEnabled"] is False
        for kept in ("changeFeed", "containerDeleteRetentionPolicy", "deleteRetentionPolicy", "restorePolicy"):
            assert said[kept] == {"enabled": False}, kept


def only_uk_south(cloud: Cloud) -> None:
    """Every region that is named is UK South, storage is copied to no other, and a policy refuses the rest."""
    for resource in cloud.resources:
        location = resource.body.get("location")
        assert location in (None, "uksouth") or (location == "global" and resource.type in LOCATIONLESS), resource.name
    for account in cloud.all("Microsoft.Storage/storageAccounts"):
        assert account.body["sku"]["name"] in ("Standard_LRS", "Standard_ZRS")
    [policy] = cloud.all("Microsoft.Authorization/policyAssignments")
    assert policy.body["properties"]["policyDefinitionId"].endswith("/e56962a6-4747-49cd-b67b-bf8b01975c4c")
    assert policy.body["properties"]["parameters"] == {"listOfAllowedLocations": {"value": ["uksouth"]}}
    assert policy.body["properties"]["enforcementMode"] == "Default"


def every_borough_has_both_containers(cloud: Cloud) -> None:
    """An outbox for each party, an inbox for each who may drop, the containers that the code names, and no other."""
    boxes = {f"{slug}-outbox" for slug in cloud.agreements.parties}
    boxes |= {f"{slug}-inbox" for slug in cloud.agreements.senders}
    containers = set(cloud.inside("exch", "blobServices/containers"))
    assert containers == boxes | set(storage._SHARED) | {"deadletter", "certificates"}


def everything_personal_has_its_day(cloud: Cloud) -> None:
    """The lifecycle policy covers every container but the lasting ones, by whole names, with versions and snapshots."""
    [policy] = cloud.all("Microsoft.Storage/storageAccounts/managementPolicies")
    assert policy.name == f"{cloud.account('exch').name}/default"
    rules = policy.body["properties"]["policy"]["rules"]
    prefixes = [prefix for rule in rules for prefix in rule["definition"]["filters"]["prefixMatch"]]
    assert all(prefix.endswith("/") for prefix in prefixes)
    lasting = {"ledger", "certificates", "reference", "held"}
    held = set(cloud.inside("exch", "blobServices/containers")) - lasting
    assert sorted(prefixes) == sorted(f"{container}/" for container in held)
    assert len(rules) <= 100
    assert len({rule["name"] for rule in rules}) == len(rules)
    for rule in rules:
        container = rule["definition"]["filters"]["prefixMatch"][0].rstrip("/")
        kind = container if container in LASTING else ""
        day = {"delete": {"daysAfterCreationGreaterThan": cloud.agreements.retention_of("").line(kind).lifecycle}}
        assert (rule["enabled"], rule["type"]) == (True, "Lifecycle")
        assert len(rule["definition"]["filters"]["prefixMatch"]) <= 10
        assert set(rule["definition"]["filters"]) == {"blobTypes", "prefixMatch"}
        assert rule["definition"]["actions"] == {"baseBlob": day, "snapshot": day, "version": day}


def policies_in(cloud: Cloud, purpose: str) -> dict[str, object]:
    """What is kept in the containers of an account, and how."""
    kind = "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies"
    prefix = f"{cloud.account(purpose).name}/default/"
    found = [one for one in cloud.all(kind) if one.name.startswith(prefix)]
    return {one.name.removeprefix(prefix).removesuffix("/default"): one.body["properties"] for one in found}


def audit_logs_can_only_grow(cloud: Cloud) -> None:
    """Every audit container keeps what is appended for as long as the agreement keeps its ledger."""
    policies = policies_in(cloud, "audit")
    assert set(policies) == set(cloud.inside("audit", "blobServices/containers"))
    for policy in policies.values():
        assert policy == {
            "allowProtectedAppendWrites": True,
            "immutabilityPeriodSinceCreationInDays": cloud.agreements.records.ledger_days,
        }


def records_are_kept_for_their_days_and_no_longer(cloud: Cloud) -> None:
    """Ledger and certificates cannot be changed or deleted for the days that the agreement says, not a day longer: then
    the identity that ends records, which may delete them, can. Nothing personal is under such a policy."""
    kept = {
        "allowProtectedAppendWrites": False,
        "immutabilityPeriodSinceCreationInDays": cloud.agreements.records.ledger_days,
    }
    assert policies_in(cloud, "exch") == {"ledger": kept, "certificates": kept}


def what_must_not_go_is_locked(cloud: Cloud) -> None:
    """Against deletion alone, and neither the group nor the account under which rights come and go."""
    locks = cloud.all("Microsoft.Authorization/locks")
    assert {lock.body["properties"]["level"] for lock in locks} == {"CanNotDelete"}
    assert {lock.place for lock in locks} == {
        cloud.all("Microsoft.KeyVault/vaults")[0].name,
        cloud.all("Microsoft.OperationalInsights/workspaces")[0].name,
        cloud.account("host").name,
        cloud.account("audit").name,
    }
