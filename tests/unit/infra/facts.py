"""What has to be true of the cloud. Each fact is a function that looks at what the templates deploy, and says so.

Facts are listed (`FACTS`) so that the mutants can name the one that must fail.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.envelope.keys import Use
from shared.envelope.manifest import EXCHANGE
from shared.envelope.vault_names import vault_name
from shared.storage import storage
from tests.unit.infra.bicep import Resource
from tests.unit.infra.cloud import Cloud

ADD = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action"
READ = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/"
LOCATIONLESS = {
    "Microsoft.Insights/actionGroups",
    "Microsoft.Insights/metricAlerts",
    "Microsoft.Network/privateDnsZones",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
}
"""Types that Azure has in no region."""
Fact = Callable[[Cloud], None]


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
    """An inbox and an outbox for each participant, the containers that the code names, and no other."""
    boxes = {f"{slug}-{box}" for slug in cloud.agreement.controllers for box in ("inbox", "outbox")}
    containers = set(cloud.inside("exch", "blobServices/containers"))
    assert containers == boxes | set(storage._SHARED) | {"deadletter", "certificates"}


def everything_personal_has_its_day(cloud: Cloud) -> None:
    """The lifecycle policy covers every container but the lasting ones, by whole names, with versions and snapshots."""
    [policy] = cloud.all("Microsoft.Storage/storageAccounts/managementPolicies")
    assert policy.name == f"{cloud.account('exch').name}/default"
    rules = policy.body["properties"]["policy"]["rules"]
    prefixes = [prefix for rule in rules for prefix in rule["definition"]["filters"]["prefixMatch"]]
    assert all(prefix.endswith("/") for prefix in prefixes)
    lasting = {"ledger", "certificates", "reference"}
    held = set(cloud.inside("exch", "blobServices/containers")) - lasting
    assert sorted(prefixes) == sorted(f"{container}/" for container in held)
    assert len(rules) <= 100
    assert len({rule["name"] for rule in rules}) == len(rules)
    day = {"delete": {"daysAfterCreationGreaterThan": cloud.agreement.retention.lifecycle_days}}
    for rule in rules:
        assert (rule["enabled"], rule["type"]) == (True, "Lifecycle")
        assert len(rule["definition"]["filters"]["prefixMatch"]) <= 10
        assert set(rule["definition"]["filters"]) == {"blobTypes", "prefixMatch"}
        assert rule["definition"]["actions"] == {"baseBlob": day, "snapshot": day, "version": day}


def audit_logs_can_only_grow(cloud: Cloud) -> None:
    """Every audit container keeps what is appended for as long as the agreement keeps its ledger."""
    containers = cloud.inside("audit", "blobServices/containers")
    policies = cloud.all("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies")
    audit = cloud.account("audit").name
    assert {one.name for one in policies} == {f"{audit}/default/{container}/default" for container in containers}
    for policy in policies:
        assert policy.body["properties"] == {
            "allowProtectedAppendWrites": True,
            "immutabilityPeriodSinceCreationInDays": cloud.agreement.records.ledger_days,
        }


def a_borough_only_drops_and_collects(cloud: Cloud) -> None:
    """Each borough's people may create in its inbox and read its outbox: nothing more, and nowhere else."""
    account = cloud.account("exch").name
    expected = set()
    for slug in cloud.agreement.controllers:
        named = cloud.principals[slug]
        for person in (named["identity"], *named["officers"]):
            expected.add((person, f"{account}/default/{slug}-inbox", frozenset({ADD})))
            expected.add((person, f"{account}/default/{slug}-outbox", frozenset({READ})))
    people = {person for person, _, _ in expected}
    assert {right for right in cloud.rights() if right[0] in people} == expected


