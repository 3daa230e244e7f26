"""The way from this machine to the exchange: whose certificates it believes, which proxy it takes, and its clock.

Trust, the first that is set: `certificate` of the profile, alone; SSL_CERT_FILE, SSL_CERT_DIR and REQUESTS_CA_BUNDLE,
together; else what the operating system trusts, so that an office's own authority which its machines know is known.
HTTPS_PROXY and NO_PROXY hold as everywhere.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from client.codes import invalid
from client.console import Progress, note
from client.passes import INBOX, OUTBOX, Box, check_pass

if TYPE_CHECKING:
    from client.settings import Settings
    from shared.kernel.storage.access import BoroughDoor

BUNDLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
CLOCKS_DIFFER = timedelta(minutes=10)
"""As far as the exchange lets clocks differ (DRP-001)."""
_WORTH_SAYING = timedelta(minutes=1)


def open_door(settings: Settings, *boxes: Box, told: Progress | None = None) -> BoroughDoor:
    """The door of the profile. Its passes are looked at first (INP-090 to INP-097), then trust and proxy (098, 099)."""
    check_passes(settings, *(boxes or (INBOX, OUTBOX)))
    check_proxies()
    return door_of(settings, told)


def check_passes(settings: Settings, *boxes: Box) -> None:
    """Look at the passes of a profile that are about to be used; an officer's Entra account has none."""
    if settings.account_url:
        return
    for box in boxes:
        check_pass(settings.url(box.setting), box, settings.slug(), datetime.now(UTC))


def door_of(settings: Settings, told: Progress | None = None) -> BoroughDoor:
    """The way into the inbox and out of the outbox, nothing looked at."""
    from shared.kernel.storage.access import BoroughDoor
    from shared.kernel.storage.line import Line

    account = settings.account_url
    address = account or settings.url("outbox_url")
    secure = address.startswith("https:")  # tests speak plain HTTP to themselves
    line = Line(trusted(settings.certificate)[0] if secure else None, told)
    if account:
        return BoroughDoor.of_account(account, settings.slug(), line=line)
    return BoroughDoor(settings.inbox_url or None, address, line=line)


def trusted(certificate: str | None, environment: Mapping[str, str] = os.environ) -> tuple[ssl.SSLContext, str]:
    """Whose certificates are believed, and what says so. Raises `InvalidInput` INP-098."""
    if certificate:
        return _of("certificate", [("certificate", certificate)]), "certificate of the profile"
    named = [(name, environment[name]) for name in BUNDLES if environment.get(name)]
    if named:
        return _of(named[0][0], named), ", ".join(name for name, _ in named)
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "the operating system"


def _of(first: str, named: list[tuple[str, str]]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for variable, path in named:
        place = Path(path)
        try:
            if not place.exists():
                raise invalid("INP-098", variable=variable, path=place, reason="is not there")
            if place.is_dir():
                context.load_verify_locations(capath=str(place))
                if not any(place.iterdir()):
                    raise invalid("INP-098", variable=variable, path=place, reason="holds no certificate")
            else:
                context.load_verify_locations(cafile=str(place))
        except (OSError, ssl.SSLError):
            raise invalid("INP-098", variable=variable, path=place, reason="holds no certificate") from None
    return context


def check_proxies(environment: Mapping[str, str] = os.environ) -> str:
    """The proxy's host and port, or nothing. Raises `InvalidInput` INP-099 when it is not written as a proxy is."""
    for name in PROXIES:
        value = environment.get(name)
        if not value:
            continue
        try:
            parts = urlsplit(value if "//" in value else f"http://{value}")
            port = parts.port
        except ValueError:
            raise invalid("INP-099", variable=name, reason="its port is no number") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise invalid("INP-099", variable=name, reason="it does not begin with http:// and a name")
        return f"{parts.hostname}:{port or (443 if parts.scheme == 'https' else 80)}"
    return ""


def ahead(door: BoroughDoor) -> timedelta | None:
    """How far this machine's clock is ahead of the exchange's, by the last answer that came; negative when behind."""
    return None if door.line.ahead is None else timedelta(seconds=round(door.line.ahead))


def exchange_now(door: BoroughDoor) -> datetime:
    """What time it is by the exchange's clock; by this machine's where no answer has said."""
    return datetime.now(UTC) - (ahead(door) or timedelta(0))


def say_clock(difference: timedelta | None) -> None:
    """Say how far the clocks differ, if it is worth a word."""
    if difference is not None and abs(difference) > _WORTH_SAYING:
        note(f"The clock of this machine is {how_far(difference)} by the exchange's.")


def check_clock(difference: timedelta | None) -> None:
    """The same. Raises `InvalidInput` INP-104 beyond what the exchange takes."""
    if difference is not None and abs(difference) > CLOCKS_DIFFER:
        raise invalid("INP-104", difference=how_far(difference))
    say_clock(difference)


def how_far(difference: timedelta) -> str:
    """`2 h 3 min fast`."""
    seconds = int(abs(difference).total_seconds())
    hours, minutes = divmod(seconds // 60, 60)
    far = f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{seconds} s"
    return f"{far} {'fast' if difference > timedelta(0) else 'slow'}"
