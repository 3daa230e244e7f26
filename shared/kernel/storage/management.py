"""How the storage account is set up, as Azure Resource Manager says it: what its data interface does not show.

Reads three things: the lifecycle policy, the settings of the blob service, and the replication policies. Needs the
actions `managementPolicies/read`, `blobServices/read` and `objectReplicationPolicies/read` on the account, and changes
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from shared.kernel.errors import Missing, NotAllowed
from shared.kernel.storage.rest import RestService

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

ENDPOINT = "https://management.azure.com"
SCOPE = "https://management.azure.com/.default"
API_VERSION = "2024-01-01"
"""That of the templates in `infra/bicep`."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class LifecycleRule:
    """One rule of the account's lifecycle policy. Days are those of `daysAfterCreationGreaterThan`; `None`: no such
    action, or one that counts from something else."""

    name: str
    enabled: bool
    prefixes: tuple[str, ...]
    """Raw prefixes, beginning with a container's name; none at all means the whole account."""
    blob_days: int | None
    snapshot_days: int | None
    version_days: int | None


@dataclass(frozen=True)
class BlobServiceSettings:
    """What the blob service keeps of what is deleted or overwritten."""

    soft_delete_days: int
    """0: off."""
    container_soft_delete_days: int
    """0: off."""
    versioning: bool
    point_in_time_restore: bool


class AccountManagement:
    """The account with the resource id `account_id`, through Azure Resource Manager."""

    def __init__(
        self, account_id: str, credential: TokenCredential, *, endpoint: str = ENDPOINT, **options: Any
    ) -> None:
        self._account = account_id
        self._service = RestService("Azure Resource Manager", endpoint, SCOPE, credential, **options)

    def close(self) -> None:
        """Give back the connections."""
        self._service.close()

    def lifecycle(self) -> tuple[LifecycleRule, ...] | None:
        """The rules of the lifecycle policy: none where there is no policy; `None` where this identity may not look.

        Raises a `StorageFault` when Azure Resource Manager does not answer, `Missing` when it knows no such account.
        """
        return where_allowed(self._lifecycle)

    def blob_service(self) -> BlobServiceSettings | None:
        """The settings of the blob service; `None` where this identity may not look. Raises as `lifecycle`."""
        return where_allowed(self._blob_service)

    def replicates(self) -> bool | None:
        """Whether objects are replicated to another account; `None` where this identity may not look. Raises as
        `lifecycle`."""
        return where_allowed(lambda: any(True for _ in self._service.get_all(self._of("objectReplicationPolicies"))))

    def _of(self, part: str) -> str:
        return f"{self._account}/{part}?api-version={API_VERSION}"

    def _lifecycle(self) -> tuple[LifecycleRule, ...]:
        try:
            found = self._service.get(self._of("managementPolicies/default"))
        except Missing as missing:
            if "ManagementPolicyNotFound" not in missing.message:
                raise
            return ()
        return tuple(_rule(rule) for rule in found["properties"]["policy"]["rules"])

    def _blob_service(self) -> BlobServiceSettings:
        found = self._service.get(self._of("blobServices/default"))["properties"]
        return BlobServiceSettings(
            soft_delete_days=_days(found.get("deleteRetentionPolicy")),
            container_soft_delete_days=_days(found.get("containerDeleteRetentionPolicy")),
            versioning=bool(found.get("isVersioningEnabled")),
            point_in_time_restore=bool((found.get("restorePolicy") or {}).get("enabled")),
        )


def where_allowed(look: Callable[[], _T]) -> _T | None:
    """What that finds; `None` where this identity may not look."""
    try:
        return look()
    except NotAllowed:
        return None


def _days(policy: Mapping[str, Any] | None) -> int:
    """For how many days something is kept. An unlimited policy has no days, and is no less than one."""
    return int(policy.get("days") or 1) if policy and policy.get("enabled") else 0


def _rule(rule: Mapping[str, Any]) -> LifecycleRule:
    definition = rule["definition"]
    filters = definition.get("filters") or {}
    actions = definition["actions"]
    # A rule that asks for index tags reaches only blobs that have them, and here none has: it covers nothing.
    covers = not filters.get("blobIndexMatch") and "blockBlob" in filters.get("blobTypes", ["blockBlob"])
    return LifecycleRule(
        name=str(rule["name"]),
        enabled=bool(rule.get("enabled", True)) and covers,
        prefixes=tuple(filters.get("prefixMatch") or ()),
        blob_days=_until_deleted(actions.get("baseBlob")),
        snapshot_days=_until_deleted(actions.get("snapshot")),
        version_days=_until_deleted(actions.get("version")),
    )


def _until_deleted(actions: Mapping[str, Any] | None) -> int | None:
    days = ((actions or {}).get("delete") or {}).get("daysAfterCreationGreaterThan")
    return None if days is None else int(days)
