"""An office: a folder with keys, a profile and sealed files, and the command as it is typed there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from client.cli import run
from client.sealed_files import save
from operate.passes import write_profile
from shared.agreements.registry import load_agreement
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.seal import Label, seal
from shared.kernel.storage.access import inbox_pass, outbox_pass
from shared.kernel.storage.storage import Storage
from tests.world import COLLECTION, household, table

SLUG = "lambeth"


@dataclass(frozen=True)
class Said:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The code of the error, from the JSON answer."""
        return str(self.json.get("error", {}).get("code", ""))


@dataclass
class Office:
    """One borough's office. `place` is where it believes the exchange is."""

    folder: Path
    storage: Storage
    keys: Path
    place: str
    capsys: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def profile(self) -> Path:
        return self.folder / "exchange.toml"

    def url(
        self, box: str, lasts: timedelta = timedelta(hours=1), slug: str = SLUG, since: datetime | None = None
    ) -> str:
        """A pass to a box, at the place where the office believes the exchange is."""
        make = inbox_pass if box == "inbox" else outbox_pass
        issued = since or datetime.now(UTC)
        return self.at(make(self.storage, slug, issued=issued, expires=issued + lasts))

    def at(self, url: str) -> str:
        """The same pass, at the office's place."""
        there = str(self.storage.service.url).rstrip("/")
        account = there.rpartition("/")[2]
        return url.replace(there, f"{self.place}/{account}")

    def set_up(self, **settings: str | None) -> None:
        """Write the profile."""
        self.settings = {
            "borough": SLUG, "keys": str(self.keys), "inbox_url": self.url("inbox"), "outbox_url": self.url("outbox"),
        }  # fmt: skip
        for name, value in settings.items():
            self.settings.pop(name, None)
            if value is not None:
                self.settings[name] = value
        write_profile(self.profile, self.settings)

    def sealed(self, *, slug: str = SLUG, prepared_at: datetime | None = None, rows: int = 1) -> Path:
        """A sealed file with its manifest, new each time."""
        keys = LocalKeyRing(self.keys)
        at = prepared_at or datetime.now(UTC).replace(microsecond=0)
        made = seal(
            table("households", [household(f"H{number}") for number in range(rows)]),
            Label(slug, EXCHANGE, "households", COLLECTION, at),
            agreement=load_agreement("fsm"),
            key_id=keys.current(SLUG, Use.DROP),
            keys=_Signs(keys, slug),
        )
        return save(made, self.folder / "sealed")

    def run(self, *words: object, **environment: str) -> Said:
        """Type a command with `--json`; there is no secret in what it says."""
        for name, value in environment.items():
            self.patch.setenv(name, value)
        self.capsys.readouterr()
        code = run([*map(str, words), "--profile", str(self.profile), "--json"])
        said = self.capsys.readouterr()
        for setting in ("inbox_url", "outbox_url"):
            secret = self.settings.get(setting, "").partition("sig=")[2]
            assert not secret or secret not in said.out + said.err
        assert "Traceback" not in said.err
        assert "CLI-001" not in said.err
        return Said(int(code), said.out, said.err)

    def inbox(self) -> list[str]:
        """What lies in the borough's inbox."""
        return [facts.name for facts in self.storage.inbox(SLUG).list()]

    def give(self, name: str, data: bytes = b"{}") -> None:
        """Put something into the borough's outbox."""
        self.storage.outbox(SLUG).create(name, data)

    def left_over(self) -> list[str]:
        """Half files that lie about."""
        return [str(path) for path in self.folder.rglob(".*") if path.name.endswith(".half")]


class _Signs:
    """A key ring that signs as whoever it is told."""

    def __init__(self, ring: LocalKeyRing, slug: str) -> None:
        self._ring, self._slug = ring, slug

    def current(self, owner: str, use: Use) -> str:
        return self._ring.current(SLUG if use is Use.SIGN else owner, use)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ring, name)


OfficeAt = Callable[[str], Office]
