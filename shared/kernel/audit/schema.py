"""The words of Azure's logs: categories, folders, operations. Whoever writes such logs elsewhere uses these too.

Facts are from the documentation of the resource logs and of the tables, and from a published sample; which of them no
live account has confirmed yet stands in docs/operators/unverified.md.
"""

from __future__ import annotations

from typing import Final

READ: Final = "StorageRead"
WRITE: Final = "StorageWrite"
DELETE: Final = "StorageDelete"
KEYS: Final = "AuditEvent"

FOLDERS: Final = {
    READ: "insights-logs-storageread",
    WRITE: "insights-logs-storagewrite",
    DELETE: "insights-logs-storagedelete",
    KEYS: "insights-logs-auditevent",
}
"""Container of the audit account by category; within it ``resourceId=…/y=…/m=…/d=…/h=…/m=00/PT1H.json``."""

LIFECYCLE_AGENTS: Final = ("ObjectLifeCycleScanner", "OLCMScanner")
"""User agents of the lifecycle policy's own deletions."""

DENIED_STATUS: Final = (401, 403)
DENIED_WORDS: Final = (
    "AuthorizationError",
    "AuthenticationFailed",
    "SASAuthorizationError",
    "AnonymousAuthorizationError",
)

VERBS: Final = {
    **dict.fromkeys(("GetBlob", "GetBlobTags", "QueryBlobContents", "GetBlockList", "GetPageRegions"), "read"),
    **dict.fromkeys(("GetBlobProperties", "GetBlobMetadata", "GetContainerProperties", "GetContainerMetadata"), "look"),
    **dict.fromkeys(("ListBlobs", "FindBlobsByTags"), "list"),
    **dict.fromkeys(
        (
            "ListContainers",
            "GetBlobServiceProperties",
            "GetBlobServiceStats",
            "GetAccountInformation",
            "GetContainerACL",
            "ListQueues",
            "GetQueueServiceProperties",
            "GetQueueACL",
        ),
        "survey",
    ),
    "PutBlob": "create",
    **dict.fromkeys(
        (
            "PutBlock",
            "PutBlockList",
            "AppendBlock",
            "PutPage",
            "ClearPage",
            "SetBlobMetadata",
            "SetBlobProperties",
            "SetBlobTags",
            "SealBlob",
            "UndeleteBlob",
        ),
        "alter",
    ),
    "DeleteBlob": "delete",
    "BlobBatch": "batch",
    **dict.fromkeys(
        (
            "CopyBlob",
            "CopyBlobSource",
            "CopyBlobDestination",
            "AbortCopyBlob",
            "IncrementalCopyBlob",
            "PutBlobFromURL",
            "PutBlockFromURL",
            "AppendBlockFromURL",
            "PutPageFromURL",
            "SnapshotBlob",
        ),
        "copy",
    ),
    "GetUserDelegationKey": "delegate",
    "PutMessage": "put",
    **dict.fromkeys(("GetMessages", "GetMessage", "UpdateMessage", "DeleteMessage", "ClearMessages"), "take"),
    **dict.fromkeys(("PeekMessages", "PeekMessage", "GetQueueMetadata"), "peek"),
    **dict.fromkeys(("CreateContainer", "CreateQueue"), "make"),
    **dict.fromkeys(("KeyUnwrap", "KeyDecrypt"), "unwrap"),
    **dict.fromkeys(("KeyWrap", "KeyEncrypt", "KeySign", "KeyVerify"), "use"),
    **dict.fromkeys(
        ("KeyGet", "KeyList", "KeyListVersions", "SecretGet", "SecretList", "SecretListVersions"), "look up"
    ),
    **dict.fromkeys(
        ("KeyCreate", "KeyUpdate", "KeyImport", "KeyRotate", "KeyGetRotationPolicy", "SecretSet", "SecretUpdate"),
        "keep",
    ),
    "Authentication": "authenticate",
}
"""What an operation does, in our words. Any other of the vault is `other`, any other of storage `set up`: what we do
not know is not passed over, it is asked about."""

VAULT_OTHER: Final = "other"
SET_UP: Final = "set up"
