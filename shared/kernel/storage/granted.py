"""Who has which right in a subscription, as Azure Resource Manager says it. *Reader* on the subscription does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.kernel.storage.management import ENDPOINT, SCOPE
from shared.kernel.storage.rest import RestService

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

RIGHTS_VERSION = "2022-04-01"
IDENTITIES_VERSION = "2024-11-30"
TOPICS_VERSION = "2025-02-15"


@dataclass(frozen=True)
class Assignment:
    """One role assignment, as Azure writes it."""

    who: str
    """Object id."""
    role: str
    """Resource id of the role definition."""
    scope: str


class Granted:
    """The rights in the subscription of the resource group with this id."""

    def __init__(self, group: str, credential: TokenCredential, *, endpoint: str = ENDPOINT, **options: Any) -> None:
        self._group = group
        self._subscription = "/".join(group.split("/")[:3])
        self._service = RestService("Azure Resource Manager", endpoint, SCOPE, credential, **options)

    def close(self) -> None:
        """Give back the connections."""
        self._service.close()

    def assignments(self) -> tuple[Assignment, ...]:
        """All in the subscription, and those that reach into it from above.

        Raises a `StorageFault` when Azure Resource Manager does not answer or this identity may not look.
        """
        kind = "Microsoft.Authorization/roleAssignments"
        path = f"{self._subscription}/providers/{kind}?api-version={RIGHTS_VERSION}"
        listed = [one["properties"] for one in self._service.get_all(path)]
        return tuple(Assignment(one["principalId"], one["roleDefinitionId"], one["scope"]) for one in listed)

    def roles(self) -> dict[str, str]:
        """What roles are called, by the name (a GUID) of their definition. Raises as `assignments`."""
        path = f"{self._group}/providers/Microsoft.Authorization/roleDefinitions?api-version={RIGHTS_VERSION}"
        return {str(one["name"]): str(one["properties"]["roleName"]) for one in self._service.get_all(path)}

    def identities(self) -> dict[str, str]:
        """Object ids of the group's identities and topics, by name. Raises as `assignments`."""
        found: dict[str, str] = {}
        inside = f"{self._group}/providers"
        path = f"{inside}/Microsoft.ManagedIdentity/userAssignedIdentities?api-version={IDENTITIES_VERSION}"
        for one in self._service.get_all(path):
            found[str(one["name"])] = str(one["properties"]["principalId"])
        path = f"{inside}/Microsoft.EventGrid/systemTopics?api-version={TOPICS_VERSION}"
        for one in self._service.get_all(path):
            if who := (one.get("identity") or {}).get("principalId"):
                found[str(one["name"])] = str(who)
        return found
