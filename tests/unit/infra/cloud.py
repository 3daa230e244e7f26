"""The cloud as the templates would make it, for whom the tests need it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from docs.generate import TEMPLATES
from docs.templates_of_the_cloud import agreements_of_the_cloud
from shared.agreements.free_school_meals.terms import own_terms
from shared.agreements.registry import PACKAGES, agreement_file, load_agreement
from shared.kernel.parties.register import authorities
from shared.kernel.terms.agreements import Agreed, Agreements
from shared.kernel.terms.model import Agreement
from tests.agreements import of_the_pilot
from tests.unit.infra.snapshots import BICEP, Resource, Snapshot, quoted, settings_in, templates
from tests.unit.infra.templates import ROOT

READ = TEMPLATES.as_posix()
"""What the templates read of all agreements."""
EVENTS = f"{BICEP}/events.bicep"
TERMS_FILE = "shared/agreements/free_school_meals/agreement.yaml"
BUILT_IN = {
    "12338af0-0e69-4776-bea7-57ae8d297424": "Key Vault Crypto User",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": "Storage Queue Data Message Sender",
    "73c42c96-874c-492b-b04d-ab87d138a893": "Log Analytics Reader",
}


@dataclass(frozen=True)
class Cloud:
    """Everything that is deployed, with the agreements that it is deployed for."""

    agreements: Agreements
    principals: dict[str, dict[str, list[str]]]
    """By party: `identity` (one id) and `officers`."""
    resources: tuple[Resource, ...]
    private: bool

    def all(self, kind: str) -> list[Resource]:
        """Every resource of a type."""
        return [resource for resource in self.resources if resource.type == kind]

    def account(self, purpose: str) -> Resource:
        """One of the three storage accounts."""
        accounts = self.all("Microsoft.Storage/storageAccounts")
        [account] = [one for one in accounts if one.name.startswith(f"bx{purpose}")]
        return account

    def inside(self, purpose: str, kind: str) -> dict[str, Resource]:
        """What of a type is in one of the accounts, by its own name."""
        prefix = f"{self.account(purpose).name}/default/"
        found = [one for one in self.all(f"Microsoft.Storage/storageAccounts/{kind}") if one.name.startswith(prefix)]
        return {one.name.removeprefix(prefix): one for one in found}

    def named(self, kind: str, name: str) -> Resource:
        """The resource of a type with that name."""
        [found] = [one for one in self.all(kind) if one.name == name]
        return found

    def app(self) -> Resource:
        """The function app."""
        [app] = self.all("Microsoft.Web/sites")
        return app

    def settings(self) -> Mapping[str, Any]:
        """The app's settings."""
        [settings] = self.all("Microsoft.Web/sites/config")
        return dict(settings.body["properties"])

    def actions_on(self, scope: str, identity: Resource) -> set[str]:
        """What an identity may do with the resource of that name itself, by custom roles."""
        return self.actions_of(f"«{identity.id}.principalId»", scope)

    def actions_of(self, principal: str, scope: str) -> set[str]:
        """What somebody may do with the resource of that name itself, by custom roles."""
        defined = {
            role.id: role.body["properties"]["permissions"][0]["actions"]
            for role in self.all("Microsoft.Authorization/roleDefinitions")
        }
        return {
            action
            for assignment in self.all("Microsoft.Authorization/roleAssignments")
            if assignment.place == scope and assignment.body["properties"]["principalId"] == principal
            for action in defined.get(assignment.body["properties"]["roleDefinitionId"], ())
        }

    def rights(self) -> list[tuple[str, str, frozenset[str]]]:
        """Who has what where: principal, path of the scope, and data actions or the name of a built-in role."""
        defined = {
            role.id: frozenset(role.body["properties"]["permissions"][0]["dataActions"])
            for role in self.all("Microsoft.Authorization/roleDefinitions")
        }
        rights = []
        for assignment in self.all("Microsoft.Authorization/roleAssignments"):
            said = assignment.body["properties"]
            role = said["roleDefinitionId"]
            what = defined[role] if role in defined else frozenset({BUILT_IN[role.rpartition("/")[2]]})
            rights.append((str(said["principalId"]), assignment.place, what))
        return rights


