"""Who has collected, from the logs that the emulator writes of itself: what a workspace of logs tells the cloud."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc

from shared.kernel.audit.logs.read import read_logs

_REFUSED = 400


@dataclass(frozen=True)
class WitnessedReads:
    """A collection log over the folder of a site. The emulator writes within a tenth of a second."""

    folder: Path
    app: str
    """Object id of the app, whose own reads are no collection."""

    def collected(self, slug: str) -> frozenset[str]:
        """Names of the blobs that anybody but the app has read in the borough's outbox."""
        names: set[str] = set()
        for block in read_logs(self.folder):
            rows = block.operations
            read = pc.and_(pc.equal(rows["operation"], "GetBlob"), pc.less(rows["status"], _REFUSED))
            by_others = pc.and_(
                pc.equal(rows["container"], f"{slug}-outbox"), pc.not_equal(rows["principal"], self.app)
            )
            names |= set(rows.filter(pc.and_(read, by_others)).column("blob").to_pylist())
        return frozenset(names)
