"""School Census tables as COLLECT exports them to an authority; their columns are in `data/census_columns.yaml`.

What the exchange does not ask for (SEN, language, sessions, …) is there too, filled at random: a pack must leave it
out. `NativeId` is the school's LAESTAB, so it begins with the school authority's DfE number.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from local.synth.columns import chosen, days, put
from local.synth.places import data
from local.synth.streams import Ints, Streams, chance, pick, shuffled

SECOND_OPEN_PERIOD, EARLIER_PERIOD = 0.14, 0.10
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Table = dict[str, pa.Array]


def census_tables(pupils: pa.Table, schools: pa.Table, *, seed: int, slug: str, collection: str) -> Mapping[str, Table]:
    """The five tables of one borough, by file name without `.csv`, as text columns.

    `pupils` has the contract's columns: those of the drop and pupils who live in the borough. `schools` is
    `London.schools`. Contacts, `home_la` and the FSM category have no place in the census and are left out.
    """
    streams = Streams(seed)
    year, term = collection.split("-")
    pupils = pupils.take(pa.array(shuffled(streams.of(f"census order {slug}"), pupils.num_rows)))
    here = schools.filter(pc.equal(schools.column("borough"), slug))
    laestab = here.column("laestab").combine_chunks()
    returns = _ids(streams, f"schoolcensus {slug}", len(laestab), 8)
    rng = streams.of(f"census {slug}")
    keys = _ids(streams, f"pupilonroll {slug}", pupils.num_rows, 11)
    sources = _ids(streams, f"source {slug}", pupils.num_rows, 8)
    native = _column(pupils, "laestab")
    own_return = returns.take(pc.index_in(_column(pupils, "urn"), here.column("urn").combine_chunks()))
    tables = {
        "pupilonroll": _pupils(rng, pupils, keys, sources, own_return, int(year)),
        "addressesonroll": _addresses(streams, slug, pupils, keys, sources),
        "fsmperiodsonroll": _periods(streams, slug, pupils, keys, sources, native),
        "schoolcensus": _returns(returns, here, int(year)),
        "school": _schools(streams, slug, returns, here),
    }
    return {f"{year}_{term}_{name}": table for name, table in tables.items()}


def collect_date(column: pa.Array) -> pa.Array:
    """Dates as COLLECT writes them: `2012-Jan-21 00:00:00`."""
    month = pa.array(MONTHS).take(pc.subtract(pc.month(column), 1))
    padded = (
        pc.utf8_lpad(part.cast(pa.string()), width, padding="0")
        for part, width in ((pc.year(column), 4), (pc.day(column), 2))
    )
    year, day = padded
    return pc.binary_join_element_wise(pc.binary_join_element_wise(year, month, day, "-"), "00:00:00", " ")


def census_day(year: int) -> date:
    """The first Thursday of October."""
    first = date(year, 10, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7)


def _pupils(
    rng: np.random.Generator, pupils: pa.Table, keys: pa.Array, sources: pa.Array, returns: pa.Array, year: int
) -> Table:
    size = pupils.num_rows
    born = np.asarray(_column(pupils, "dob").cast(pa.int32()), dtype=np.int64)
    term = (date(year, 9, 1) - date(1970, 1, 1)).days
    entry = np.minimum(term - 365 * rng.integers(0, 7, size), term)
    small = {
        name: _number(rng.integers(0, high, size))
        for name, high in (("termlysessionsauthorised", 12), ("termlysessionsunauthorised", 6), ("hoursatsetting", 30))
    }
    flags = {
        name: chosen(("False", "True"), chance(rng, rate, size).astype(np.int64))
        for name, rate in (
            ("schoollunchtaken", 0.6),
            ("parttime", 0.02),
            ("topupfunding", 0.03),
            ("senunitindicator", 0.01),
            ("resourcedprovisionindicator", 0.01),
        )
    }
    coded = {
        "language": chosen(("ENG", "BNG", "SOM", "YOR", "POR", "TUR", "OTH"), pick(rng, [55, 6, 6, 6, 5, 4, 18], size)),
        "senprovision": chosen(("N", "K", "E"), pick(rng, [82, 14, 4], size)),
        "servicechild": chosen(("N", "U"), pick(rng, [95, 5], size)),
        "plaa": chosen(("N", "A"), pick(rng, [99.5, 0.5], size)),
        "classtype": chosen(("O", "N"), pick(rng, [96, 4], size)),
        "boarder": chosen(("N", "B"), pick(rng, [99.8, 0.2], size)),
    }
    table = {
        "pupilonrolltableid": keys,
        "NativeId": _column(pupils, "laestab"),
        "dob": collect_date(_column(pupils, "dob")),
        "middlenames": _column(pupils, "middle_names"),
        "preferredsurname": _column(pupils, "preferred_surname"),
        "formersurname": _column(pupils, "former_surname"),
        "uniquelearnernumber": _column(pupils, "uln"),
        "entrydate": collect_date(days(np.maximum(entry, born + 730))),
        "pupilonrollorderseqcolumn": _sequence(size),
        "sourceid": sources,
        "schoolcensustableid": returns,
        "termlysessionspossible": _number(rng.integers(120, 141, size)),
        "enrolstatus": _column(pupils, "enrol_status"),
        "ncyearactual": _column(pupils, "nc_year"),
    }
    table |= {name: _column(pupils, name) for name in ("surname", "forename", "upn", "sex")}
    return _laid_out("pupilonroll", table | small | flags | coded, size)


def _addresses(streams: Streams, slug: str, pupils: pa.Table, keys: pa.Array, sources: pa.Array) -> Table:
    """One address for each pupil: BS7666 parts or lines, never both."""
    size = pupils.num_rows
    table = {name: _column(pupils, name) for name in ("postcode", "saon", "paon", "street", "locality", "town")}
    table |= {f"addressline{n}": _column(pupils, f"address_line_{n}") for n in range(1, 6)}
    table |= {
        "addressesonrolltableid": _ids(streams, f"addressesonroll {slug}", size, 8),
        "NativeId": _column(pupils, "laestab"),
        "addressesonrollorderseqcolumn": _sequence(size),
        "sourceid": sources,
        "pupilonrolltableid": keys,
        "uniquepropertyreferencenumber": _column(pupils, "uprn"),
    }
    return _laid_out("addressesonroll", table, size)


def _periods(
    streams: Streams, slug: str, pupils: pa.Table, keys: pa.Array, sources: pa.Array, native: pa.Array
) -> Table:
    """Periods of free school meals. Some pupils have two that are open, or an earlier one, or one in Scotland."""
    rng = streams.of(f"fsm periods {slug}")
    start, end = _column(pupils, "fsm_start_date"), _column(pupils, "fsm_end_date")
    has = np.flatnonzero(np.asarray(start.is_valid()))
    still_open = has[np.asarray(end.is_null())[has]]
    again = still_open[chance(rng, SECOND_OPEN_PERIOD, len(still_open))]
    before = has[chance(rng, EARLIER_PERIOD, len(has))]
    pupil = np.concatenate([has, again, before])
    kind = np.repeat([0, 1, 2], [len(has), len(again), len(before)])
    order = np.lexsort((rng.random(len(pupil)), pupil))
    pupil, kind = pupil[order], kind[order]
    rows = pa.array(pupil)
    began = np.asarray(pc.fill_null(start, date(2020, 1, 1)).cast(pa.int32()), dtype=np.int64)[pupil]
    began = began - np.where(kind == 1, 30, np.where(kind == 2, 700, 0))
    ended = put(end.take(rows), kind == 2, days(began + 300))
    table = {
        "pupilonrolltableid": keys.take(rows),
        "NativeId": native.take(rows),
        "fsmperiodsonrolltableid": _ids(streams, f"fsmperiodsonroll {slug}", len(pupil), 8),
        "fsmperiodsonrollorderseqcolumn": _sequence(len(pupil)),
        "sourceid": sources.take(rows),
        "fsmstartdate": collect_date(days(began)),
        "fsmenddate": collect_date(ended),
        "ukcountry": chosen(("ENG", "SCT"), ((kind == 2) & chance(rng, 0.1, len(pupil))).astype(np.int64)),
    }
    return _laid_out("fsmperiodsonroll", table, len(pupil))


def _returns(returns: pa.Array, schools: pa.Table, year: int) -> Table:
    size = schools.num_rows
    laestab = _column(schools, "laestab")
    reference = collect_date(pa.array([census_day(year)] * size))
    table = {
        "schoolcensustableid": returns,
        "NativeId": laestab,
        "schoolcensusorderseqcolumn": _sequence(size),
        "sourceid": returns,
        "name": _all("School Census", size),
        "collection": _all("SC", size),
        "term": _all("AUT", size),
        "year": _all(str(year), size),
        "referencedate": reference,
        "serialno": _all("1.0", size),
        "sourcelevel": _all("S", size),
        "estab": pc.utf8_slice_codeunits(laestab, 3, 7),
        "softwarecode": _all("SYNTHETIC", size),
        "datetime": reference,
        "lea": pc.utf8_slice_codeunits(laestab, 0, 3),
        "urn": _column(schools, "urn"),
    }
    return _laid_out("schoolcensus", table, size)


def _schools(streams: Streams, slug: str, returns: pa.Array, schools: pa.Table) -> Table:
    size = schools.num_rows
    secondary = np.asarray(_column(schools, "secondary")).astype(np.int64)
    table = {
        "schooltableid": _ids(streams, f"school {slug}", size, 8),
        "NativeId": _column(schools, "laestab"),
        "schoolorderseqcolumn": _sequence(size),
        "sourceid": returns,
        "schoolcensustableid": returns,
        "schoolname": _column(schools, "school_name"),
        "intake": _all("COMP", size),
        "phase": chosen(("PS", "SS"), secondary),
        "type": chosen(("01", "28"), secondary),
        "highestncyeargroup": chosen(("6", "13"), secondary),
        "governance": chosen(("CO", "CA"), secondary),
        "lowestncyeargroup": chosen(("N1", "7"), secondary),
    }
    return _laid_out("school", table, size)


def _laid_out(name: str, table: Table, size: int) -> Table:
    """Every column of the table `name`, in order; what is not in `table` is empty."""
    nothing = pa.nulls(size, pa.string())
    return {column: table.get(column, nothing) for column in data("census_columns.yaml")[name]}


def _column(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _all(text: str, size: int) -> pa.Array:
    return pa.array([text] * size, pa.string())


def _sequence(size: int) -> pa.Array:
    return pa.array(np.arange(1, size + 1)).cast(pa.string())


def _number(numbers: Ints) -> pa.Array:
    """Whole numbers as the export writes them: `134.0`."""
    return pc.binary_join_element_wise(pa.array(numbers).cast(pa.string()), ".0", "")


def _ids(streams: Streams, topic: str, size: int, width: int) -> pa.Array:
    """`size` different ids like `0002e817` or `0002e817-8ca` (`width` hexadecimal digits)."""
    span = 16**8
    start = int(streams.of(f"ids {topic}").integers(0, span))
    numbers = (start + np.arange(size) * 2_654_435_761) % span
    if width == 8:
        return pa.array([f"{number:08x}" for number in numbers.tolist()], pa.string())
    return pa.array([f"{number:08x}-{number * 40_503 % 4096:03x}" for number in numbers.tolist()], pa.string())
