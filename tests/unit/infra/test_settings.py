"""Settings as a person writes them: each service gets its own form; what is none stops the deployment by its name."""

from __future__ import annotations

import re
import shlex
from itertools import takewhile
from typing import Any

import pytest

from client.cli import run
from tests.unit.infra.cloud import ROOT, SETTINGS, Cloud, deploy_cloud, principals_of
from tests.unit.infra.snapshots import DeploymentFailed

pytestmark = pytest.mark.outside


def open_to(cloud: Cloud) -> dict[str, list[str]]:
    """What each service lets in."""
    [vault] = cloud.all("Microsoft.KeyVault/vaults")
    app = cloud.app().body["properties"]["siteConfig"]["ipSecurityRestrictions"]
    return {
        "app": [one["ipAddress"] for one in app if "tag" not in one],
        "vault": [one["value"] for one in vault.body["properties"]["networkAcls"]["ipRules"]],
        "audit": [one["value"] for one in cloud.account("audit").body["properties"]["networkAcls"]["ipRules"]],
    }


@pytest.mark.parametrize(
    ("written", "ranges", "for_storage"),
    [
        ("", [], []),
        ("  ;,\r\n", [], []),
        ("8.8.8.8", ["8.8.8.8/32"], ["8.8.8.8"]),
        ("8.8.8.8;8.8.8.8/32\t8.8.8.8,", ["8.8.8.8/32"], ["8.8.8.8"]),
        ("203.0.113.7/24 203.0.113.0/24", ["203.0.113.0/24"], ["203.0.113.0/24"]),
        (
            "203.0.113.9/31\n203.0.113.8\n203.0.113.16/30",
            ["203.0.113.8/31", "203.0.113.8/32", "203.0.113.16/30"],
            ["203.0.113.8", "203.0.113.9", "203.0.113.16/30"],
        ),
        ("9.0.0.0/8 172.15.255.255, 172.32.0.0", ["9.0.0.0/8", "172.15.255.255/32", "172.32.0.0/32"],
         ["9.0.0.0/8", "172.15.255.255", "172.32.0.0"]),
    ],
)  # fmt: skip
def test_a_list_as_it_is_written_becomes_what_each_service_takes(
    written: str, ranges: list[str], for_storage: list[str]
) -> None:
    found = open_to(deploy_cloud(settings={"EXCHANGE_OPERATOR_ADDRESSES": written, "EXCHANGE_BOROUGH_ADDRESSES": ""}))

    assert found == {"app": ranges, "vault": ranges, "audit": for_storage}


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("8.8.8.8, office", "entry 2 is no IPv4 address"),
        ("8.8.8.8-9", "entry 1 is no IPv4 address"),
        ("8.8.8.256", "is no IPv4 address"),
        ("08.8.8.8", "is no IPv4 address"),
        ("8.8.8.8/", "is no IPv4 address"),
        ("8.8.8.8/33", "is no IPv4 address"),
        ("8.8.8.0/24/32", "is no IPv4 address"),
        ("8.8.8.8 2001:db8::1", "entry 2 is IPv6"),
        ("0.0.0.0/0", "more than 16 million"),
        ("8.0.0.0/7", "more than 16 million"),
        ("10.1.2.3", "private or reserved"),
        ("172.16.0.0/12", "private or reserved"),
        ("192.168.1.0/24", "private or reserved"),
        ("100.0.0.0/8", "private or reserved"),
        ("127.0.0.1", "private or reserved"),
        # Copied from a page: a blank that does not break, a mark before it, quotes, a range that came apart.
        ("8.8.8.8\u00a09.9.9.9", "is no IPv4 address"),
        ("\ufeff8.8.8.8", "is no IPv4 address"),
        ("'8.8.8.8'", "is no IPv4 address"),
        ("8.8.8.8 /24", "entry 2 is no IPv4 address"),
    ],
)
def test_what_is_no_public_address_stops_the_deployment(written: str, why: str) -> None:
    setting = "EXCHANGE_BOROUGH_ADDRESSES" if "entry" in why else "EXCHANGE_OPERATOR_ADDRESSES"

    with pytest.raises(DeploymentFailed, match=rf"{setting}: entry \d is ") as failed:
        deploy_cloud(settings={setting: written})
    assert why in str(failed.value)
    assert written not in str(failed.value), "a place in the list, not the value"


