"""Which school a census row belongs to: from the school tables, the DfE's register, or the NativeId itself."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.pack.census_folder import Census, key, owners
from client.pack.codes import NO_SCHOOL
from client.pack.findings import Findings
from client.pack.source import Source

_NAMES = ("schoolname", "school_name", "establishmentname")


def school_columns(census: Census, register: Source | None, findings: Findings) -> dict[str, pa.Array]:
    """`urn`, `laestab` and `school_name` for each row of the pupil table.

    `schoolcensus` is joined by `schoolcensustableid` + `NativeId`, or by `NativeId` where a pupil has no such row.
    A NativeId of seven digits is a LAESTAB; one that begins with an authority code at least tells the authority.
    """
    pupils = census.pupils
    read = {name: pa.nulls(pupils.rows, pa.string()) for name in ("urn", "laestab", "school_name")}
    for source in (census.returns, census.schools):
        if source is not None:
            findings.say_of_source(source)
            found = _described(source)
            at = _position(pupils, source)
            read = {name: pc.coalesce(column, _at(found[name], at)) for name, column in read.items()}
    native = _whole(pupils.column("nativeid"))
    is_laestab = pc.match_substring_regex(native, r"^\d{7}$")
    read["laestab"] = pc.coalesce(read["laestab"], pc.if_else(is_laestab, native, pa.scalar(None, pa.string())))
    if register is not None:
        findings.say_of_source(register)
        read = _from_register(read, register)
    unknown = np.asarray(pc.and_(pc.is_null(read["laestab"]), pc.is_null(read["urn"])))
    findings.say(NO_SCHOOL, pupils, unknown, "nativeid")
    return read


def _described(source: Source) -> dict[str, pa.Array]:
    """What one school table says. The column `name` of schoolcensus is the name of the census, not of the school."""
    lea, estab = _whole(source.column("lea")), _whole(source.column("estab"))
    estab = pc.utf8_lpad(estab, 4, padding="0")
    return {
        "urn": _whole(source.column("urn")),
        "laestab": pc.if_else(pc.equal(pc.utf8_length(estab), 7), estab, pc.binary_join_element_wise(lea, estab, "")),
        "school_name": pc.coalesce(*(source.column(name) for name in _NAMES)),
    }


def _position(pupils: Source, source: Source) -> np.ndarray:
    by_return = owners(key(pupils, "nativeid", "schoolcensustableid"), key(source, "nativeid", "schoolcensustableid"))
    by_school = owners(key(pupils, "nativeid"), key(source, "nativeid"))
    return np.where(by_return >= 0, by_return, by_school)


def _from_register(read: dict[str, pa.Array], register: Source) -> dict[str, pa.Array]:
    """Fill what is still empty from `URN`, `LA (code)`, `EstablishmentNumber` and `EstablishmentName`."""
    laestab = pc.binary_join_element_wise(
        _whole(register.column("la_code")),
        pc.utf8_lpad(_whole(register.column("establishmentnumber")), 4, padding="0"),
        "",
    )
    known = {"urn": register.column("urn"), "laestab": laestab, "school_name": register.column("establishmentname")}
    by_urn, by_laestab = owners(read["urn"], known["urn"]), owners(read["laestab"], laestab)
    at = np.where(by_urn >= 0, by_urn, by_laestab)
    return {name: pc.coalesce(column, _at(known[name], at)) for name, column in read.items()}


def _at(column: pa.Array, at: np.ndarray) -> pa.Array:
    return pc.take(column, pa.array(at, mask=at < 0))


def _whole(column: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(column, r"^(\d+)\.0+$", r"\1")
