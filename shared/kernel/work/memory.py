"""Remembers decisions beyond the life of rows: pseudonyms, words and days, and nothing else that is about anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.days import london_day
from shared.kernel.errors import Missing
from shared.kernel.intake.identity import derived_id
from shared.kernel.intake.staging import MADE_WITH, read_staged, stage
from shared.kernel.terms.partition import Partition

if TYPE_CHECKING:
    from shared.kernel.exchange import Sharing
    from shared.kernel.terms.pipeline import Job

_BACK = "taken-back"
DECIDED = pa.schema({"ref": pa.string(), "decision": pa.string(), "day": pa.date32()})
REMEMBERED = DECIDED.append(pa.field("expiry", pa.date32()))
"""`expiry` is the first day (London's) on which the decision counts no more."""


def remember(sharing: Sharing, partition: Partition, rows: pa.Table) -> None:
    """Write decisions of the job that `partition` names, once. None is written where there is none.

    Raises `ValueError` for any other columns than those of `DECIDED`, and where the agreement remembers nothing: both
    are defects of its pipeline.
    """
    if not rows.schema.equals(DECIDED):
        raise ValueError(f"remembered are {', '.join(DECIDED.names)} alone, of these types")
    if not rows.num_rows:
        return
    dated = rows.append_column(REMEMBERED.field("expiry"), pa.repeat(pa.scalar(_expiry(sharing, partition)), len(rows)))
    told = {MADE_WITH: sharing.keys.pseudonyms(sharing.agreement.id).mark}
    stage(sharing, partition.sender, partition, dated, told, area=sharing.decisions(partition.sender))


def take_back(sharing: Sharing, job: Job, id: str, word: str, taken_back_by: Mapping[str, str]) -> None:
    """Remember, of the decisions of that job under that word that can be taken back, that they are: of the same day, so
    that what takes a decision back stands. Done twice it is done once."""
    if not taken_back_by:
        return
    area = sharing.decisions(job.party)
    for name in [blob.name for blob in area.list(f"{word}/{job.collection}/")]:
        own = Partition.named(name)
        if own.drop != id:
            continue
        rows = recall(sharing, job.party, name, on=sharing.today).select(DECIDED.names).to_pylist()
        back = [row | {"decision": taken_back_by[row["decision"]]} for row in rows if row["decision"] in taken_back_by]
        remember(sharing, replace(own, drop=derived_id(_BACK, id)), pa.Table.from_pylist(back, schema=DECIDED))


def recall(sharing: Sharing, party: str, name: str, *, on: date) -> pa.Table:
    """The decisions (`REMEMBERED`) of one partition that count on that day."""
    try:
        rows = read_staged(sharing, party, name, area=sharing.decisions(party))
    except Missing:
        if london_day(sharing.clock()) < _expiry(sharing, Partition.named(name)):
            raise
        return REMEMBERED.empty_table()  # swept since the job began
    return rows.select(REMEMBERED.names).filter(pc.greater(rows.column("expiry"), pa.scalar(on)))


def _expiry(sharing: Sharing, partition: Partition) -> date:
    days = sharing.agreement.retention.decisions_days
    if days is None:
        raise ValueError("the agreement has no retention.decisions_days")
    return london_day(partition.prepared_at) + timedelta(days=days)