def told(cloud: Cloud, group: str) -> list[str]:
    """Who is in an action group."""
    properties = cloud.named("Microsoft.Insights/actionGroups", group).body["properties"]
    return [one["emailAddress"] for one in properties["emailReceivers"]]


def test_mail_addresses_are_trimmed_and_each_is_there_once() -> None:
    settings = {"EXCHANGE_ALERT_EMAILS": " a@x.org;A@X.org\n b@x.org,", "EXCHANGE_ON_CALL_EMAILS": "c@x.org"}
    cloud = deploy_cloud(settings=settings)

    assert told(cloud, "operators") == ["a@x.org", "b@x.org"]
    assert told(cloud, "on-call") == ["c@x.org"]
    assert told(deploy_cloud(), "on-call") == told(deploy_cloud(), "operators"), "nobody else is on call"


@pytest.mark.parametrize("private", [False, True])
def test_more_addresses_than_storage_takes_stop_the_deployment(private: bool) -> None:
    written = " ".join(f"8.{number // 250}.{number % 250}.1" for number in range(401))
    settings = {"EXCHANGE_BOROUGH_ADDRESSES": written, "EXCHANGE_OPERATOR_ADDRESSES": ""}

    with pytest.raises(DeploymentFailed, match=r"EXCHANGE_BOROUGH_ADDRESSES and \w+: more than 400 entries"):
        deploy_cloud(private=private, settings=settings)


@pytest.mark.parametrize(
    "written",
    [
        "nobody", "a@x.org, @x.org", "a@", "a@b@c", "a@x", "a@x..org", "a@x.org.", "a@.org",
        "<lead@x.org>", "Lead <lead@x.org>", "mailto:a@x.org", '"a"@x.org', "a@x.org\u00a0",
    ],
)  # fmt: skip
def test_what_is_no_mail_address_stops_the_deployment(written: str) -> None:
    with pytest.raises(DeploymentFailed, match=r"EXCHANGE_ALERT_EMAILS: entry \d is no mail address"):
        deploy_cloud(settings={"EXCHANGE_ALERT_EMAILS": written})


@pytest.mark.parametrize("written", ["2026-12-02", "December", "2026-12"])
def test_a_budget_begins_with_a_month(written: str) -> None:
    with pytest.raises(DeploymentFailed, match="EXCHANGE_BUDGET_START is no first day"):
        deploy_cloud(settings={"EXCHANGE_BUDGET_START": written})


@pytest.mark.parametrize(
    ("operators", "why"),
    [
        (["olga", "Olga"], "operators names somebody twice"),
        (["ops", {"id": "OPS", "type": "group", "members": ["ann"]}], "operators names somebody twice"),
        ([{"id": "ops", "type": "group"}], "a group of operators names no members"),
        ([{"id": "ops", "type": "group", "members": []}], "a group of operators names no members"),
        ([""], "an entry of operators is empty"),
        ([{"id": "ops", "type": "robot"}], "an entry of operators is neither"),
    ],
)
def test_an_entry_that_is_nobody_or_twice_the_same_stops_the_deployment(operators: list[Any], why: str) -> None:
    principals: dict[str, Any] = principals_of(deploy_cloud().agreements)

    with pytest.raises(DeploymentFailed, match=why):
        deploy_cloud(principals=principals | {"operators": operators})