SETTINGS = {
    "AZURE_ENV_NAME": "pilot",
    "EXCHANGE_ALERT_EMAILS": " operators@example.org;Operators@example.org, lead@example.org\n",
    "EXCHANGE_BUDGET_START": "2026-12-01",
    "EXCHANGE_OPERATOR_ADDRESSES": "203.0.113.7; 198.51.100.0/31\n203.0.113.7/32",
    "EXCHANGE_BOROUGH_ADDRESSES": "192.0.2.0/24, 192.0.2.9",
}
"""As a person writes it."""


def deploy_cloud(
    *,
    changed: Mapping[str, str] | None = None,
    private: bool = False,
    principals: dict[str, Any] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Cloud:
    """Both steps of a deployment, with some files `changed`: the main template, then the subscriptions.

    `settings` are what `azd` puts into the environment.
    """
    files = {TERMS_FILE: terms_of_the_pilot()} | dict(changed or {})
    agreements = agreements_in(files)
    files = {READ: agreements_of_the_cloud(agreed.terms for agreed in agreements)} | files
    who = principals or principals_of(agreements)
    files = {f"{BICEP}/principals.yaml": yaml.safe_dump(who, sort_keys=False)} | files
    environment = SETTINGS | {"EXCHANGE_PRIVATE_NETWORK": str(private).lower()} | dict(settings or {})
    resources = _main(files, environment).resources + _events(files, private).resources
    return Cloud(agreements, who["boroughs"], resources, private)


def _main(files: Mapping[str, str], environment: Mapping[str, str]) -> Snapshot:
    text = files.get(f"{BICEP}/main.bicepparam") or (ROOT / BICEP / "main.bicepparam").read_text(encoding="utf-8")
    ours = {path.removeprefix(f"{BICEP}/"): text for path, text in files.items() if path.startswith(BICEP)}
    ours.pop("events.bicep", None)
    return templates().snapshot("main.bicep", settings_in(text, environment), ours)


def _events(files: Mapping[str, str], private: bool) -> Snapshot:
    names = {"accountName": "exchange", "topicName": "topic", "functionAppName": "app"}
    given = "".join(f"param {name} = {quoted(value)}\n" for name, value in names.items())
    text = f"using 'events.bicep'\n{given}param privateNetwork = {str(private).lower()}\n"
    ours = {path.removeprefix(f"{BICEP}/"): text for path, text in files.items() if path in (READ, EVENTS)}
    return templates().snapshot("events.bicep", text, ours)


def terms_of_the_pilot() -> str:
    """The agreement's file between the boroughs of the pilot, whoever is party to what is shipped."""
    return of_the_pilot((ROOT / TERMS_FILE).read_text(encoding="utf-8"))


def deploy_events(*, private: bool) -> Mapping[str, Any]:
    """What the second step tells `infra/events.sh`."""
    return _events({}, private).outputs


def agreements_of_the_pilot() -> Agreements:
    """What is deployed where nothing else is said."""
    return agreements_in({TERMS_FILE: terms_of_the_pilot()})


def agreements_in(changed: Mapping[str, str]) -> Agreements:
    """What the files say that the templates read."""
    files = {id: agreement_file(id).relative_to(ROOT).as_posix() for id in PACKAGES}
    texts = {id: changed.get(file) or (ROOT / file).read_text(encoding="utf-8") for id, file in files.items()}
    return Agreements(tuple(Agreed(_agreement(id, text), PACKAGES[id]) for id, text in texts.items()))


@cache
def _agreement(id: str, text: str) -> Agreement:
    terms = yaml.safe_load(text)
    if id == "fsm":
        terms["linkage"]["model"] = own_terms(load_agreement(id)).linkage.model
    return PACKAGES[id].terms.model_validate(terms)


def principals_of(agreements: Agreements) -> dict[str, Any]:
    """An identity and two officers for every participant, and somebody who runs it and who keeps the keys."""
    named = {
        slug: {"identity": f"identity-{slug}", "officers": [f"officer-{number}-{slug}" for number in (1, 2)]}
        for slug in agreements.parties
    }
    return {"boroughs": named, "keepers": ["keeper"], "operators": ["operator"], "deployers": ["Deployer"]}


def all_of_london() -> dict[str, str]:
    """The agreement with all 33 authorities as its parties, as a changed file."""
    everyone = ", ".join(authority.slug for authority in authorities() if authority.ons_code.startswith("E09"))
    terms = (ROOT / TERMS_FILE).read_text(encoding="utf-8")
    return {TERMS_FILE: re.sub(r"\b(controllers|dropped_by): \[.*\]", rf"\1: [{everyone}]", terms)}
