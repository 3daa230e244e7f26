"""Which authority a row's person lives in: what the sender says, else what the postcode says."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def residence_codes(rows: pa.Table, directory: pa.Table) -> pa.Array:
    """The ONS code or DfE number of each row's authority of residence; null where neither column says it.

    `rows` has the columns `home_la` (ONS code or DfE number) and `postcode` in normal form, both may be null;
    `directory` has `postcode` and `ons_code`, one row per postcode.
    """
    by_postcode = pc.take(
        directory.column("ons_code").combine_chunks(),
        pc.index_in(rows.column("postcode"), directory.column("postcode").combine_chunks()).combine_chunks(),
    )
    return pc.coalesce(rows.column("home_la").combine_chunks(), by_postcode)
