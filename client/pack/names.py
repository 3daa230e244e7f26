"""Splits names as suppliers write them: `OKAFOR, MRS NGOZI`, `Mrs Ngozi Okafor`. Letters keep the case they came in."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.pack.codes import NAME_NOT_SPLIT, TITLE_MOVED
from client.pack.findings import Findings
from client.pack.source import Source, tidy
from shared.kernel.contract.columns import NO_FORENAME

_TITLES = "mr|mrs|ms|miss|mstr|master|mx|dr|prof|professor|rev|revd|reverend|sir|dame|lord|lady"
_TITLED = rf"^(?i:(?P<title>{_TITLES})(?:\.|\s)\s*(?P<rest>\S.*))$"
_TITLED_BEHIND = r"^(?i:(?P<rest>.*\S)\s(?P<title>mr|mrs|ms|miss|mstr|mx)\.?)$"
"""Titles that are no name: somebody may be called Dame, Lord or Master."""
_TITLES_OF_TWO = rf"(?i)(?:^|\s)(?:{_TITLES})\.?\s*(?:[&+]|and\s)|(?:[&+]|\sand)\s*(?:{_TITLES})\.?$"
"""`MR & MRS T` is two people, as the contract's notes say: to take one of the titles away makes one of them."""
_LETTER = r"\pL"
_NO_NAME = r"^(?:[-.\x{2010}-\x{2015}_]+|FNU|LNU)$"
"""What systems that want two names write for the one that somebody has not: a hyphen, a full stop, or, on passports,
"first name unknown" and "last name unknown"."""
ORDERS = {
    "surname_comma_forename": r"^(?P<surname>[^,]*),(?P<forename>[^,]*)$",
    "surname_forename": r"^(?P<surname>\S+)\s+(?P<forename>\S.*)$",
    "forename_surname": r"^(?P<forename>\S+)\s+(?:.*\s)?(?P<surname>[^\s()\[\]*]+(?:\s*[(\[*].*)?)$",
}


def without_title(
    names: pa.Array, source: Source, findings: Findings, column: str, origin: np.ndarray | None = None
) -> tuple[pa.Array, pa.Array]:
    """The names without a title before or behind them, and the titles (`Mrs`), null where there was none; it is said.

    A single word is left alone: somebody may be called Dr or Master.
    """
    of_one = pc.if_else(pc.match_substring_regex(names, _TITLES_OF_TWO), None, names)
    before, behind = (pc.extract_regex(of_one, shape) for shape in (_TITLED, _TITLED_BEHIND))
    title, rest = (
        pc.coalesce(*(pc.struct_field(found, part) for found in (before, behind))) for part in ("title", "rest")
    )
    moved = np.asarray(pc.is_valid(title))
    findings.say(TITLE_MOVED, source, moved if origin is None else origin[moved], column)
    return tidy(pc.coalesce(rest, names)), pc.utf8_capitalize(title)


def split(
    names: pa.Array, order: str, source: Source, findings: Findings, column: str, origin: np.ndarray | None = None
) -> dict[str, pa.Array]:
    """`title`, `forename` and `surname` of full names in one of `ORDERS`. A name that does not fit is said and null."""
    whole, before = without_title(names, source, findings, column, origin)
    parts = pc.extract_regex(whole, ORDERS[order])
    unfit = np.asarray(pc.is_valid(names)) & np.asarray(pc.is_null(parts))
    findings.say(NAME_NOT_SPLIT, source, unfit if origin is None else origin[unfit], column)
    named = {part: tidy(pc.struct_field(parts, part)) for part in ("surname", "forename")}
    found = {part: without_title(column_of, source, findings, column, origin) for part, column_of in named.items()}
    title = pc.coalesce(before, found["forename"][1], found["surname"][1])
    return {"title": title, "forename": found["forename"][0], "surname": found["surname"][0]}


def single_names(forename: pa.Array, surname: pa.Array) -> tuple[pa.Array, pa.Array, np.ndarray]:
    """Forename and surname as the contract wants a single name (the name as surname, `NO_FORENAME` as forename), and
    which rows were changed. An empty cell is no mark: it says nothing."""
    no_forename, no_surname = (_like(names, _NO_NAME) for names in (forename, surname))
    in_forename, in_surname = no_surname & _like(forename, _LETTER) & ~no_forename, no_forename & ~no_surname
    in_surname &= _like(surname, _LETTER)
    single = pa.array(in_forename | in_surname)
    moved = pc.if_else(pa.array(in_forename), forename, surname)
    changed = in_forename | (in_surname & ~_like(forename, f"^{NO_FORENAME}$"))
    return pc.if_else(single, NO_FORENAME, forename), moved, changed


def _like(names: pa.Array, pattern: str) -> np.ndarray:
    return np.asarray(pc.fill_null(pc.match_substring_regex(names, pattern), False)).astype(bool)
