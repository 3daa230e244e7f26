"""The one spelling in which rows are checked and accepted: trimmed, empty cells null, identifiers and codes normal.

Names and addresses stay as sent; making them comparable is linkage's work, and letters are addressed with them.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.contract.columns import Contract, Form
from shared.kernel.contract.identifiers import identifiers_normal, postcodes_normal, uprns_normal

_NORMAL_FORMS: dict[Form, Callable[[pa.Array], pa.Array]] = {
    "as_sent": lambda text: text,
    "identifier": identifiers_normal,
    "uprn": uprns_normal,
    "postcode": postcodes_normal,
    "upper_code": pc.ascii_upper,
    "lower_code": pc.ascii_lower,
}


def normalise(table: pa.Table, contract: Contract) -> pa.Table:
    """A table that `read_columns` gave, in the normal form of each of its columns."""
    arrays = [
        _normal_text(_whole(table.column(column.name)), column.form)
        if column.kind == "text"
        else _whole(table.column(column.name))
        for column in contract.columns
    ]
    return pa.table(arrays, schema=contract.arrow_schema())


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


def _normal_text(text: pa.Array, form: Form) -> pa.Array:
    if text.null_count == len(text):
        return text
    trimmed = pc.utf8_trim_whitespace(text)
    filled = pc.if_else(pc.equal(trimmed, ""), None, trimmed)
    return _NORMAL_FORMS[form](filled)
