"""The templates deploy what the agreement says, for four boroughs and for all 33, public or private."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from shared.agreements.registry import PACKAGES, load_agreements
from tests.unit.infra import snapshots
from tests.unit.infra.cloud import (
    READ,
    ROOT,
    SETTINGS,
    TERMS_FILE,
    Cloud,
    all_of_london,
    deploy_cloud,
    principals_of,
    terms_of_the_pilot,
)
from tests.unit.infra.facts import FACTS, Fact
from tests.unit.infra.facts_data import policies_in
from tests.unit.infra.snapshots import DeploymentFailed
from tests.unit.infra.templates import TEMPLATES

FOLDER = ROOT / snapshots.BICEP
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.bicep*") if path.suffix != ".json")
STARTS = ("main.bicep", "events.bicep")
pytestmark = pytest.mark.outside
CLOUDS = {"pilot": {}, "private": {"private": True}, "london": {"changed": all_of_london()}}


@cache
def cloud_of(name: str) -> Cloud:
    """One of the clouds that every fact has to hold for."""
    return deploy_cloud(**CLOUDS[name])  # type: ignore[arg-type]


@pytest.fixture
def pilot() -> Cloud:
    return cloud_of("pilot")


@pytest.mark.parametrize("file", STARTS)
def test_the_compiler_and_every_rule_of_its_have_nothing_to_say(file: str) -> None:
    assert snapshots.templates().findings(file) == []


def test_a_rule_that_is_off_has_its_reason_above_it() -> None:
    lines = (FOLDER / "bicepconfig.json").read_text(encoding="utf-8").splitlines()
    levels = dict(re.findall(r'"([a-z-]+)": \{ "level": "(\w+)" \}', "\n".join(lines)))

    assert set(levels.values()) == {"error", "off"}
    assert {name.partition("-")[0] for name, level in levels.items() if level == "off"} == {"use"}
    for number, line in enumerate(lines):
        if '"off"' in line:
            block = next(lines[above] for above in range(number, 0, -1) if '"off"' not in lines[above])
            assert block.strip().startswith("//"), line
    disabled = [
        line for file in FILES for line in (FOLDER / file).read_text("utf-8").splitlines() if "#disable" in line
    ]
    assert all("//" in line for line in disabled)
    assert len(disabled) <= 5


@pytest.mark.parametrize("file", FILES)
def test_every_file_is_as_the_compiler_formats_it(file: str) -> None:
    assert snapshots.templates().formatted(file) == (FOLDER / file).read_text(encoding="utf-8")


def test_every_module_is_deployed() -> None:
    text = (ROOT / "infra/bicep/main.bicep").read_text(encoding="utf-8")
    used = {f"infra/bicep/{path}" for path in re.findall(r"'(modules/[a-z-]+\.bicep)'", text)}

    assert used == {path for path in TEMPLATES if "/modules/" in path}


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_the_fact_holds(fact: Fact) -> None:
    for name in CLOUDS:
        fact(cloud_of(name))


def test_london_is_33_boroughs_and_more_agreements_than_one() -> None:
    assert len(cloud_of("london").agreements.senders) == 33
    assert len([*cloud_of("london").agreements]) >= 2


def test_no_two_role_assignments_have_one_name() -> None:
    for cloud in map(cloud_of, CLOUDS):
        names = [one.name for one in cloud.all("Microsoft.Authorization/roleAssignments")]
        assert len(set(names)) == len(names)


def test_names_are_as_long_as_azure_takes() -> None:
    for cloud in map(cloud_of, CLOUDS):
        assert all(re.fullmatch(r"[a-z0-9]{3,24}", one.name) for one in cloud.all("Microsoft.Storage/storageAccounts"))
        assert all(len(one.name) <= 24 for one in cloud.all("Microsoft.KeyVault/vaults"))
        subscriptions = cloud.all("Microsoft.EventGrid/systemTopics/eventSubscriptions")
        assert all(3 <= len(one.name.partition("/")[2]) <= 64 for one in subscriptions)


def test_a_third_officer_stops_the_deployment(pilot: Cloud) -> None:
    principals = principals_of(pilot.agreements)
    principals["boroughs"]["lambeth"]["officers"].append("officer-3-lambeth")

    with pytest.raises(DeploymentFailed, match=r"More officers than an agreement allows: lambeth\."):
        deploy_cloud(principals=principals)


def test_the_number_of_officers_is_the_agreements() -> None:
    changed = {TERMS_FILE: terms_of_the_pilot().replace("officers_per_party: 2", "officers_per_party: 1")}

    with pytest.raises(DeploymentFailed, match="More officers than an agreement allows: lambeth, lewisham"):
        deploy_cloud(changed=changed)


def test_the_strictest_agreement_says_how_many_officers_a_party_may_name() -> None:
    """An officer of a party collects from all of its boxes, of whatever agreement."""
    file = "shared/agreements/origin_destination/agreement.yaml"
    text = (ROOT / file).read_text(encoding="utf-8")
    changed = {file: text.replace("officers_per_party: 2", "officers_per_party: 1")}

    with pytest.raises(DeploymentFailed, match=r"allows: lambeth, lewisham, southwark, wandsworth, liia\."):
        deploy_cloud(changed=changed)


def test_the_templates_read_every_agreement_of_the_registry() -> None:
    assert [one["id"] for one in yaml.safe_load((ROOT / READ).read_text(encoding="utf-8"))["agreements"]] == [*PACKAGES]
    for name in ("main", "events"):
        text = (ROOT / f"infra/bicep/{name}.bicep").read_text(encoding="utf-8")
        assert re.findall(r"loadYamlContent\('(.*agree.*)'\)", text) == ["agreements.yaml"]
        assert not [package.name for package in PACKAGES.values() if package.name in text]


def test_who_only_collects_can_drop_nothing(pilot: Cloud) -> None:
    names = [resource.name for resource in pilot.resources]
    assert any(name.endswith("/liia-outbox") for name in names)
    assert not [name for name in names if "liia-inbox" in name or name.endswith("drop-liia")]


@pytest.mark.parametrize(("days", "deployed"), [(27, 27), (28, 27), (35, 27)])
def test_the_backstop_comes_when_the_first_agreement_wants_it(days: int, deployed: int) -> None:
    cloud = deploy_cloud(changed=_kept_otherwise(days))
    [policy] = cloud.all("Microsoft.Storage/storageAccounts/managementPolicies")
    assert f"'daysAfterCreationGreaterThan': {deployed}" in str(policy.body)


@pytest.mark.parametrize("days", [20, 25])
def test_the_backstop_of_one_agreement_takes_nothing_that_another_has_not_swept(days: int) -> None:
    with pytest.raises(
        DeploymentFailed, match=rf"sweeps on day 26, after the lifecycle policy of another, day {days}\."
    ):
        deploy_cloud(changed=_kept_otherwise(days))


def _kept_otherwise(lifecycle_days: int) -> dict[str, str]:
    """The second agreement swept on day 18, with another day of the policy."""
    file = "shared/agreements/origin_destination/agreement.yaml"
    text = (ROOT / file).read_text(encoding="utf-8").replace("lifecycle_days: 27", f"lifecycle_days: {lifecycle_days}")
    text = text.replace("promise_days: 30", "promise_days: 40").replace("watchdog_days: 29", "watchdog_days: 39")
    return {file: re.sub(r": 26$", ": 18", text, flags=re.MULTILINE).replace("reminder_days: 19", "reminder_days: 9")}


def test_a_borough_without_an_identity_stops_the_deployment(pilot: Cloud) -> None:
    principals = principals_of(pilot.agreements)
    del principals["boroughs"]["southwark"]

    with pytest.raises(DeploymentFailed, match=r"No identity in principals\.yaml: southwark\."):
        deploy_cloud(principals=principals)


def test_one_principal_for_two_boroughs_stops_the_deployment(pilot: Cloud) -> None:
    principals = principals_of(pilot.agreements)
    principals["boroughs"]["lambeth"]["officers"] = ["officer-1-southwark"]

    with pytest.raises(DeploymentFailed, match="One principal is named twice"):
        deploy_cloud(principals=principals)


def test_another_region_stops_the_deployment() -> None:
    with pytest.raises(DeploymentFailed, match="ukwest"):
        deploy_cloud(settings={"AZURE_LOCATION": "ukwest"})


def test_the_shipped_principals_name_every_participant_and_nobody() -> None:
    shipped = yaml.safe_load((ROOT / "infra/bicep/principals.yaml").read_text(encoding="utf-8"))

    assert list(shipped["boroughs"]) == list(load_agreements().parties)
    assert all(named == {"identity": "", "officers": []} for named in shipped["boroughs"].values())
    with pytest.raises(DeploymentFailed, match="No identity in principals"):
        deploy_cloud(principals=shipped)


def test_audit_policies_that_are_locked_are_left_alone(pilot: Cloud) -> None:
    locked = deploy_cloud(settings={"EXCHANGE_AUDIT_LOCKED": "true"})

    assert policies_in(locked, "audit") == {}
    assert policies_in(locked, "exch") == policies_in(pilot, "exch"), "it has a switch of its own"
    assert policies_in(deploy_cloud(settings={"EXCHANGE_RECORDS_LOCKED": "true"}), "exch") == {}
    assert locked.inside("audit", "blobServices/containers") == pilot.inside("audit", "blobServices/containers")


def test_a_trial_that_will_be_taken_down_has_no_locks() -> None:
    assert deploy_cloud(settings={"EXCHANGE_LOCKS": "false"}).all("Microsoft.Authorization/locks") == []


def test_nothing_of_the_agreement_is_repeated(pilot: Cloud) -> None:
    said = {*pilot.agreements.parties, str(pilot.agreements.records.ledger_days), *(f"{id}@" for id in PACKAGES)}
    for path in TEMPLATES:
        code = re.sub(r"//.*", "", (ROOT / path).read_text(encoding="utf-8"))
        assert not [word for word in said if word in code], path


def test_what_a_person_has_to_set_stops_the_deployment_by_its_name() -> None:
    for name in ("EXCHANGE_ALERT_EMAILS", "EXCHANGE_BUDGET_START"):
        with pytest.raises(DeploymentFailed, match=name):
            deploy_cloud(settings={name: ""})


def test_every_setting_is_documented() -> None:
    text = (FOLDER / "main.bicepparam").read_text(encoding="utf-8")
    page = (ROOT / "docs/operators/deployment.md").read_text(encoding="utf-8")
    workflow = (ROOT / ".github/workflows/deploy.yml").read_text(encoding="utf-8")
    for name in set(re.findall(r"readEnvironmentVariable\('(\w+)'", text)):
        assert name in page, f"docs/operators/deployment.md does not say what {name} is"
        assert name in workflow, f"the workflow leaves {name} out"
    assert set(SETTINGS) <= set(re.findall(r"\w+", text))


def test_the_hooks_use_what_the_template_gives() -> None:
    outputs = set(re.findall(r"^output (\w+) ", (FOLDER / "main.bicep").read_text(encoding="utf-8"), re.MULTILINE))
    scripts = sorted((ROOT / "infra").glob("*.sh"))

    assert [script.name for script in scripts] == ["events.sh", "lock.sh"]
    for script in scripts:
        assert set(re.findall(r"\$\{?(AZURE_\w+|EXCHANGE_\w+)", script.read_text(encoding="utf-8"))) <= outputs


def test_azd_deploys_the_app_that_the_template_tags(pilot: Cloud) -> None:
    project = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))
    [app] = pilot.all("Microsoft.Web/sites")

    assert project["infra"] == {"provider": "bicep", "path": "infra/bicep", "module": "main"}
    assert list(project["services"]) == [app.body["tags"]["azd-service-name"]]
    for hook in project["hooks"].values():
        assert Path(ROOT / hook["run"].split()[-1]).is_file()


def test_the_deploy_workflow_has_no_secret() -> None:
    text = (ROOT / ".github/workflows/deploy.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)

    assert "secrets." not in text
    assert workflow["jobs"]["deploy"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert workflow["jobs"]["deploy"]["needs"] == "test"
    assert workflow["jobs"]["deploy"]["environment"]
