"""Which school a census row belongs to: from the school tables, the DfE's register, or the NativeId itself."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.pack.census_folder import Census, key, owners
from client.pack.codes import CLOSED_SCHOOL, NO_SCHOOL
from client.pack.findings import Findings
from client.pack.source import Source

_OPEN, _CLOSED, _TO_OPEN = ("1", "3"), "2", "4"
"""Statuses of the register: open, and open but proposed to close; closed; proposed to open."""
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
        at = _in_register(read, register)
        known = _known(register)
        read = {name: pc.coalesce(column, _at(known[name], at)) for name, column in read.items()}
        _say_closed(findings, pupils, register, at)
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


def _known(register: Source) -> dict[str, pa.Array]:
    """`URN`, `LA (code)` with `EstablishmentNumber`, and `EstablishmentName` of the register."""
    laestab = pc.binary_join_element_wise(
        _whole(register.column("la_code")),
        pc.utf8_lpad(_whole(register.column("establishmentnumber")), 4, padding="0"),
        "",
    )
    return {
        "urn": _whole(register.column("urn")),
        "laestab": laestab,
        "school_name": register.column("establishmentname"),
    }


def _in_register(read: dict[str, pa.Array], register: Source) -> np.ndarray:
    """For each pupil the row of the school in the register, -1 where there is none; by LAESTAB an open one first: an
    academy has the number of the school that closed for it."""
    known, status = _known(register), _status(register)
    openness = np.select([np.isin(status, _OPEN), status == _TO_OPEN, status != _CLOSED], [0, 1, 2], 3)
    order = np.argsort(openness, kind="stable")
    found = owners(read["laestab"], pc.take(known["laestab"], pa.array(order)))
    by_laestab = np.where(found >= 0, order[found], -1) if len(order) else found
    by_urn = owners(read["urn"], known["urn"])
    return np.where(by_urn >= 0, by_urn, by_laestab)


def _say_closed(findings: Findings, pupils: Source, register: Source, at: np.ndarray) -> None:
    """Say of which pupils the school is closed, with its successor where the register names one."""
    closed = (at >= 0) & (_status(register)[at] == _CLOSED) if register.rows else np.zeros(len(at), dtype=bool)
    if not closed.any():
        return
    follows = pc.match_substring_regex(register.column("linktype"), "(?i)^successor")
    successor = pc.if_else(
        pc.fill_null(follows, False), _whole(register.column("linkurn")), pa.scalar(None, pa.string())
    )
    urn = pc.fill_null(_at(successor, at), "")
    for number in pc.unique(urn.filter(pa.array(closed))).to_pylist():
        code = CLOSED_SCHOOL.filled(successor=f"; its successor has the URN {number}" if number else "")
        findings.say(code, pupils, closed & np.asarray(pc.equal(urn, number)), "nativeid")


def _status(register: Source) -> np.ndarray:
    """The code of each establishment's status; empty where the register does not say."""
    status = register.column("establishmentstatus_code")
    return np.asarray(pc.fill_null(_whole(status), ""), dtype=object)


def _at(column: pa.Array, at: np.ndarray) -> pa.Array:
    return pc.take(column, pa.array(at, mask=at < 0))


def _whole(column: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(column, r"^(\d+)\.0+$", r"\1")