def roles_allow_no_more_than_they_say(cloud: Cloud) -> None:
    """Custom roles: no wildcard, no write to the control plane, and none that may unwrap or sign."""
    roles = cloud.all("Microsoft.Authorization/roleDefinitions")
    assert len(roles) == 7
    for role in roles:
        [permissions] = role.body["properties"]["permissions"]
        assert all(action.endswith("/read") for action in permissions["actions"])
        allowed = permissions["dataActions"]
        assert not [action for action in allowed if "*" in action]
        private = ("unwrap/action", "decrypt/action", "sign/action")
        assert not [action for action in allowed if action.rpartition("/keys/")[2] in private]
        assert role.body["properties"]["assignableScopes"] == ["/the resource group"]


def who_runs_it_sees_no_row(cloud: Cloud) -> None:
    """Operators reach the records, the reference data and the poison queue; keepers of keys reach no storage."""
    account, vault = cloud.account("exch").name, cloud.all("Microsoft.KeyVault/vaults")[0].name
    scopes: dict[str, set[str]] = {"operator": set(), "keeper": set()}
    for principal, scope, what in cloud.rights():
        if principal in scopes:
            scopes[principal].add(scope)
            assert not [action for action in what if "unwrap" in action or "Crypto" in action]
    ours = f"{account}/default/"
    queues = cloud.inside("exch", "queueServices/queues")
    assert len(queues) == (1 + 2 * (len(cloud.agreement.controllers) + 1) if cloud.private else 1)
    assert scopes == {
        "operator": {ours + place for place in ("ledger", "certificates", "reference", *queues)},
        "keeper": {vault},
    }


def the_app_has_only_what_it_uses(cloud: Cloud) -> None:
    """Its rights in the exchange account, container by container; in the vault, key by key."""
    account, vault = cloud.account("exch").name, cloud.all("Microsoft.KeyVault/vaults")[0].name
    [identity] = cloud.all("Microsoft.ManagedIdentity/userAssignedIdentities")
    held = {
        scope.removeprefix(f"{account}/default/"): what
        for principal, scope, what in cloud.rights()
        if identity.name in principal and scope.startswith(f"{account}/")
    }
    work = frozenset(BLOBS + verb for verb in ("read", "add/action", "write", "delete", "deleteBlobVersion/action"))
    expected = dict.fromkeys(("ledger", "certificates"), frozenset({READ, ADD}))
    expected |= {"reference": frozenset({"Storage Blob Data Reader"})}
    expected |= dict.fromkeys(("staging", "requests", "claims", "deadletter"), work)
    expected |= {
        f"{slug}-inbox": frozenset({READ, BLOBS + "delete", BLOBS + "deleteBlobVersion/action"})
        for slug in cloud.agreement.controllers
    }
    expected |= {f"{slug}-outbox": work for slug in cloud.agreement.controllers}
    assert held == expected
    mine = [(scope, what) for principal, scope, what in cloud.rights() if identity.name in principal]
    on_account = [what for scope, what in mine if scope == account]
    assert sorted(map(sorted, on_account)) == [[], ["Storage Queue Data Contributor"]]
    in_vault = {(scope, *what) for scope, what in mine if vault in scope}
    keys = {vault_name(slug, Use.DROP) for slug in cloud.agreement.controllers} | {vault_name(EXCHANGE, Use.STAGING)}
    unwraps = {(f"{vault}/{key}", "Key Vault Crypto User") for key in keys}
    assert in_vault == unwraps | {(vault, "Key Vault Secrets User")}


def one_key_per_borough_and_purpose(cloud: Cloud) -> None:
    """The vault: rights by role, nothing purged before its time, and the very keys that the code asks for."""
    [vault] = cloud.all("Microsoft.KeyVault/vaults")
    said = vault.body["properties"]
    assert said["enableRbacAuthorization"] is True
    assert said["enablePurgeProtection"] is True
    assert said["enableSoftDelete"] is True
    found = cloud.all("Microsoft.KeyVault/vaults/keys")
    keys = {key.name.removeprefix(f"{vault.name}/"): key.body["properties"] for key in found}
    assert set(keys) == {vault_name(slug, Use.DROP) for slug in cloud.agreement.controllers} | {"staging"}
    for key in keys.values():
        assert key == {"kty": "RSA", "keySize": 3072, "keyOps": ["wrapKey", "unwrapKey"]}


