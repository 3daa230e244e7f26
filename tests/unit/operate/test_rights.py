"""`exchange rights check`: an officer who was taken out, a right given by hand, one that is missing; read from a file,
or from a server that answers as Azure Resource Manager documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from client.cli import run
from shared.kernel.storage import granted, storage
from shared.kernel.storage.management import SCOPE as RESOURCE_MANAGER
from tests.azure_services import Credential, Service, error, served

SUBSCRIPTION = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-borough-exchange-pilot"
OUTBOX = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/bx/blobServices/default/containers/lambeth-outbox"
COLLECT, WORK = "0000aaaa", "0000bbbb"
IDENTITIES = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
APP = f"[reference('{IDENTITIES}/id-app', '2024-11-30').principalId]"


def given(who: str, role: str, scope: str = OUTBOX) -> dict[str, Any]:
    """A right as the templates give it."""
    definition = f"{GROUP}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return {
        "type": "Microsoft.Authorization/roleAssignments",
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{who}-{role}",
        "properties": {"principalId": who, "roleDefinitionId": definition},
    }


def there(who: str, role: str, scope: str = OUTBOX) -> dict[str, str]:
    """A right as Azure lists it, which writes some of it in other letters."""
    definition = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role.upper()}"
    return {"principalId": who, "roleDefinitionId": definition, "roleDefinitionName": f"Role {role}", "scope": scope}


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command over both lists: the exit code, and what differs."""

    def compared(templates: list[Any], azure: list[Any], *more: str) -> tuple[int, list[tuple[str, ...]]]:
        group = {"type": "Microsoft.Resources/resourceGroups", "id": GROUP}
        snapshot = {"predictedResources": [group, *templates]}
        for name, content in (("snapshot.json", snapshot), ("assignments.json", azure)):
            (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
        files = (str(tmp_path / "snapshot.json"), "--assignments", str(tmp_path / "assignments.json"))
        code = run(["rights", "check", *files, *more, "--json"])
        found = json.loads(capsys.readouterr().out)["differences"]
        return code, [(one["what"], one["who"], one["role"], one["scope"]) for one in found]

    return compared


SCOPE = OUTBOX.removeprefix(GROUP).lower()


def test_where_both_are_the_same_nothing_is_said(check: Any) -> None:
    assert check([given("ann", COLLECT)], [there("ann", COLLECT, OUTBOX.upper())]) == (0, [])


def test_an_officer_who_was_taken_out_of_the_file_shows(check: Any) -> None:
    code, found = check([given("ann", COLLECT)], [there("ann", COLLECT), there("bob", COLLECT)])

    assert (code, found) == (3, [("too much", "bob", f"Role {COLLECT}", SCOPE)])


def test_a_right_that_was_taken_away_or_never_came_shows(check: Any) -> None:
    code, found = check([given("ann", COLLECT), given("bob", COLLECT)], [there("ann", COLLECT)])

    assert (code, found) == (3, [("too little", "bob", f"Role {COLLECT}", SCOPE)])


def test_another_role_in_the_same_place_is_too_much_and_too_little(check: Any) -> None:
    _, found = check([given("ann", COLLECT)], [there("ann", WORK)])

    assert [what for what, *_ in found] == ["too much", "too little"]


@pytest.mark.parametrize("scope", [SUBSCRIPTION, "/", "/providers/Microsoft.Management/managementGroups/all"])
def test_whoever_reaches_in_from_above_shows_unless_known(check: Any, scope: str) -> None:
    rights = [there("eve", WORK, scope), there("ann", COLLECT)]

    code, found = check([given("ann", COLLECT)], rights)
    assert (code, [(what, who) for what, who, *_ in found]) == (3, [("from above", "eve")])
    assert check([given("ann", COLLECT)], rights, "--known", "EVE") == (0, [])


def test_a_right_on_the_group_itself_is_below_nothing(check: Any) -> None:
    assert [one[0] for one in check([], [there("eve", WORK, GROUP)])[1]] == ["too much"]
    assert check([], [there("eve", WORK, f"{GROUP}-2")])[1] == [], "another group"


def test_an_identity_has_its_id_from_whoever_deploys(check: Any) -> None:
    templates, azure = [given(APP, WORK)], [there("id-of-the-app", WORK)]

    assert check(templates, azure, "--identity", "id-app=id-of-the-app") == (0, [])
    assert check(templates, azure) == (9, [("not known", "«id-app»", f"Role {WORK}", SCOPE)])
    code, found = check(templates, [*azure, there("eve", WORK)])
    assert (code, [what for what, *_ in found]) == (3, ["too much", "too much", "not known"]), (
        "one of the two is not it"
    )
    code, found = check(templates, azure, "--identity", "id-app=another")
    assert (code, [what for what, *_ in found]) == (3, ["too much", "too little"])


@pytest.mark.parametrize("content", ["", "{}", '[{"principal": 1}]', "[1]"])
def test_what_is_no_list_of_assignments_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    group = {"type": "Microsoft.Resources/resourceGroups", "id": GROUP}
    (tmp_path / "s.json").write_text(json.dumps({"predictedResources": [group]}), encoding="utf-8")

    assert run(["rights", "check", str(tmp_path / "s.json"), "--assignments", str(tmp_path / "a.json")]) == 2
    assert "INP-050" in capsys.readouterr().err


def test_a_snapshot_of_something_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text("[]", encoding="utf-8")
    (tmp_path / "s.json").write_text('{"predictedResources": []}', encoding="utf-8")

    assert run(["rights", "check", str(tmp_path / "s.json"), "--assignments", str(tmp_path / "a.json")]) == 2
    assert "no snapshot of main.bicep" in capsys.readouterr().err


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A subscription in which Ann, Bob and the app have rights, two to a page, read by whoever is logged in."""
    listed = [
        {"id": f"/{n}", "properties": {key: one[key] for key in ("principalId", "roleDefinitionId", "scope")}}
        for n, one in enumerate([there("ann", COLLECT), there("bob", COLLECT), there("id-of-the-app", WORK)])
    ]
    said: dict[str, list[dict[str, Any]]] = {
        "roleDefinitions": [
            {"name": role.upper(), "properties": {"roleName": f"Role {role}"}} for role in (COLLECT, WORK)
        ],
        "userAssignedIdentities": [{"name": "id-app", "properties": {"principalId": "id-of-the-app"}}],
        "systemTopics": [{"name": "evgt-bx", "identity": {"principalId": "id-of-the-topic"}}, {"name": "without"}],
    }

    def answer(path: str, body: Any) -> tuple[int, Any]:
        path, _, query = path.partition("?")
        assert body is None
        kind = path.rpartition("/")[2]
        if kind == "roleAssignments":
            assert path.startswith(f"{SUBSCRIPTION}/providers/")
            if "skip" in query:
                return 200, {"value": listed[2:]}
            return 200, {"value": listed[:2], "nextLink": f"{service.url}{path}?{query}&skip=2"}
        return (200, {"value": said[kind]}) if path.startswith(f"{GROUP}/providers/") else error(404, "NotFound")

    with served(answer, tmp_path) as (service, options):
        monkeypatch.setattr(granted, "Granted", partial(granted.Granted, **options))
        monkeypatch.setattr(storage, "default_credential", lambda: Credential(RESOURCE_MANAGER))
        yield service


@pytest.fixture
def snapshot(tmp_path: Path) -> str:
    """What the templates give: a right to Ann and one to the app."""
    group = {"type": "Microsoft.Resources/resourceGroups", "id": GROUP}
    path = tmp_path / "snapshot.json"
    path.write_text(json.dumps({"predictedResources": [group, given("ann", COLLECT), given(APP, WORK)]}))
    return str(path)


@pytest.mark.outside
def test_azure_is_asked_who_has_what_and_who_the_identities_are(
    azure: Service, snapshot: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rights", "check", snapshot, "--json"]) == 3

    said = json.loads(capsys.readouterr().out)
    assert said["differences"] == [{"what": "too much", "who": "bob", "role": f"Role {COLLECT}", "scope": SCOPE}]
    assert said["compared"] == 2
    assert all("api-version=" in path for path in azure.asked)


@pytest.mark.outside
def test_whoever_may_not_look_is_told_so_and_nothing_passes_for_fine(
    azure: Service, snapshot: str, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.fault = (403, "AuthorizationFailed")

    assert run(["rights", "check", snapshot]) not in (0, 3)
    assert "STO-005" in capsys.readouterr().err
