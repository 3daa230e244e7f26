"""Where a row's person lives: what the sender says, else what the postcode says."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.parties.residence import residence_codes

PLACES = st.sampled_from(["SE1 7PB", "SW2 1RW", "SW9 8LT", "N1 1AA", ""])
CODES = st.sampled_from(["E09000022", "E09000028", "208", None])


def test_what_the_sender_says_goes_before_the_postcode() -> None:
    assert found([("E09000022", "SE1 7PB"), (None, "SE1 7PB"), (None, None), (None, "ZZ1 1ZZ")], [DIRECTORY]) == [
        "E09000022", "E09000028", None, None
    ]  # fmt: skip


@given(
    st.lists(st.tuples(CODES, PLACES | st.none()), max_size=8),
    st.lists(st.dictionaries(PLACES, CODES, max_size=4), min_size=1, max_size=3),
)
def test_it_is_what_one_look_into_the_directory_for_each_row_would_say(
    rows: list[tuple[str | None, str | None]], parts: list[dict[str, str | None]]
) -> None:
    every: dict[str | None, str | None] = {
        postcode: code for part in reversed(parts) for postcode, code in part.items()
    }
    assert found(rows, parts) == [said or every.get(postcode) for said, postcode in rows]


DIRECTORY: dict[str, str | None] = {"SE1 7PB": "E09000028", "SW2 1RW": "E09000022"}


def found(rows: list[tuple[str | None, str | None]], parts: list[dict[str, str | None]]) -> list[str | None]:
    said, postcodes = ([row[column] for row in rows] for column in (0, 1))
    table = pa.table({"home_la": pa.array(said, pa.string()), "postcode": pa.array(postcodes, pa.string())})
    names = {"postcode": pa.string(), "ons_code": pa.string()}
    directory = [pa.table([list(part), list(part.values())], schema=pa.schema(names)) for part in parts]
    codes: list[str | None] = residence_codes(table, pa.concat_tables(directory)).to_pylist()
    return codes