def the_app_runs_as_measured(cloud: Cloud) -> None:
    """Flex Consumption, Python 3.13, 2048 MB, a managed identity, HTTPS, and no secret in its settings."""
    [plan], [app] = cloud.all("Microsoft.Web/serverfarms"), cloud.all("Microsoft.Web/sites")
    assert plan.body["sku"] == {"name": "FC1", "tier": "FlexConsumption"}
    said = app.body["properties"]
    assert said["functionAppConfig"]["runtime"] == {"name": "python", "version": "3.13"}
    assert said["functionAppConfig"]["scaleAndConcurrency"]["instanceMemoryMB"] == 2048
    assert said["functionAppConfig"]["deployment"]["storage"]["authentication"]["type"] == "UserAssignedIdentity"
    assert app.body["identity"]["type"] == "UserAssigned"
    assert said["httpsOnly"] is True
    assert said["siteConfig"]["ipSecurityRestrictionsDefaultAction"] == "Deny"
    assert said["publicNetworkAccess"] == ("Disabled" if cloud.private else "Enabled")
    [settings] = cloud.all("Microsoft.Web/sites/config")
    values = settings.body["properties"]
    assert not [name for name, value in values.items() if "AccountKey" in str(value) or "keys of" in str(value)]
    assert values["EXCHANGE_EVENTS"] == ("queue" if cloud.private else "grid")
    assert all(policy.body["properties"] == {"allow": False} for policy in publishing(cloud))


