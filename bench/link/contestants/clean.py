"""The peers' cleaning, in DuckDB: what a competent analyst does to both files before any linkage package sees them.

Tables `a_pupils` and `b_households` with `unique_id` (the row) and the columns of `COLUMNS`, all text but the lists.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

COLUMNS = (
    *("forename", "surname", "middle", "surname_words", "preferred_surname", "former_surname"),
    *("dob", "dob_swapped", "dob_year", "sex", "postcode", "sector", "district", "uprn", "number"),
)
NO_NAME = (
    "UNKNOWN",
    "UNNAMED",
    "NOT KNOWN",
    "BABY",
    "BABY BOY",
    "BABY GIRL",
    "INFANT",
    "NO NAME",
    "TBC",
    "TBA",
    "NK",
    "NONE",
)
NO_DATE = ("1900-01-01", "1901-01-01", "1899-12-31", "1970-01-01")

MACROS = f"""
create macro words(name) as trim(regexp_replace(regexp_replace(
    upper(strip_accents(translate(name, 'ØøŁłĐđıÆæ', 'OoLlDdiEe'))), '[''’‘`ʼ]', '', 'g'), '[^A-Z]+', ' ', 'g'));
create macro named(words) as case when words in {("", *NO_NAME)} then null else words end;
create macro untitled(words) as regexp_replace(words, '^(MR|MRS|MISS|MS|MASTER|MSTR|DR) ', '');
create macro joined(words) as replace(words, ' ', '');
create macro day(text) as case when text in {NO_DATE} then null else text end;
create macro code(text) as nullif(regexp_replace(upper(text), '[^A-Z0-9]', '', 'g'), '');
create macro numbers(line) as nullif(array_to_string(regexp_extract_all(upper(line), '\\b[0-9]+[A-Z]?\\b'), ' '), '');
"""

# In steps, because DuckDB works a macro's argument out anew each time the macro names it.
SIDE = """
create table {table} as
with spelled as (
    select file_row_number as unique_id,
        words({c}forename) as forenames, words({middle}) as middle_names, words({c}surname) as surnames,
        words({preferred}) as preferred_surname, words({former}) as former_surname,
        cast({c}dob as varchar) as dob, {c}sex as sex, code(postcode) as postcode,
        nullif(ltrim(uprn, '0'), '') as uprn,
        numbers(concat_ws(' ', saon, paon, street, address_line_1, address_line_2, address_line_3)) as number
    from read_parquet('{path}', file_row_number = true)
), cleaned as (
    select * replace (
        untitled(named(forenames)) as forenames, named(middle_names) as middle_names, named(surnames) as surnames,
        joined(named(preferred_surname)) as preferred_surname, joined(named(former_surname)) as former_surname,
        day(dob) as dob, case when postcode not like 'ZZ%' then postcode end as postcode
    ) from spelled
)
select unique_id,
    split_part(forenames, ' ', 1) as forename,
    joined(surnames) as surname,
    nullif(coalesce(nullif(split_part(forenames, ' ', 2), ''), split_part(middle_names, ' ', 1)), '') as middle,
    string_split(surnames, ' ') as surname_words,
    preferred_surname, former_surname,
    dob,
    case when substr(dob, 9, 2) <= '12' then substr(dob, 1, 5) || substr(dob, 9, 2) || '-' || substr(dob, 6, 2) end
        as dob_swapped,
    substr(dob, 1, 4) as dob_year,
    sex,
    postcode, left(postcode, -2) as sector, left(postcode, -3) as district,
    uprn, number
from cleaned
"""


def prepare(connection: duckdb.DuckDBPyConnection, folder: Path) -> tuple[set[str], int]:
    """Make both tables; return the columns that have a value on both sides, and the rows of the larger side."""
    connection.execute(MACROS)
    sides = (
        ("a_pupils", "pupils", "", "middle_names", "preferred_surname", "former_surname"),
        ("b_households", "households", "child_", *["cast(null as varchar)"] * 3),
    )
    filled, rows = set(COLUMNS), 0
    for table, file, prefix, middle, preferred, former in sides:
        path = folder / f"{file}.parquet"
        connection.execute(
            SIDE.format(table=table, path=path, c=prefix, middle=middle, preferred=preferred, former=former)
        )
        total, *counts = connection.execute(
            f"select count(*), {', '.join(f'count({c})' for c in COLUMNS)} from {table}"
        ).fetchall()[0]
        only_pupils = {"preferred_surname", "former_surname"}
        filled &= {c for c, count in zip(COLUMNS, counts, strict=True) if count or c in only_pupils}
        rows = max(rows, total)
    return filled, rows
