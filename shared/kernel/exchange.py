"""What a service is handed. Built once by the composition root (`functions/wiring.py`), never reached for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.kernel.envelope.keys import KeyService
    from shared.kernel.ledger.chain import Ledger
    from shared.kernel.storage.storage import Storage
    from shared.kernel.terms.model import Agreement


@dataclass(frozen=True)
class Exchange:
    """The agreement in force, where blobs are, which keys there are, where events go, and what time it is (UTC)."""

    agreement: Agreement
    storage: Storage
    keys: KeyService
    ledger: Ledger
    clock: Callable[[], datetime]

    def working_on(self, subject: str) -> Exchange:
        """The same, with every request to storage and keys marked with the ledger's subject: their logs repeat it."""
        return replace(self, storage=self.storage.with_request_id(subject), keys=self.keys.working_on(subject))
