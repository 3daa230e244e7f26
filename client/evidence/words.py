"""How facts read on the page: British dates, grouped numbers, plain words for what services call their operations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

from markupsafe import Markup, escape

from shared.methods.suppress import THRESHOLD

LEFT_OUT = "[c]"
"""For a number that is left out; the shorthand that the Government Analysis Function asks tables to use."""

ROLES = {
    "borough": "Boroughs' own systems",
    "officer": "Boroughs' officers",
    "pass": "Holders of a pass",
    "app": "The exchange's own program",
    "records": "The exchange's own program, ending records whose days are over",
    "operator": "Operators",
    "keeper": "Keepers of keys",
    "deployer": "Deployers",
    "platform": "Azure's own services",
    "lifecycle": "The storage account's lifecycle policy",
    "nobody": "Without an identity",
    "unknown pass": "Passes that are not in the register",
    "unknown": "Not in the register",
}
"""In the order in which a reader asks."""
ALARMING = ("nobody", "unknown pass", "unknown")

_CONTAINERS = {
    "pending": "what awaits a decision",
    "decisions": "what was decided (as pseudonyms)",
    "deadletter": "events that could not be delivered",
    "queue": "queue of failed events",
    "vault": "key vault",
    "account": "the storage account as a whole",
    "other": "a container of no agreement",
    "held": "what holds keep",
    "in_force": "the agreement ended",
    "controllers": "a party left",
    "quarantine": "in quarantine",
    "hold": "a hold ended",
    "purposes": "results that others replaced",
}
_OPERATIONS = {
    "GetBlob": "read",
    "PutBlob": "wrote",
    "DeleteBlob": "deleted",
    "ListBlobs": "listed",
    "ListContainers": "listed containers",
    "ListQueues": "listed queues",
    "CreateContainer": "made the container",
    "CreateQueue": "made the queue",
    "GetBlobServiceProperties": "looked at the settings",
    "GetBlobProperties": "looked at",
    "GetBlobMetadata": "looked at",
    "GetContainerProperties": "looked at the container",
    "CopyBlob": "copied",
    "CopyBlobSource": "read for a copy",
    "SnapshotBlob": "took a snapshot",
    "AcquireBlobLease": "took a lease",
    "GetUserDelegationKey": "asked for a key to sign passes with",
    "PutMessage": "put a message",
    "GetMessages": "took messages",
    "PeekMessages": "looked at messages",
    "DeleteMessage": "deleted a message",
    "KeyUnwrap": "unwrapped",
    "KeyWrap": "wrapped",
    "KeyDecrypt": "decrypted",
    "KeyGet": "looked at a key",
    "KeyList": "listed keys",
    "KeyListVersions": "listed versions of a key",
    "KeyCreate": "made a key",
    "SecretGet": "read a secret",
}
_MECHANISMS = {
    "sweep": "nightly sweep",
    "lifecycle_policy": "lifecycle policy (inferred)",
    "expiry": "expiry of the service (inferred)",
}
_AUTHENTICATIONS = {
    "OAuth": "Entra identity",
    "SAS": "pass (SAS)",
    "AccountKey": "account key",
    "Anonymous": "nothing (anonymous)",
    "DelegationSas": "pass (SAS, delegated)",
    "TrustedAccess": "Azure's own trust",
}


_RESOURCE = re.compile(r"resourceId=.*(?=(/[^/]+){2}/y=\d)", re.IGNORECASE)
"""All of a resource's id but its last two parts, which say which service or vault it is."""

_PARTS = re.compile(r"[^._-]+[._-]?|[._-]")


def day(on: date | str) -> str:
    """``1 October 2026``, of a date or of a time in UTC as records have it."""
    found = on if isinstance(on, date) else datetime.fromisoformat(on)
    return f"{found.day} {found:%B %Y}"


def moment(at: str) -> str:
    """``1 October 2026, 09:30 UTC``; empty for none."""
    return f"{day(at)}, {datetime.fromisoformat(at):%H:%M} UTC" if at else ""


def brief(at: str) -> str:
    """``1 Oct 2026, 09:30:07``, to be found again in a log; empty for none."""
    return f"{datetime.fromisoformat(at).day} {datetime.fromisoformat(at):%b %Y, %H:%M:%S}" if at else ""


def file(path: str) -> str:
    """A path in a record, without the resource's long id in the middle of a log's."""
    return _RESOURCE.sub("…", path)


def breakable(code: str) -> Markup:
    """A code that may go over to the next line after a dot, a hyphen or an underscore, and nowhere else."""
    return Markup("").join(
        escape(part) + Markup("<wbr>") * part.endswith((".", "-", "_")) for part in _PARTS.findall(code)
    )


def span(first: str, last: str) -> str:
    """``5 Nov 2026``, ``1 to 20 Nov 2026``, ``1 Oct to 20 Nov 2026``: the days of two times."""
    one, other = datetime.fromisoformat(first), datetime.fromisoformat(last)
    if one.date() == other.date():
        return f"{one.day} {one:%b %Y}"
    begins = f"{one.day}"
    begins += f" {one:%b}" if (one.year, one.month) != (other.year, other.month) else ""
    begins += f" {one.year}" if one.year != other.year else ""
    return f"{begins} to {other.day} {other:%b %Y}"


def number(count: int | None) -> str:
    """``12,345``; `LEFT_OUT` for a number that may not be shown."""
    return LEFT_OUT if count is None else f"{count:,}"


def few(count: int) -> str:
    """A number of people: `LEFT_OUT` for one so small that somebody could be recognised."""
    return number(None if 0 < count < THRESHOLD else count)


def counted(count: int, one: str, many: str = "") -> str:
    """``1 file``, ``2 files``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def size(count: int | None) -> str:
    """``1.2 MB``."""
    if count is None:
        return "not stated"
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:,.1f} {unit}"


def operation(name: str) -> str:
    """What somebody did; the service's own name where there is no plain word for it."""
    return _OPERATIONS.get(name, name)


def container(kind: str) -> str:
    """What kind of container it is."""
    return _CONTAINERS.get(kind, kind)


def ways(by_clause: Mapping[str, int]) -> str:
    """``nightly sweep: inbox 4, staging 30``, of counts by clause of the agreement and mechanism."""
    by_way: dict[str, list[str]] = {}
    for key, count in sorted(by_clause.items()):
        clause, _, way = key.partition(" · ")
        what = container(clause.rpartition(".")[2].removesuffix("_days"))
        by_way.setdefault(way, []).append(f"{what} {count:,}")
    return "; ".join(f"{_MECHANISMS.get(way, way)}: {', '.join(parts)}" for way, parts in by_way.items())


def authentication(name: str) -> str:
    """How somebody proved who they are."""
    return _AUTHENTICATIONS.get(name, name)