def test_one_id_in_other_letters_is_one_person() -> None:
    """Azure takes an id in any letters, and its logs have it in small ones."""
    principals: dict[str, Any] = principals_of(deploy_cloud().agreements)
    principals["boroughs"]["lambeth"]["officers"] = ["OFFICER-1-SOUTHWARK"]
    with pytest.raises(DeploymentFailed, match="One principal is named twice"):
        deploy_cloud(principals=principals)

    principals["boroughs"]["lambeth"]["officers"] = ["Officer-1-Lambeth"]
    principals |= {"operators": ["Olga"], "keepers": ["Kim"]}
    cloud = deploy_cloud(principals=principals)
    asked = str([rule.body["properties"]["criteria"] for rule in cloud.all("Microsoft.Insights/scheduledQueryRules")])
    for known in ('"lambeth-outbox", "officer-1-lambeth"', '"deadletter", "olga"', 'dynamic(["kim"])'):
        assert known in asked


def test_a_group_has_the_rights_and_its_members_ring_no_alarm() -> None:
    principals: dict[str, Any] = principals_of(deploy_cloud().agreements)
    principals["operators"] = ["operator", {"id": "ops", "type": "group", "members": ["ann", "ben"]}]
    principals["keepers"] = [{"id": "keys", "type": "Group", "members": ["cat"]}]
    cloud = deploy_cloud(principals=principals)
    kinds = {
        one.body["properties"]["principalId"]: one.body["properties"]["principalType"]
        for one in cloud.all("Microsoft.Authorization/roleAssignments")
    }
    asked = {
        rule.name: str(rule.body["properties"]["criteria"]["allOf"][0]["query"])
        for rule in cloud.all("Microsoft.Insights/scheduledQueryRules")
    }

    assert (kinds["ops"], kinds["keys"]) == ("Group", "Group")
    assert (kinds["operator"], kinds["officer-1-lambeth"]) == ("User", "User")
    assert not {"ann", "ben", "cat"} & set(kinds), "rights go to the group"
    for member in ("ann", "ben", "operator"):
        assert f'"deadletter", "{member}"' in asked["unknown-reader"]
    assert 'dynamic(["keys", "cat"])' in asked["stranger-at-a-key"]
    ours = {place for who, place, _ in cloud.rights() if who == "ops"}
    assert ours == {place for who, place, _ in cloud.rights() if who == "operator"}


def test_a_desk_and_a_time_of_maintenance() -> None:
    settings = {
        "EXCHANGE_DESK_WEBHOOK": "https://desk.example.org/hook",
        "EXCHANGE_DESK_OBJECT_ID": "desk",
        "EXCHANGE_DESK_IDENTIFIER_URI": "api://desk",
        "EXCHANGE_QUIET_FROM": "2026-12-05T20:00:00",
        "EXCHANGE_QUIET_UNTIL": "2026-12-05T22:00:00",
    }
    cloud = deploy_cloud(settings=settings)
    [hook] = cloud.named("Microsoft.Insights/actionGroups", "on-call").body["properties"]["webhookReceivers"]
    [quiet] = cloud.all("Microsoft.AlertsManagement/actionRules")

    assert (hook["useAadAuth"], hook["objectId"], hook["identifierUri"]) == (True, "desk", "api://desk")
    [condition] = quiet.body["properties"]["conditions"]
    assert condition == {"field": "Severity", "operator": "NotEquals", "values": ["Sev0"]}
    assert quiet.body["properties"]["schedule"]["timeZone"] == "GMT Standard Time"
    assert deploy_cloud().all("Microsoft.AlertsManagement/actionRules") == []


def test_every_command_of_the_way_to_the_first_drop_exists(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/operators/deployment.md").read_text(encoding="utf-8")
    typed = re.findall(r"^\s*(exchange [^\n]+)$", page, re.MULTILINE)
    assert len(typed) >= 7
    for line in typed:
        words = shlex.split(line)[1:]
        names = list(takewhile(re.compile("[a-z]+").fullmatch, words))
        assert run([*names, "--help"]) == 0, line
        helped = capsys.readouterr().out
        assert names[-1] in helped
        assert not [word for word in words if word.startswith("--") and word not in helped], line
    assert set(SETTINGS) <= set(re.findall(r"`(\w+)`", page))
