"""The name of a staged file. It says all that planning work needs, so that planning opens nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.kernel import names

_NAME = re.compile(
    rf"(?P<dataset>{names.DATASET})/(?P<collection>{names.COLLECTION})/"
    rf"(?P<sender>{names.SLUG})\.(?P<prepared>\d{{8}}T\d{{6}}Z)\.(?P<drop>{names.ID})\.parquet"
)


@dataclass(frozen=True)
class Partition:
    """Rows of one drop, or kept by one job, that are one party's work."""

    dataset: str
    collection: str
    sender: str
    prepared_at: datetime
    """When the sender says that it made the file: a later file of the same sender, dataset and collection replaces
    this one, whatever the order in which they arrived, unless that is a question (`intake/ties.py`)."""
    drop: str

    @property
    def name(self) -> str:
        """The blob name within the agreement's part of the party's staging area."""
        prepared = self.prepared_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        return f"{self.dataset}/{self.collection}/{self.sender}.{prepared}.{self.drop}.parquet"

    @classmethod
    def named(cls, name: str) -> Partition:
        """Read a blob name back. Raises `ValueError` for any other name."""
        found = _NAME.fullmatch(name)
        if not found or not names.is_collection(found["collection"]):
            raise ValueError("not the name of a staged partition")
        prepared = datetime.strptime(found["prepared"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return cls(found["dataset"], found["collection"], found["sender"], prepared, found["drop"])
