"""What a borough tells the command once: who it is, where its keys are, which door it has.

An option goes before an environment variable, and that before the profile file `exchange.toml`::

    borough    = "lambeth"          # EXCHANGE_BOROUGH     --borough
    keys       = "keys"             # EXCHANGE_KEYS        --keys        (folder; relative to this file)
    agreements = "agreements"       # EXCHANGE_AGREEMENTS  --agreements  (folder; else the one that is shipped)
    inbox_url  = "https://…?sig=…"  # EXCHANGE_INBOX_URL
    outbox_url = "https://…?sig=…"  # EXCHANGE_OUTBOX_URL
    account_url = "https://…"       # EXCHANGE_ACCOUNT_URL (instead of the two, for an officer with an Entra account)
    certificate = "exchange.pem"    # EXCHANGE_CERTIFICATE (of a practice exchange, to be trusted for its URLs alone)

The URLs carry passes, so they are no options: a command line can be read by others and stays in the shell's history.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from client.codes import invalid
from shared.days import london_day

if TYPE_CHECKING:
    from shared.agreement.model import Agreement
    from shared.envelope.ring import LocalKeyRing
    from shared.storage.access import BoroughDoor

PROFILE = "exchange.toml"
_PATHS = ("keys", "agreements", "certificate")


@dataclass(frozen=True, repr=False)
class Settings:
    """Everything is text or absent until it is asked for. There is no repr: two of the fields are secrets."""

    borough: str | None = None
    keys: str | None = None
    agreements: str | None = None
    inbox_url: str | None = None
    outbox_url: str | None = None
    account_url: str | None = None
    certificate: str | None = None

    def slug(self) -> str:
        """The borough that runs this. Raises `InvalidInput` INP-008 (not set) or INP-023 (no London authority)."""
        slug = self._need("borough", "--borough")
        agreement = self.agreement()
        if slug not in agreement.by_slug:
            raise invalid("INP-023", name=slug, known=", ".join(agreement.controllers))
        return slug

    def agreement(self) -> Agreement:
        """The agreement, read from the folder that is set, else the one that is shipped."""
        from shared.agreement.load import load_agreement

        return load_agreement(Path(self.agreements) if self.agreements else None)

    def key_ring(self) -> LocalKeyRing:
        """The folder of keys."""
        from shared.envelope.ring import LocalKeyRing

        return LocalKeyRing(Path(self._need("keys", "--keys")))

    def door(self) -> BoroughDoor:
        """The way into the inbox and out of the outbox."""
        from shared.storage.access import BoroughDoor

        trust = {"connection_verify": self.certificate} if self.certificate else {}
        if self.account_url:
            return BoroughDoor.of_account(self.account_url, self.slug(), **trust)
        option = "it in the profile (it carries a pass, so it is no option)"
        return BoroughDoor(self._need("inbox_url", option), self._need("outbox_url", option), **trust)

    def _need(self, key: str, option: str) -> str:
        value: str | None = getattr(self, key)
        if not value:
            raise invalid("INP-008", setting=key, option=option, variable=_variable(key), key=key)
        return value


def load_settings(
    profile: Path | None = None, *, environment: Mapping[str, str] = os.environ, **options: str | Path | None
) -> Settings:
    """Settings out of options, environment and profile.

    Raises `InvalidInput` INP-001 when a profile is named and not there, INP-009 when it is wrong, naming the key.
    """
    named = profile or (Path(environment["EXCHANGE_PROFILE"]) if environment.get("EXCHANGE_PROFILE") else None)
    found = _read(named) if named else _read(Path(PROFILE)) if Path(PROFILE).is_file() else {}
    found |= {
        field.name: environment[_variable(field.name)]
        for field in fields(Settings)
        if environment.get(_variable(field.name))
    }
    found |= {name: str(value) for name, value in options.items() if value is not None}
    return Settings(**found)


def now() -> datetime:
    """This moment in UTC, whole seconds: the client may read a clock, the rooms it calls may not."""
    return datetime.now(UTC).replace(microsecond=0)


def today(as_of: datetime | None = None) -> date:
    """London's day, or the day `as_of` that somebody named."""
    return as_of.date() if as_of else london_day(now())


def _read(path: Path) -> dict[str, str]:
    import tomllib

    if not path.is_file():
        raise invalid("INP-001", path=path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise invalid("INP-009", path=path, key="it is not TOML") from None
    known = {field.name for field in fields(Settings)}
    for key, value in document.items():
        if key not in known:
            raise invalid("INP-009", path=path, key=f"it has no key {key}")
        if not isinstance(value, str):
            raise invalid("INP-009", path=path, key=f"{key} must be text")
    paths = {key: str(path.parent / document[key]) for key in _PATHS if key in document}
    return document | paths


def _variable(key: str) -> str:
    return f"EXCHANGE_{key.upper()}"
