"""What a pass says of itself, read before anything is asked of the exchange with it. No message repeats any of it.

A pass is a container's URL with a shared access signature: ``sp`` what it allows, ``st`` and ``se`` from when and until
when, ``sig`` the signature. See `shared.kernel.storage.access`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, urlsplit

from client.codes import invalid
from shared.kernel import names

if TYPE_CHECKING:
    from shared.kernel.errors import InvalidInput

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{43}=")
"""Base64 of an HMAC-SHA256."""
_NEEDED = ("sv", "sp", "se", "sig")
_CONTAINER = "c"
"""What a pass is for, in its `sr`; `b` would be one blob. A pass of a whole account says nothing."""


@dataclass(frozen=True)
class Box:
    """One of the two boxes that a borough reaches: the setting it comes from, and what one has to be allowed there."""

    setting: str
    name: str
    allowed: str
    """Letters of ``sp`` that are needed."""
    doing: str


INBOX = Box("inbox_url", "inbox", "c", "create a file in the inbox")
OUTBOX = Box("outbox_url", "outbox", "rl", "read and list the outbox")


@dataclass(frozen=True)
class Pass:
    """What may be shown of a pass."""

    host: str
    container: str
    since: datetime | None
    until: datetime | None
    """`None` when the signature's own words are kept by the service, or there is no pass because Entra lets one in."""


def read_pass(url: str, box: Box) -> Pass:
    """The pass in a container's URL. Raises `InvalidInput` INP-090 to INP-092, INP-096 or INP-097."""
    if "&amp;" in url:
        raise invalid("INP-091", setting=box.setting)
    if odd := _odd(url):
        raise invalid("INP-090", setting=box.setting, reason=odd)
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise invalid("INP-097", setting=box.setting)
    parameters = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    container = parts.path.rstrip("/").rpartition("/")[2]
    host = str(parts.hostname)
    if not parts.query and "?" not in url:
        return Pass(host, container, None, None)
    if missing := [name for name in _NEEDED if not parameters.get(name)]:
        raise _cut(box, f"it has no {missing[0]}=")
    # A + that was not written as %2B has become a space.
    if not _SIGNATURE.fullmatch(parameters["sig"].replace(" ", "+")):
        raise _cut(box, "its signature is not whole")
    if not set(box.allowed) <= set(parameters["sp"]):
        raise invalid("INP-096", setting=box.setting, what=box.doing, box=f"the {box.name}")
    if parameters.get("sr", _CONTAINER) != _CONTAINER:
        what = f"{box.doing} (it is not for the whole container)"
        raise invalid("INP-096", setting=box.setting, what=what, box=f"the {box.name}")
    return Pass(host, container, _moment(box, parameters.get("st")), _moment(box, parameters["se"]))


def check_pass(url: str, box: Box, slug: str, now: datetime) -> Pass:
    """The same, and that it is a pass to this box of this borough, at this moment. Raises INP-090 to INP-097."""
    found = read_pass(url, box)
    if found.container != f"{slug}-{box.name}":
        shown = found.container if re.fullmatch(names.SLUG, found.container) else "no box"
        raise invalid("INP-095", setting=box.setting, container=shown, borough=slug)
    if found.until is not None and now >= found.until:
        raise invalid("INP-093", setting=box.setting, until=_shown(found.until), clock=_shown(now))
    if found.since is not None and now < found.since:
        raise invalid("INP-094", setting=box.setting, since=_shown(found.since), clock=_shown(now))
    return found


def _odd(url: str) -> str:
    """Why this cannot be a URL at all, or nothing."""
    if re.search(r"\s", url.strip()) or url != url.strip():
        return "it has a space or a line break in it"
    if re.search(r"[<>\"'“”‘’«»]", url):
        return "it has quotes or angle brackets in it"
    try:
        parts: SplitResult = urlsplit(url)
        port_holds = parts.port is None or parts.port > 0
    except ValueError:
        return "it is not written as one"
    if parts.scheme not in ("https", "http") or not parts.hostname or not port_holds:
        return "it does not begin with https:// and a name"
    return "" if parts.path.strip("/") else "it names no container"


def _moment(box: Box, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _cut(box, "a time in it cannot be read") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _cut(box: Box, reason: str) -> InvalidInput:
    return invalid("INP-092", setting=box.setting, reason=reason)


def _shown(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
