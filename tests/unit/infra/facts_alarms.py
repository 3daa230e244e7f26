"""Facts about the alarms: what rings, of whom it tells, and that somebody hears it."""

from __future__ import annotations

from typing import Any

from tests.unit.infra.cloud import Cloud

QUERIES = {
    "poisoned-event", "sweep-missing", "watchdog-alarm", "unknown-reader", "refused-event", "stranger-at-a-key",
    "record-deleted", "record-written", "waiting", "agreement-ahead", "reconcile-waits", "reconcile-gave-up",
    "reconcile-missing", "poison-stays", "deadletter-stays", "changed-by-hand", "queue-waits",
}  # fmt: skip
METRICS = {"events-dropped", "deliveries-fail", "dead-letters"}
MINUTES = {"PT5M": 5, "PT15M": 15, "PT30M": 30, "PT45M": 45, "PT1H": 60, "PT2H": 120, "PT6H": 360, "P2D": 2880}
WITHOUT_APART = {"reconcile-missing", "deadletter-stays"}
"""What these say is one thing, however often."""


def rules_of(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """The log alarms, by name."""
    return {rule.name: rule.body["properties"] for rule in cloud.all("Microsoft.Insights/scheduledQueryRules")}


def asked(rule: dict[str, Any]) -> str:
    """The text of an alarm's question."""
    return str(rule["criteria"]["allOf"][0]["query"])


def somebody_is_told(cloud: Cloud) -> None:
    """Every alarm is on and reaches the operators; what cannot wait reaches whoever is on call, too. So does the bill
    reach somebody."""
    queries = rules_of(cloud)
    metrics = {rule.name: rule.body["properties"] for rule in cloud.all("Microsoft.Insights/metricAlerts")}
    assert set(queries) == QUERIES
    assert set(metrics) == METRICS | (set() if cloud.private else {"health-fails"})
    groups = {group.name: group for group in cloud.all("Microsoft.Insights/actionGroups")}
    assert set(groups) == {"operators", "on-call"}
    for group in groups.values():
        receivers = [one["emailAddress"].lower() for one in group.body["properties"]["emailReceivers"]]
        assert receivers
        assert len(set(receivers)) == len(receivers)
        assert all("@" in one and one == one.strip() for one in receivers)
        assert group.body["properties"]["enabled"] is True
    for rule in (*queries.values(), *metrics.values()):
        assert rule["enabled"] is True
        assert groups["operators"].id in str(rule["actions"])
        assert (groups["on-call"].id in str(rule["actions"])) == (rule["severity"] < 2)
    [switched_off] = [one for one in cloud.all("Microsoft.Insights/activityLogAlerts") if one.name == "alarm-disabled"]
    assert "ScheduledQueryRules/disable/action" in str(switched_off.body["properties"]["condition"])
    assert {one["actionGroupId"] for one in switched_off.body["properties"]["actions"]["actionGroups"]} == {
        group.id for group in groups.values()
    }
    [budget] = cloud.all("Microsoft.Consumption/budgets")
    assert all(notice["contactEmails"] for notice in budget.body["properties"]["notifications"].values())


def alarms_outlive_what_is_not_there_yet(cloud: Cloud) -> None:
    """A question asked of a table that was never written to must not fail: after a week Azure would switch it off. Each
    begins with an empty table of its own, is not tried beforehand, and is asked by an identity that stays."""
    asker = cloud.named("Microsoft.ManagedIdentity/userAssignedIdentities", "id-borough-exchange-alarms-pilot")
    rights = {(scope, *what) for who, scope, what in cloud.rights() if who == f"«{asker.id}.principalId»"}
    [workspace] = cloud.all("Microsoft.OperationalInsights/workspaces")
    assert rights == {(workspace.name, "Log Analytics Reader")}
    for resource in cloud.all("Microsoft.Insights/scheduledQueryRules"):
        assert list(resource.body["identity"]["userAssignedIdentities"]) == [asker.id]
        rule = resource.body["properties"]
        assert rule["skipQueryValidation"] is True
        assert asked(rule).count("union isfuzzy=true (datatable(") >= 1
        assert rule["scopes"] == [workspace.id]


def an_alarm_is_told_once_and_late_lines_count(cloud: Cloud) -> None:
    """A rule looks back further than it is asked often, so that a line that comes late is seen; it tells once of each
    thing, and says when that is over."""
    for name, rule in rules_of(cloud).items():
        every, window = MINUTES[rule["evaluationFrequency"]], MINUTES[rule["windowSize"]]
        assert window >= every + 25, name
        assert rule["autoMitigate"] is True, name
        columns = [one["name"] for one in rule["criteria"]["allOf"][0]["dimensions"]]
        assert all(one["values"] == ["*"] for one in rule["criteria"]["allOf"][0]["dimensions"])
        assert bool(columns) == (name not in WITHOUT_APART), name
        last = asked(rule).rstrip().rpartition("\n")[2]
        assert last.startswith("| project "), name
        for column in columns:
            assert column in last, f"{name}: {column} is no column of its lines"
        assert rule["criteria"]["allOf"][0]["threshold"] == 0


def strangers_are_told_of(cloud: Cloud) -> None:
    """Who may read where, and who may use a key or write a record, is what the templates give: everybody else rings."""
    rules = rules_of(cloud)
    app, records = (
        f"«{one.id}.principalId»"
        for which in ("", "-records")
        for one in cloud.all("Microsoft.ManagedIdentity/userAssignedIdentities")
        if one.name == f"id-borough-exchange{which}-pilot"
    )
    for operation in ("KeyUnwrap", "KeyDecrypt", "KeySign", "SecretGet"):
        assert f'"{operation}"' in asked(rules["stranger-at-a-key"])
    assert f'where who != "{app}"' in asked(rules["stranger-at-a-key"])
    assert 'where OperationName != "SecretGet" or who !in (dynamic(["keeper"]))' in asked(rules["stranger-at-a-key"])
    assert f'RequesterObjectId != "{records}"' in asked(rules["record-deleted"])
    assert f'RequesterObjectId != "{app}"' in asked(rules["record-written"])
    known = asked(rules["unknown-reader"])
    assert f'RequesterObjectId != "{app}"' in known
    for slug in cloud.agreements.parties:
        for person in (cloud.principals[slug]["identity"], *cloud.principals[slug]["officers"]):
            assert f'"{slug}-outbox", "{person}"' in known
    assert '"deadletter", "operator"' in known
    assert 'tolower(Caller) !in (dynamic(["deployer"]))' in asked(rules["changed-by-hand"])
    assert not [name for name, rule in rules.items() if "<" in asked(rule).replace("< ", "").replace("<=", "")]


def events_that_do_not_arrive_are_told_within_minutes(cloud: Cloud) -> None:
    """What Event Grid counts of the topic, each by what tells one cause from another; and the app is looked at from
    outside, or by its heartbeat."""
    metrics = {rule.name: rule.body["properties"] for rule in cloud.all("Microsoft.Insights/metricAlerts")}
    [topic] = cloud.all("Microsoft.EventGrid/systemTopics")
    assert {
        name: (
            rule["severity"],
            rule["criteria"]["allOf"][0]["metricName"],
            rule["criteria"]["allOf"][0]["threshold"],
            *(one["name"] for one in rule["criteria"]["allOf"][0]["dimensions"]),
        )
        for name, rule in metrics.items()
        if name in METRICS
    } == {
        "events-dropped": (0, "DroppedEventCount", 0, "DropReason"),
        "deliveries-fail": (1, "DeliveryAttemptFailCount", 3, "EventSubscriptionName"),
        "dead-letters": (2, "DeadLetteredCount", 0, "DeadLetterReason"),
    }
    for name in METRICS:
        assert metrics[name]["scopes"] == [topic.id]
        assert metrics[name]["criteria"]["allOf"][0]["timeAggregation"] == "Total"
        assert metrics[name]["evaluationFrequency"] == "PT1M"
    silence = rules_of(cloud)["reconcile-missing"]
    assert silence["evaluationFrequency"] == "PT5M"
    # Where there is no probe, its heartbeat has to tell within a quarter of an hour that the app is down.
    assert asked(silence).count(f"ago({'10m' if cloud.private else '30m'})") == 2
    probes = cloud.all("Microsoft.Insights/webtests")
    if cloud.private:
        assert probes == []
        return
    [probe] = probes
    assert probe.body["properties"]["Locations"] == [{"Id": "emea-ru-msa-edge"}], "UK South"
    assert probe.body["properties"]["Frequency"] <= 300
    assert probe.body["properties"]["Enabled"] is True
    assert probe.body["properties"]["Request"]["RequestUrl"].endswith("/api/health")
    assert metrics["health-fails"]["criteria"]["webTestId"] == probe.id
    assert probe.id in metrics["health-fails"]["scopes"]
