"""A census folder in the shape of COLLECT exports, small enough to read. Every name, UPN and address is made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.kernel.contract.identifiers import upn_check_letter

PUPIL = (
    *(
        "pupilonrolltableid",
        "NativeId",
        "dob",
        "surname",
        "forename",
        "middlenames",
        "preferredsurname",
        "formersurname",
    ),
    *("upn", "uniquelearnernumber", "sex", "entrydate", "schoolcensustableid", "enrolstatus", "ncyearactual"),
    *("language", "senprovision", "termlysessionspossible"),
)
ADDRESS = (
    *(
        "addressesonrolltableid",
        "NativeId",
        "addressesonrollorderseqcolumn",
        "sourceid",
        "pupilonrolltableid",
        "postcode",
    ),
    *("uniquepropertyreferencenumber", "saon", "paon", "street", "locality", "town", "administrativearea", "posttown"),
    *("addressline1", "addressline2", "addressline3", "addressline4", "addressline5"),
)
PERIOD = (
    *("pupilonrolltableid", "NativeId", "fsmperiodsonrolltableid", "fsmperiodsonrollorderseqcolumn", "sourceid"),
    *("fsmstartdate", "fsmenddate", "ukcountry"),
)
RETURN = ("schoolcensustableid", "NativeId", "name", "term", "year", "estab", "lea", "urn")
SCHOOL = ("schooltableid", "NativeId", "schoolcensustableid", "schoolname")


def upn(serial: int) -> str:
    body = f"2102345{serial:05d}"
    return upn_check_letter(body) + body


def pupil(number: int, **changes: str) -> dict[str, str]:
    return {
        "pupilonrolltableid": f"pupil{number}",
        "NativeId": "2101234",
        "dob": "2015-Mar-21 00:00:00",
        "surname": "Okafor",
        "forename": "Amara",
        "upn": upn(number),
        "sex": "F",
        "entrydate": "2020-Sep-01 00:00:00",
        "schoolcensustableid": "return1",
        "enrolstatus": "C",
        "ncyearactual": "6.0",
        "language": "ENG",
        "senprovision": "N",
        "termlysessionspossible": "134.0",
    } | changes


def address(number: int, **changes: str) -> dict[str, str]:
    return {
        "NativeId": "2101234",
        "addressesonrollorderseqcolumn": "1",
        "pupilonrolltableid": f"pupil{number}",
        "postcode": "sw25sg",
        "uniquepropertyreferencenumber": "100023336956.0",
        "paon": "14",
        "street": "Acre Lane",
        "posttown": "London",
    } | changes


def period(number: int, start: str, end: str = "", **changes: str) -> dict[str, str]:
    return {
        "pupilonrolltableid": f"pupil{number}",
        "NativeId": "2101234",
        "fsmstartdate": start,
        "fsmenddate": end,
        "ukcountry": "ENG",
    } | changes


RETURNS = [
    {
        "schoolcensustableid": "return1",
        "NativeId": "2101234",
        "name": "School Census",
        "estab": "1234.0",
        "lea": "210",
        "urn": "100785.0",
    }
]
SCHOOLS = [
    {
        "schooltableid": "s1",
        "NativeId": "2101234",
        "schoolcensustableid": "return1",
        "schoolname": "Peckham Rye Primary",
    }
]


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    lines = [",".join(header), *(",".join(row.get(name, "") for name in header) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_census(
    folder: Path,
    pupils: Sequence[Mapping[str, str]],
    addresses: Sequence[Mapping[str, str]] | None = None,
    periods: Sequence[Mapping[str, str]] | None = None,
    *,
    schools: bool = True,
    prefix: str = "2026_autumn",
) -> Path:
    """Write the tables and return the folder."""
    folder.mkdir(exist_ok=True)
    write_csv(folder / f"{prefix}_pupilonroll.csv", PUPIL, pupils)
    if addresses is not None:
        write_csv(folder / f"{prefix}_addressesonroll.csv", ADDRESS, addresses)
    if periods is not None:
        write_csv(folder / f"{prefix}_fsmperiodsonroll.csv", PERIOD, periods)
    if schools:
        write_csv(folder / f"{prefix}_schoolcensus.csv", RETURN, RETURNS)
        write_csv(folder / f"{prefix}_school.csv", SCHOOL, SCHOOLS)
    return folder
