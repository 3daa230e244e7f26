"""One borough in the demo: it drops and collects through its own passes, and opens with its own key ring."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import pyarrow as pa

from client.opening import open_release
from local.site import Desk
from shared.agreement.model import Agreement
from shared.envelope.keys import Use
from shared.envelope.manifest import EXCHANGE
from shared.envelope.seal import seal
from shared.envelope.statement import verify_statement
from shared.storage.access import BoroughDoor


@dataclass(frozen=True)
class Party:
    """A borough with a desk, under an agreement."""

    desk: Desk
    agreement: Agreement

    @property
    def slug(self) -> str:
        """The borough's slug."""
        return self.desk.slug

    @cached_property
    def door(self) -> BoroughDoor:
        """What the borough's passes let it do."""
        profile = tomllib.loads(self.desk.profile.read_text(encoding="utf-8"))
        return BoroughDoor(profile["inbox_url"], profile["outbox_url"])

    def drop(self, dataset: str, collection: str, rows: pa.Table, *, prepared_at: datetime) -> None:
        """Seal contract rows to the exchange and put them into the inbox."""
        keys = self.desk.keys
        sealed = seal(
            rows,
            sender=self.slug,
            receiver=EXCHANGE,
            dataset=dataset,
            collection=collection,
            agreement=self.agreement,
            key_id=keys.current(self.slug, Use.DROP),
            prepared_at=prepared_at,
            keys=keys,
        )
        self.door.put(f"{dataset}-{collection}-{sealed.manifest.sha256[:12]}.parquet", sealed.data, sealed.metadata)

    def releases(self, release: str, folder: str = "") -> list[pa.Table]:
        """Every release of that name in the outbox (under `folder`), opened with the borough's own key."""
        names = [blob.name for blob in self.door.list(folder) if blob.name.endswith(f"/{release}.parquet")]
        return [
            open_release(self.door.fetch(name), slug=self.slug, ring=self.desk.keys, agreement=self.agreement)
            for name in names
        ]

    def summaries(self) -> list[tuple[str, dict[str, Any]]]:
        """Folder and `summary.json` of every finished run."""
        names = [blob.name for blob in self.door.list("results/") if blob.name.endswith("/summary.json")]
        return [(name.removesuffix("summary.json"), json.loads(self.door.fetch(name).data)) for name in names]

    def answers(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """The verified receipt and the report of every drop."""
        for blob in self.door.list("reports/"):
            if blob.name.endswith("/receipt.json"):
                receipt = verify_statement(self.door.fetch(blob.name).data, self.desk.keys.public_key)["body"]
                report = self.door.fetch(blob.name.replace("receipt.json", "report.json"))
                yield receipt, json.loads(report.data)
