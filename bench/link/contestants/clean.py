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
create macro words(name) as nullif(trim(regexp_replace(regexp_replace(
    upper(strip_accents(translate(name, 'ØøŁłĐđıÆæ', 'OoLlDdiEe'))), '[''’‘`ʼ]', '', 'g'), '[^A-Z]+', ' ', 'g')), '');
create macro named(name) as case when words(name) in {NO_NAME} then null else words(name) end;
create macro forenames(name) as regexp_replace(named(name), '^(MR|MRS|MISS|MS|MASTER|MSTR|DR) ', '');
create macro joined(name) as replace(name, ' ', '');
create macro day(value) as case when cast(value as varchar) in {NO_DATE} then null else cast(value as varchar) end;
create macro code(text) as nullif(regexp_replace(upper(text), '[^A-Z0-9]', '', 'g'), '');
create macro real_postcode(text) as case when code(text) like 'ZZ%' then null else code(text) end;
create macro numbers(line) as nullif(array_to_string(regexp_extract_all(upper(line), '\\b[0-9]+[A-Z]?\\b'), ' '), '');
"""

SIDE = """
create table {table} as
with raw as (
    select *, row_number() over () - 1 as unique_id from read_parquet('{path}')
), cleaned as (
    select unique_id,
        forenames({c}forename) as forenames, forenames({middle}) as middle_names, named({c}surname) as surnames,
        joined(named({preferred})) as preferred_surname, joined(named({former})) as former_surname,
        day({c}dob) as dob, {c}sex as sex, real_postcode(postcode) as postcode,
        nullif(ltrim(uprn, '0'), '') as uprn,
        numbers(concat_ws(' ', saon, paon, street, address_line_1, address_line_2, address_line_3)) as number
    from raw
)
select unique_id,
    split_part(forenames, ' ', 1) as forename,
    joined(surnames) as surname,
    nullif(coalesce(nullif(list_extract(string_split(forenames, ' '), 2), ''), split_part(middle_names, ' ', 1)), '')
        as middle,
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


def prepare(connection: duckdb.DuckDBPyConnection, folder: Path) -> set[str]:
    """Make both tables; return the columns that have a value on both sides."""
    connection.execute(MACROS)
    sides = (
        ("a_pupils", "pupils", "", "middle_names", "preferred_surname", "former_surname"),
        ("b_households", "households", "child_", *["cast(null as varchar)"] * 3),
    )
    filled = set(COLUMNS)
    for table, file, prefix, middle, preferred, former in sides:
        path = folder / f"{file}.parquet"
        connection.execute(
            SIDE.format(table=table, path=path, c=prefix, middle=middle, preferred=preferred, former=former)
        )
        counts = connection.execute(f"select {', '.join(f'count({c})' for c in COLUMNS)} from {table}").fetchall()[0]
        only_pupils = {"preferred_surname", "former_surname"}
        filled &= {c for c, count in zip(COLUMNS, counts, strict=True) if count or c in only_pupils}
    return filled
