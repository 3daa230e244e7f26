"""Which authority a row's person lives in: what the sender says, else what the postcode says."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def residence_codes(rows: pa.Table, directory: pa.Table) -> pa.Array:
    """The ONS code or DfE number of each row's authority of residence; null where neither column says it.

    `rows` has the columns `home_la` (ONS code or DfE number) and `postcode` in normal form, both may be null;
    `directory` has `postcode` and `ons_code`, one row per postcode.
    """
    postcodes = rows.column("postcode")
    # The file's few postcodes are looked for among the directory's millions. The other way about, a table of all the
    # millions is made for each file, which takes twenty times as long.
    known = directory.filter(pc.is_in(directory.column("postcode"), postcodes.unique().drop_null()))
    by_postcode = pc.take(
        known.column("ons_code").combine_chunks(),
        pc.index_in(postcodes, known.column("postcode").combine_chunks()).combine_chunks(),
    )
    return pc.coalesce(rows.column("home_la").combine_chunks(), by_postcode)
