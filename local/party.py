"""One borough in the demo: its system drops, its officer collects and decides, and its own key ring opens.

Some boroughs have Entra accounts, and one has none and comes with its passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from client.connect import door_of
from client.opening import open_release
from client.settings import load_settings
from local.identities import borough, officer
from local.site import Desk, Site
from shared.agreements.free_school_meals import ID
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.seal import Label, seal
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.json_once import loads_once
from shared.kernel.storage.access import BoroughDoor
from shared.kernel.terms.agreements import Agreements


@dataclass(frozen=True)
class Party:
    """A borough with a desk, under the agreements."""

    desk: Desk
    agreements: Agreements
    system: BoroughDoor
    """The door as the borough's system uses it, without a person."""
    officer: BoroughDoor
    """The door as its officer uses it."""

    @classmethod
    def with_accounts(cls, site: Site, desk: Desk) -> Party:
        """A borough whose system and officer have an Entra identity each."""
        doors = [site.door(desk.slug, who) for who in (borough(desk.slug), officer(desk.slug))]
        return cls(desk, site.exchange.agreements, *doors)

    @classmethod
    def with_passes(cls, site: Site, desk: Desk) -> Party:
        """A borough that has nothing but the passes in its profile."""
        door = door_of(load_settings(desk.profile, environment={}))
        return cls(desk, site.exchange.agreements, door, door)

    @property
    def slug(self) -> str:
        """The borough's slug."""
        return self.desk.slug

    def close(self) -> None:
        """Give back the connections."""
        self.system.close()
        self.officer.close()

    def decide(self, collection: str, rows: pa.Table, *, prepared_at: datetime) -> None:
        """The officer's decisions, sealed and dropped."""
        self._drop(self.officer, rows, Label(self.slug, EXCHANGE, "decisions", collection, prepared_at), ID)

    def drop(
        self, dataset: str, collection: str, rows: pa.Table, *, prepared_at: datetime, agreement: str = ID
    ) -> None:
        """Seal contract rows to the exchange and put them into the inbox."""
        self._drop(self.system, rows, Label(self.slug, EXCHANGE, dataset, collection, prepared_at), agreement)

    def _drop(self, door: BoroughDoor, rows: pa.Table, label: Label, agreement: str) -> None:
        keys = self.desk.keys
        key = keys.current(self.slug, Use.DROP)
        sealed = seal(rows, label, agreement=self.agreements[agreement].terms, key_id=key, keys=keys)
        name = f"{label.dataset}-{label.collection}-{sealed.manifest.sha256[:12]}.parquet"
        door.put(name, sealed.data, sealed.metadata)

    def releases(self, release: str, folder: str = "") -> list[pa.Table]:
        """Every release of that name in the outbox (under `folder`), opened with the borough's own key."""
        names = [blob.name for blob in self.officer.list(folder) if blob.name.endswith(f"/{release}.parquet")]
        return [
            open_release(self.officer.fetch(name), slug=self.slug, ring=self.desk.keys, agreements=self.agreements)
            for name in names
        ]

    def summaries(self) -> list[tuple[str, dict[str, Any]]]:
        """Folder and `summary.json` of every finished run."""
        names = [blob.name for blob in self.officer.list(f"{ID}/results/") if blob.name.endswith("/summary.json")]
        return [(name.removesuffix("summary.json"), loads_once(self.officer.fetch(name).data)) for name in names]

    def keep(self, folder: Path) -> None:
        """Save what the exchange has signed, and this borough's own copy of the exchange's key: what an auditor asks a
        borough for."""
        for blob in self.officer.list():
            if blob.name.endswith(("/receipt.json", "/current.json")) or blob.name.startswith(f"{EXCHANGE}/"):
                path = folder / blob.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self.officer.fetch(blob.name).data)
        (folder / "exchange-public.json").write_bytes(self.desk.keys.export_public(EXCHANGE, Use.SIGN))

    def answers(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """The verified receipt and the report of every drop."""
        for blob in self.officer.list():
            if blob.name.endswith("/receipt.json"):
                receipt = verify_statement(self.officer.fetch(blob.name).data, self.desk.keys.public_key)["body"]
                report = self.officer.fetch(blob.name.replace("receipt.json", "report.json"))
                yield receipt, loads_once(report.data)