def publishing(cloud: Cloud) -> list[Resource]:
    """Whether the app can be deployed with a password."""
    found = cloud.all("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert len(found) == 2
    return found


def every_inbox_tells_its_own_function(cloud: Cloud) -> None:
    """One subscription per borough and one for requests: whole container names, one event per upload, dead letters."""
    feeds = {
        "request": ("request", "requests"),
        **{f"drop-{slug}": (f"drop_{slug.replace('-', '_')}", f"{slug}-inbox") for slug in cloud.agreement.controllers},
    }
    subscriptions = cloud.all("Microsoft.EventGrid/systemTopics/eventSubscriptions")
    assert sorted(one.name.partition("/")[2] for one in subscriptions) == sorted(feeds)
    for subscription in subscriptions:
        function, container = feeds[subscription.name.partition("/")[2]]
        said = subscription.body["properties"]
        assert said["filter"] == {
            "includedEventTypes": ["Microsoft.Storage.BlobCreated"],
            "subjectBeginsWith": f"/blobServices/default/containers/{container}/blobs/",
            "advancedFilters": [
                {
                    "operatorType": "StringIn",
                    "key": "data.api",
                    "values": ["PutBlob", "PutBlockList", "CopyBlob", "FlushWithClose"],
                }
            ],
        }
        assert said["deadLetterWithResourceIdentity"]["identity"] == {"type": "SystemAssigned"}
        dead = said["deadLetterWithResourceIdentity"]["deadLetterDestination"]["properties"]
        assert dead["blobContainerName"] == "deadletter"
        if cloud.private:
            assert said["deliveryWithResourceIdentity"]["identity"] == {"type": "SystemAssigned"}
            queue = said["deliveryWithResourceIdentity"]["destination"]["properties"]["queueName"]
            assert queue in cloud.inside("exch", "queueServices/queues")
        else:
            url = said["destination"]["properties"]["endpointUrl"]
            assert f"/runtime/webhooks/blobs?functionName=Host.Functions.{function}&code=«" in url


def everything_is_logged_twice(cloud: Cloud) -> None:
    """Reads, writes and deletes, and every use of a key, go to the workspace and to the audit account."""
    settings = cloud.all("Microsoft.Insights/diagnosticSettings")
    [workspace] = cloud.all("Microsoft.OperationalInsights/workspaces")
    logged: dict[str, set[str]] = {}
    for setting in settings:
        said = setting.body["properties"]
        assert said["storageAccountId"] == cloud.account("audit").id
        assert said["workspaceId"] == workspace.id
        assert setting.scope
        logged[setting.scope.type] = {log["category"] for log in said["logs"] if log["enabled"]}
    storage_logs = {"StorageRead", "StorageWrite", "StorageDelete"}
    assert logged == {
        "Microsoft.Storage/storageAccounts/blobServices": storage_logs,
        "Microsoft.Storage/storageAccounts/queueServices": storage_logs,
        "Microsoft.KeyVault/vaults": {"AuditEvent"},
    }
    assert set(cloud.inside("audit", "blobServices/containers")) == {
        f"insights-logs-{log.lower()}" for log in storage_logs | {"AuditEvent"}
    }


def somebody_is_told(cloud: Cloud) -> None:
    """Alarms for poison, dead letters, a missing sweep and an unknown reader reach a person; so does the bill."""
    queries = {rule.name: rule.body["properties"] for rule in cloud.all("Microsoft.Insights/scheduledQueryRules")}
    metrics = {rule.name: rule.body["properties"] for rule in cloud.all("Microsoft.Insights/metricAlerts")}
    assert set(queries) == {"poisoned-event", "sweep-missing", "watchdog-alarm", "unknown-reader", "refused-event"}
    assert set(metrics) == {"poison-depth", "dead-letters"}
    [group] = cloud.all("Microsoft.Insights/actionGroups")
    assert group.body["properties"]["emailReceivers"]
    for rule in (*queries.values(), *metrics.values()):
        assert rule["enabled"] is True
        assert group.id in str(rule["actions"])
    known = queries["unknown-reader"]["criteria"]["allOf"][0]["query"]
    for slug in cloud.agreement.controllers:
        for person in (cloud.principals[slug]["identity"], *cloud.principals[slug]["officers"]):
            assert f'"{slug}-outbox","{person}"' in known
    [budget] = cloud.all("Microsoft.Consumption/budgets")
    assert all(notice["contactEmails"] for notice in budget.body["properties"]["notifications"].values())


def the_private_variant_is_private(cloud: Cloud) -> None:
    """With a network of its own: accounts and vault refuse strangers, and the app has a door to each part it uses."""
    defaults = {
        one.body["properties"]["networkAcls"]["defaultAction"]
        for one in (cloud.account("exch"), cloud.account("host"), *cloud.all("Microsoft.KeyVault/vaults"))
    }
    doors = {
        (connection["properties"]["privateLinkServiceId"].rpartition("/")[2][:6], *connection["properties"]["groupIds"])
        for endpoint in cloud.all("Microsoft.Network/privateEndpoints")
        for connection in endpoint.body["properties"]["privateLinkServiceConnections"]
    }
    [app] = cloud.all("Microsoft.Web/sites")
    if not cloud.private:
        assert (defaults, doors, app.body["properties"]["virtualNetworkSubnetId"]) == ({"Allow"}, set(), None)
        return
    assert defaults == {"Deny"}
    assert doors == {
        ("bxexch", "blob"), ("bxexch", "queue"), ("bxhost", "blob"), ("bxhost", "queue"), ("bxhost", "table"),
        ("kv-bx-", "vault"),
    }  # fmt: skip
    assert app.body["properties"]["virtualNetworkSubnetId"].endswith("/app")


FACTS: tuple[Fact, ...] = (
    storage_has_no_keys_and_nothing_is_public,
    deleted_means_gone,
    only_uk_south,
    every_borough_has_both_containers,
    everything_personal_has_its_day,
    audit_logs_can_only_grow,
    a_borough_only_drops_and_collects,
    roles_allow_no_more_than_they_say,
    who_runs_it_sees_no_row,
    the_app_has_only_what_it_uses,
    one_key_per_borough_and_purpose,
    the_app_runs_as_measured,
    every_inbox_tells_its_own_function,
    everything_is_logged_twice,
    somebody_is_told,
    the_private_variant_is_private,
)
