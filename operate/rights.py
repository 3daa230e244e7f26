"""`exchange rights check`: who has more, or less, than the templates give.

Deploying takes no right away, and an owner can give one by hand: so somebody has to compare. What the templates give is
what `bicep snapshot` says of them. What there is, Azure Resource Manager is asked for, by an identity that may read; or
it is a file that somebody exported, and no right is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from client import options
from client.console import answer, table
from client.exits import Exit
from shared.kernel.json_once import loads_once

What = Literal["too much", "from above", "too little", "not known"]
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
GROUP = "Microsoft.Resources/resourceGroups"
_IDENTITY = re.compile(r"/(?:userAssignedIdentities|systemTopics)/([^/']+)'")

app = typer.Typer(help="For operators: who has more, or less, than the templates give.")


@dataclass(frozen=True, order=True)
class Right:
    """Somebody's role somewhere, as both lists can say it: all in small letters."""

    who: str
    """Object id; in a snapshot perhaps the name of an identity whose id only Azure knows."""
    role: str
    """The last part of the role definition's id."""
    scope: str


@dataclass(frozen=True)
class Difference:
    """A right that only one of the lists has."""

    what: What
    who: str
    role: str
    scope: str
    """Within the resource group, or whole where it is above."""


@app.callback()
def _group() -> None:
    """One command, with a name of its own."""


@app.command(
    epilog="Examples: exchange rights check infra/bicep/main.snapshot.json --known 4e5f6071-…; "
    "exchange rights check main.snapshot.json --assignments assignments.json --identity id-borough-exchange-pilot=0a1b…"
)
def check(
    snapshot: Annotated[Path, typer.Argument(help="What `bicep snapshot infra/bicep/main.bicepparam` wrote.")],
    assignments: Annotated[
        Path | None,
        typer.Option(help="What `az role assignment list --all --output json` wrote; else Azure is asked."),
    ] = None,
    identity: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=ID", help="With a file: object id of an identity, or of the topic; again for each."),
    ] = None,
    known: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Who may have rights from above: owners, who deploys.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Compare the role assignments that there are with those that the templates give.

    Ends with 0 when both are the same, 3 when somebody has too much or too little, and 9 when an identity's object id
    was not given and nothing else differs.
    """
    group, resources = _templates(_read(snapshot, dict), snapshot)
    if assignments:
        names = dict(one.partition("=")[::2] for one in identity or ())
        there, roles = _of_file(_read(assignments, list), assignments)
    else:
        there, roles, names = _of_azure(group)
    given = _given(resources, names)
    group = group.lower()
    found = compare(group, given, there, frozenset(one.lower() for one in known or ()))
    rows = [asdict(one) | {"role": roles.get(one.role, one.role)} for one in found]
    told = table(["what", "who", "role", "scope"], [list(row.values()) for row in rows]) if rows else "Nothing differs."
    states = {one.what for one in found}
    code = Exit.DONE if not states else Exit.NOT_KNOWN if states == {"not known"} else Exit.CHECK_BROKEN
    answer({"ok": code is Exit.DONE, "compared": len(given), "differences": rows}, told, as_json=json)
    raise typer.Exit(code)


def compare(
    group: str, given: Iterable[Right], there: Iterable[Right], known: frozenset[str] = frozenset()
) -> list[Difference]:
    """What differs below the resource group, and whatever reaches into it from above and is nobody's who is known."""
    given, there = set(given), set(there)
    open_ = {right for right in given if "«" in right.who}
    below = {right for right in there if right.scope == group or right.scope.startswith(f"{group}/")}
    above = {right for right in there if _reaches(right.scope, group)}
    surplus = below - given
    found = [_difference("too much", right, group) for right in sorted(surplus) if not _may_be(right, open_, surplus)]
    found += [_difference("from above", right, group) for right in sorted(above) if right.who not in known]
    found += [_difference("too little", right, group) for right in sorted(given - open_ - there)]
    return found + [_difference("not known", right, group) for right in sorted(open_)]


def _reaches(scope: str, group: str) -> bool:
    return group.startswith(scope.rstrip("/") + "/") or "/microsoft.management/managementgroups/" in scope


def _may_be(right: Right, open_: set[Right], surplus: set[Right]) -> bool:
    """Whether it may be that of an identity whose id was not given, and is not one of more than there are of these."""
    alike = [sum((one.role, one.scope) == (right.role, right.scope) for one in several) for several in (surplus, open_)]
    return alike[0] <= alike[1]


def _difference(what: What, right: Right, group: str) -> Difference:
    return Difference(what, right.who, right.role, right.scope.removeprefix(group) or "/")


def _read(path: Path, kind: type) -> Any:
    from client.codes import invalid
    from client.disk import check_file

    check_file(path)
    try:
        found = loads_once(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, kind):
        raise invalid("INP-050", path=path, kind="no JSON that fits", advice="See --help for what writes it.")
    return found


def _templates(snapshot: Mapping[str, Any], path: Path) -> tuple[str, list[dict[str, Any]]]:
    """The id of the resource group, and all that the templates make."""
    from client.codes import invalid

    resources: list[dict[str, Any]] = list(snapshot.get("predictedResources", ()))
    groups = [str(one["id"]) for one in resources if one.get("type") == GROUP]
    if len(groups) != 1:
        raise invalid("INP-050", path=path, kind="no snapshot of main.bicep", advice="Write it with `bicep snapshot`.")
    return groups[0], resources


def _given(resources: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[Right]:
    rights = []
    for one in resources:
        if one["type"] == ASSIGNMENT:
            said = one["properties"]
            scope = one["id"].lower().rpartition(f"/providers/{ASSIGNMENT.lower()}/")[0]
            rights.append(Right(_who(said["principalId"], names), _role(said["roleDefinitionId"]), scope))
    return rights


def _who(principal: str, names: Mapping[str, str]) -> str:
    if not principal.startswith("["):
        return principal.lower()
    named = _IDENTITY.search(principal)
    name = named[1] if named else principal
    return names[name].lower() if name in names else f"«{name}»"


def _of_azure(group: str) -> tuple[list[Right], dict[str, str], dict[str, str]]:
    """What there is, what roles are called, and the object ids of identities by their names."""
    from shared.kernel.storage.granted import Granted
    from shared.kernel.storage.storage import default_credential

    azure = Granted(group, default_credential())
    try:
        rights = [Right(one.who.lower(), _role(one.role), one.scope.lower()) for one in azure.assignments()]
        return rights, {_role(role): name for role, name in azure.roles().items()}, azure.identities()
    finally:
        azure.close()


def _of_file(listed: list[Any], path: Path) -> tuple[list[Right], dict[str, str]]:
    from client.codes import invalid

    try:
        rights = [
            Right(one["principalId"].lower(), _role(one["roleDefinitionId"]), one["scope"].lower()) for one in listed
        ]
        roles = {_role(one["roleDefinitionId"]): str(one.get("roleDefinitionName") or "") for one in listed}
    except (KeyError, TypeError, AttributeError):
        advice = "Write it with `az role assignment list --all --output json`."
        raise invalid("INP-050", path=path, kind="no list of role assignments", advice=advice) from None
    return rights, {role: name for role, name in roles.items() if name}


def _role(definition: str) -> str:
    return definition.rpartition("/")[2].lower()
