"""A borough's list of who has objected: sealed to its own key beside its keys, used by `pack`, dropped whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from client.files import write_together
from client.sealed_files import beside, load
from shared.kernel.contract.objections import CONTRACT, names_in_objections, names_of
from shared.kernel.days import london_day
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.open import Place, open_own
from shared.kernel.envelope.seal import Label, seal
from shared.kernel.objected import OBJECTIONS

if TYPE_CHECKING:
    from datetime import date

    from client.pack.packed import Packed
    from client.settings import Settings
    from shared.kernel.contract.columns import Contract

FILE = "objections.parquet"
_COLLECTION = "2026-autumn"
"""A sealed file must name one; the list is of none."""


def read_list(settings: Settings, agreement: str) -> pa.Table:
    """Everybody on the list, in the columns of its contract; nobody where there is none yet."""
    path = _path(settings)
    if not path.is_file():
        return CONTRACT.arrow_schema().empty_table()
    sealed, slug, ring = load(path), settings.slug(), settings.key_ring()
    limits = settings.agreement(agreement).limits.staged
    own = Place(slug, slug, ring.accepted(slug, Use.RELEASE), lambda manifest: limits, limits)
    return open_own(sealed.data, sealed.metadata, own, ring).table.cast(CONTRACT.arrow_schema())


def write_list(settings: Settings, agreement: str, rows: pa.Table) -> Path:
    """Seal the list to the borough itself, in the place of the one before."""
    from client.settings import now

    slug, ring, path = settings.slug(), settings.key_ring(), _path(settings)
    label = Label(slug, slug, OBJECTIONS, _COLLECTION, now())
    terms = settings.agreement(agreement)
    sealed = seal(rows, label, agreement=terms, key_id=ring.current(slug, Use.RELEASE), keys=ring)
    write_together({beside(path): _json(sealed.metadata), path: sealed.data})
    return path


def keep_out(packed: Packed, settings: Settings, contract: Contract, agreement: str) -> tuple[Packed, int]:
    """The packed file without the rows of people on the list today, and how many these are."""
    from client.settings import now

    if not contract.named_by or not settings.keys or not _path(settings).is_file():
        return packed, 0
    listed = on(read_list(settings, agreement), london_day(now()))
    sender = pa.repeat("", listed.num_rows)
    names = names_in_objections(sender, listed, _joined).drop_null()
    rows = packed.table
    out = pa.array([False] * rows.num_rows, pa.bool_())
    for of_word in names_of(contract, pa.repeat("", rows.num_rows), rows, _joined).values():
        out = pc.or_(out, pc.is_in(of_word, names))
    return replace(packed, table=rows.filter(pc.invert(out))), int(pc.sum(out).as_py() or 0)


def on(listed: pa.Table, today: date) -> pa.Table:
    """Those that hold on that day."""
    begun = pc.less_equal(listed.column("from_day"), pa.scalar(today))
    ends = pc.fill_null(pc.greater_equal(listed.column("until_day"), pa.scalar(today)), True)
    return listed.filter(pc.and_(begun, ends))


def _path(settings: Settings) -> Path:
    return settings.key_folder() / FILE


def _json(metadata: dict[str, str]) -> bytes:
    import json

    return json.dumps(metadata, indent=1).encode()


def _joined(word: str, *columns: pa.Array | pa.ChunkedArray) -> pa.Array:
    """In the place of a keyed name, which only the exchange can make: the values themselves, on this machine alone."""
    return pc.binary_join_element_wise(word, *(column.cast(pa.string()) for column in columns), "\x1f")
