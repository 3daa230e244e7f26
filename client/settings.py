"""What a borough tells the command once: who it is, where its keys are, which door it has.

An option goes before an environment variable, and that before the profile file `exchange.toml`::

    borough    = "lambeth"          # EXCHANGE_BOROUGH     --borough
    keys       = "keys"             # EXCHANGE_KEYS        --keys        (folder; relative to this file)
    agreements = "agreements"       # EXCHANGE_AGREEMENTS  --agreements  (folder of `<id>.yaml`; else those shipped)
    default_agreement = "fsm"       # EXCHANGE_DEFAULT_AGREEMENT (whose dataset is meant, of several of one name)
    inbox_url  = "https://…?sig=…"  # EXCHANGE_INBOX_URL
    outbox_url = "https://…?sig=…"  # EXCHANGE_OUTBOX_URL
    account_url = "https://…"       # EXCHANGE_ACCOUNT_URL (instead of the two, for an officer with an Entra account)
    certificate = "exchange.pem"    # EXCHANGE_CERTIFICATE (of a practice exchange, to be trusted for its URLs alone)
    readers    = "owner"            # EXCHANGE_READERS     (who may read what is written: owner, or group too)

In the paths `~` and variables (`$HOME/keys`) are filled in. The URLs carry passes, so they are no options: a command
line can be read by others and stays in the shell's history.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from client.codes import invalid
from client.files import share_with
from client.profile import expanded, read_profile
from shared.kernel.days import london_day

if TYPE_CHECKING:
    from client.key_folder import KeyFolder
    from shared.kernel.terms.agreements import Agreements
    from shared.kernel.terms.model import Agreement

PROFILE = "exchange.toml"
_PATHS = ("keys", "agreements", "certificate")
_READERS = ("owner", "group")


@dataclass(frozen=True, repr=False)
class Settings:
    """Everything is text or absent until it is asked for. There is no repr: two of the fields are secrets."""

    borough: str | None = None
    keys: str | None = None
    agreements: str | None = None
    default_agreement: str | None = None
    inbox_url: str | None = None
    outbox_url: str | None = None
    account_url: str | None = None
    certificate: str | None = None
    readers: str | None = None

    def slug(self) -> str:
        """The borough that runs this. Raises `InvalidInput` INP-008 (not set) or INP-023 (no London authority)."""
        slug = self._need("borough", "--borough")
        agreement = self.agreement()
        # A hub is party to some agreements, and known to those alone.
        if slug not in agreement.by_slug and not any(slug in one.terms.by_slug for one in self.every_agreement()):
            raise invalid("INP-023", name=slug, known=", ".join(agreement.controllers))
        return slug

    def ons_code(self) -> str:
        """The code of the authority that runs this. Raises `InvalidInput` INP-008, or INP-023 for who is none."""
        slug, agreement = self.slug(), self.agreement()
        if slug not in agreement.by_slug or agreement.by_slug[slug].ons_code is None:
            raise invalid("INP-023", name=slug, known=", ".join(agreement.controllers))
        return str(agreement.by_slug[slug].ons_code)

    def every_agreement(self) -> Agreements:
        """All agreements, with what their packages bring when it is asked for."""
        from shared.agreements.registry import load_agreements

        return load_agreements(Path(self.agreements) if self.agreements else None)

    def agreement(self, id: str = "fsm") -> Agreement:
        """One agreement, read from the folder that is set, else as it is shipped."""
        from shared.agreements.registry import load_agreement

        return load_agreement(id, Path(self.agreements) if self.agreements else None)

    def key_ring(self) -> KeyFolder:
        """The folder of keys. Private ones that others can read are closed to them first, or INP-089 is raised."""
        from client.key_folder import KeyFolder, close_private

        folder = self.key_folder()
        close_private(folder)
        return KeyFolder(folder)

    def key_folder(self) -> Path:
        """Where the keys are. Raises `InvalidInput` INP-008."""
        return Path(self._need("keys", "--keys"))

    def url(self, setting: str) -> str:
        """`inbox_url` or `outbox_url`. Raises `InvalidInput` INP-008."""
        return self._need(setting, "it in the profile (it carries a pass, so it is no option)")

    def place(self, setting: str) -> str:
        """The address of a box without the pass in it."""
        if self.account_url:
            return f"{self.account_url.rstrip('/')}/{self.slug()}-{setting.partition('_')[0]}"
        return self.url(setting).partition("?")[0]

    def _need(self, key: str, option: str) -> str:
        value: str | None = getattr(self, key)
        if not value:
            raise invalid("INP-008", setting=key, option=option, variable=_variable(key), key=key)
        return value


def load_settings(
    profile: Path | None = None, *, environment: Mapping[str, str] = os.environ, **options: str | Path | None
) -> Settings:
    """Settings out of options, environment and profile.

    Raises `InvalidInput` INP-001 when a profile is named and not there, INP-009 or INP-110 when it is wrong, naming key
    or line, and INP-111 when a path names a variable that is not set.
    """
    named = profile or (Path(environment["EXCHANGE_PROFILE"]) if environment.get("EXCHANGE_PROFILE") else None)
    found = _read(named, environment) if named else _read(Path(PROFILE), environment) if Path(PROFILE).is_file() else {}
    found |= {
        field.name: environment[_variable(field.name)]
        for field in fields(Settings)
        if environment.get(_variable(field.name))
    }
    found |= {name: str(value) for name, value in options.items() if value is not None}
    found |= {name: expanded(name, found[name], environment) for name in _PATHS if name in found}
    settings = Settings(**found)
    share_with(settings.readers if settings.readers in _READERS else "owner")
    return settings


def now() -> datetime:
    """This moment in UTC, whole seconds: the client may read a clock, the rooms it calls may not."""
    return datetime.now(UTC).replace(microsecond=0)


def today(as_of: datetime | None = None) -> date:
    """London's day, or the day `as_of` that somebody named."""
    return as_of.date() if as_of else london_day(now())


def _read(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    known: dict[str, tuple[str, ...]] = {field.name: () for field in fields(Settings)}
    document = read_profile(path, known | {"readers": _READERS})
    paths = {key: expanded(key, document[key], environment) for key in _PATHS if key in document}
    return document | {key: str(path.parent / given) for key, given in paths.items()}


def _variable(key: str) -> str:
    return f"EXCHANGE_{key.upper()}"
