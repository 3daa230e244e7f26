"""Facts about the app, its events, its logs and its network."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from functions.policy_runs import QUEUE
from local.host import WORKERS
from shared.kernel.disposal import policy_runs
from tests.unit.infra.cloud import Cloud
from tests.unit.infra.snapshots import Resource


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
    assert said["siteConfig"]["scmIpSecurityRestrictionsDefaultAction"] == ("Deny" if cloud.private else "Allow")
    assert said["siteConfig"]["scmIpSecurityRestrictionsUseMain"] is False
    # With a private endpoint App Service would switch it off, unless it is said.
    assert said.get("publicNetworkAccess") == "Enabled"
    [settings] = cloud.all("Microsoft.Web/sites/config")
    values = settings.body["properties"]
    assert not [name for name, value in values.items() if "AccountKey" in str(value) or "keys of" in str(value)]
    # A table service that is named and has no role would be refused when the host wants it.
    assert not [name for name in values if "tableServiceUri" in name]
    assert values["PYTHON_THREADPOOL_THREAD_COUNT"] == str(WORKERS)
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
        **{f"drop-{slug}": (f"drop_{slug.replace('-', '_')}", f"{slug}-inbox") for slug in cloud.agreements.senders},
    }
    subscriptions = cloud.all("Microsoft.EventGrid/systemTopics/eventSubscriptions")
    subscriptions = [one for one in subscriptions if one.name.partition("/")[2] != "policy-runs"]
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


def every_run_of_the_policy_is_reported(cloud: Cloud) -> None:
    """One subscription, for that event alone, into a queue that the topic may write to and the app reads."""
    [subscription] = [
        one
        for one in cloud.all("Microsoft.EventGrid/systemTopics/eventSubscriptions")
        if one.name.partition("/")[2] == "policy-runs"
    ]
    said = subscription.body["properties"]
    assert said["filter"] == {"includedEventTypes": [policy_runs.EVENT_TYPE]}
    delivery = said["deliveryWithResourceIdentity"]
    assert delivery["identity"] == {"type": "SystemAssigned"}
    target = delivery["destination"]["properties"]
    assert target["queueName"] == QUEUE
    assert target["queueMessageTimeToLiveInSeconds"] == cloud.agreements.retention_of("").lifecycle_days * 86400
    assert {QUEUE, f"{QUEUE}-poison"} <= set(cloud.inside("exch", "queueServices/queues"))
    senders = {
        scope.rpartition("/")[2] for _, scope, what in cloud.rights() if what == {"Storage Queue Data Message Sender"}
    }
    assert QUEUE in senders
    assert (
        said["deadLetterWithResourceIdentity"]["deadLetterDestination"]["properties"]["blobContainerName"]
        == "deadletter"
    )


def everything_is_logged_twice(cloud: Cloud) -> None:
    """Reads, writes and deletes, and every use of a key, go to the workspace and to the audit account."""
    settings = cloud.all("Microsoft.Insights/diagnosticSettings")
    [workspace] = cloud.all("Microsoft.OperationalInsights/workspaces")
    logged: dict[str, set[str]] = {}
    for setting in settings:
        said = setting.body["properties"]
        assert said["storageAccountId"] == cloud.account("audit").id
        assert said["workspaceId"] == workspace.id
        if setting.placed_on == "Microsoft.KeyVault/vaults":
            assert said["logAnalyticsDestinationType"] == "Dedicated", "the alarm asks AZKVAuditLogs"
        # That of the subscription is on nothing: what is done to rights, logs, alarms and locks.
        placed = setting.placed_on if setting.scope else "subscription"
        logged[placed] = {log["category"] for log in said["logs"] if log["enabled"]}
    storage_logs = {"StorageRead", "StorageWrite", "StorageDelete"}
    assert logged == {
        "Microsoft.Storage/storageAccounts/blobServices": storage_logs,
        "Microsoft.Storage/storageAccounts/queueServices": storage_logs,
        "Microsoft.KeyVault/vaults": {"AuditEvent"},
        "subscription": {"Administrative", "Security", "Policy", "Alert", "ServiceHealth", "ResourceHealth"},
    }
    assert set(cloud.inside("audit", "blobServices/containers")) == {
        "insights-activity-logs",
        *(f"insights-logs-{log.lower()}" for log in storage_logs | {"AuditEvent"}),
    }


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
        ("bxexch", "blob"), ("bxexch", "queue"), ("bxhost", "blob"), ("bxhost", "queue"), ("kv-bx-", "vault"),
        ("func-b", "sites"),
    }  # fmt: skip
    assert app.body["properties"]["virtualNetworkSubnetId"].endswith("/app")
    zones = {zone.name for zone in cloud.all("Microsoft.Network/privateDnsZones")}
    assert zones == {
        "privatelink.blob.core.windows.net", "privatelink.queue.core.windows.net", "privatelink.vaultcore.azure.net",
        "privatelink.azurewebsites.net",
    }  # fmt: skip
    assert len(cloud.all("Microsoft.Network/privateDnsZones/virtualNetworkLinks")) == len(zones)


def whoever_deploys_gets_in_and_the_app_gets_out(cloud: Cloud) -> None:
    """The private app has one address under both of its names, where the endpoint is; its subnet has a way out."""
    records = cloud.all("Microsoft.Network/privateDnsZones/A")
    if not cloud.private:
        assert records == []
        return
    name = cloud.app().name
    assert {one.name.partition("/")[2] for one in records} == {name, f"{name}.scm"}
    endpoint = cloud.named("Microsoft.Network/privateEndpoints", "pe-app").body["properties"]
    [configured] = endpoint["ipConfigurations"]
    address = configured["properties"]["privateIPAddress"]
    assert [one.body["properties"]["aRecords"] for one in records] == [[{"ipv4Address": address}]] * 2
    assert (configured["properties"]["groupId"], configured["properties"]["memberName"]) == ("sites", "sites")
    subnets = {
        one.name.partition("/")[2]: one.body["properties"]
        for one in cloud.all("Microsoft.Network/virtualNetworks/subnets")
    }
    assert ip_address(address) in ip_network(subnets["endpoints"]["addressPrefix"])
    [way_out] = cloud.all("Microsoft.Network/natGateways")
    for subnet in ("app", "runner"):
        assert subnets[subnet].get("natGateway") == {"id": way_out.id}
    [delegation] = subnets["app"]["delegations"]
    assert delegation["properties"] == {"serviceName": "Microsoft.App/environments"}
    assert endpoint["subnet"]["id"].endswith("/endpoints"), "never in the subnet that is given to the app"


def every_service_gets_addresses_as_it_takes_them(cloud: Cloud) -> None:
    """The app ranges with a prefix, storage bare addresses or ranges up to /30, the vault the same as the app."""
    restrictions = cloud.app().body["properties"]["siteConfig"]["ipSecurityRestrictions"]
    tags = [one["ipAddress"] for one in restrictions if "tag" in one]
    assert tags == ([] if cloud.private else ["AzureEventGrid", "ApplicationInsightsAvailability"])
    to_the_app = [ip_network(one["ipAddress"]) for one in restrictions if "tag" not in one]
    assert all("/" in one["ipAddress"] for one in restrictions if "tag" not in one)
    assert len({one["priority"] for one in restrictions}) == len({one["name"] for one in restrictions})
    assert len(restrictions) == len({one["name"] for one in restrictions})
    assert to_the_app == [ip_network("203.0.113.7/32"), ip_network("198.51.100.0/31")], "the settings' own, each once"
    [vault] = cloud.all("Microsoft.KeyVault/vaults")
    assert [ip_network(one["value"]) for one in vault.body["properties"]["networkAcls"]["ipRules"]] == to_the_app
    operators = {"203.0.113.7", "198.51.100.0", "198.51.100.1"}
    for purpose, expected in (
        ("audit", operators),
        ("host", set()),
        # Operators read the ledger, and replay what was given up.
        ("exch", operators | {"192.0.2.0/24", "192.0.2.9"}),
    ):
        rules = cloud.account(purpose).body["properties"]["networkAcls"]["ipRules"]
        assert {rule["value"] for rule in rules} == expected
        assert len(rules) == len(expected)
        assert {rule["action"] for rule in rules} <= {"Allow"}


def a_preview_sees_everything(cloud: Cloud) -> None:
    """No name hangs on what only a deployment knows: what hangs on it is left out of `azd provision --preview`."""
    assert not [one.id for one in cloud.resources if "«" in one.id or "reference(" in one.id]
    assert cloud.all("Microsoft.Authorization/roleAssignments")
