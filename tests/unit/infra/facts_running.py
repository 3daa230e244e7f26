"""Facts about the app, its events, its logs and alarms, and its network."""

from __future__ import annotations

from functions.policy_runs import QUEUE
from local.host import WORKERS
from shared.kernel.disposal import policy_runs
from tests.unit.infra.bicep import Resource
from tests.unit.infra.cloud import Cloud


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
        assert setting.scope
        if setting.scope.type == "Microsoft.KeyVault/vaults":
            assert said["logAnalyticsDestinationType"] == "Dedicated", "the alarm asks AZKVAuditLogs"
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
    assert set(queries) == {
        "poisoned-event", "sweep-missing", "watchdog-alarm", "unknown-reader", "refused-event", "stranger-at-a-key",
        "record-deleted", "record-written", "waiting", "agreement-ahead", *RECONCILIATION,
    }  # fmt: skip
    assert set(metrics) == {"poison-depth", "dead-letters"}
    [group] = cloud.all("Microsoft.Insights/actionGroups")
    assert group.body["properties"]["emailReceivers"]
    for rule in (*queries.values(), *metrics.values()):
        assert rule["enabled"] is True
        assert group.id in str(rule["actions"])
    asked = {name: rule["criteria"]["allOf"][0]["query"] for name, rule in queries.items()}
    others = set(asked) - {"unknown-reader", *RECONCILIATION}
    assert {name: asked[name].partition(" ")[0] for name in others} == {
        "poisoned-event": "StorageQueueLogs", "sweep-missing": "AppRequests", "watchdog-alarm": "AppTraces",
        "refused-event": "AppTraces", "stranger-at-a-key": "AZKVAuditLogs", "record-deleted": "StorageBlobLogs",
        "record-written": "StorageBlobLogs", "waiting": "AppTraces", "agreement-ahead": "AppTraces",
    }  # fmt: skip
    assert asked["waiting"] == 'AppTraces | where Message has "waiting.found"'
    assert queries["waiting"]["autoMitigate"] is True
    app, records = (
        f"«/Microsoft.ManagedIdentity/userAssignedIdentities/id-borough-exchange{which}-pilot.properties.principalId»"
        for which in ("", "-records")
    )
    for operation in ("KeyUnwrap", "KeyDecrypt", "KeySign", "SecretGet"):
        assert f'"{operation}"' in asked["stranger-at-a-key"]
    assert f'where who != "{app}"' in asked["stranger-at-a-key"]
    assert 'where OperationName != "SecretGet" or who !in (dynamic(["keeper"]))' in asked["stranger-at-a-key"]
    assert f'RequesterObjectId != "{records}"' in asked["record-deleted"]
    assert f'RequesterObjectId != "{app}"' in asked["record-written"]
    assert '!in ("replay", "incident")' in asked["record-written"]
    for function in ("disposal", "watchdog"):
        assert f'"{function}"' in asked["sweep-missing"]
    known = asked["unknown-reader"]
    for slug in cloud.agreements.parties:
        for person in (cloud.principals[slug]["identity"], *cloud.principals[slug]["officers"]):
            assert f'"{slug}-outbox","{person}"' in known
    [budget] = cloud.all("Microsoft.Consumption/budgets")
    assert all(notice["contactEmails"] for notice in budget.body["properties"]["notifications"].values())


RECONCILIATION = {
    "reconcile-waits": "reconcile.waits",
    "reconcile-gave-up": "reconcile.gave_up",
    "reconcile-missing": "reconcile.done",
    "poison-stays": "poison.stays",
    "deadletter-stays": "deadletter.stays",
}
"""Its alarms, each with the log line that it looks for."""


def reconciliation_is_heard(cloud: Cloud) -> None:
    """Each of its log lines rings, and what ends by itself clears itself; its silence rings too."""
    rules = {rule.name: rule.body["properties"] for rule in cloud.all("Microsoft.Insights/scheduledQueryRules")}
    for name, line in RECONCILIATION.items():
        query = rules[name]["criteria"]["allOf"][0]["query"]
        assert query.startswith(f'AppTraces | where Message has "{line}"'), name
        assert query.endswith("where rounds == 0") == (name == "reconcile-missing")
        assert rules[name]["autoMitigate"] == (name != "reconcile-gave-up"), "given up is said once for each drop"
    waits = rules["reconcile-waits"]["criteria"]["allOf"][0]["query"]
    assert 'Message has "reconcile.unseen"' in waits, "an inbox that cannot be looked into waits, too"
    assert rules["reconcile-missing"]["windowSize"] == "PT30M", "six rounds"
    assert rules["reconcile-waits"]["evaluationFrequency"] == "PT5M", "as often as it looks"
    # What rings for each new line must not go silent by itself.
    clearing = {name for name, rule in rules.items() if rule["autoMitigate"]}
    assert clearing == {*RECONCILIATION, "waiting", "agreement-ahead"} - {"reconcile-gave-up"}


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
    }  # fmt: skip
    assert app.body["properties"]["virtualNetworkSubnetId"].endswith("/app")
