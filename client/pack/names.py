"""Splits names as suppliers write them: `OKAFOR, MRS NGOZI`, `Mrs Ngozi Okafor`. Letters keep the case they came in."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import NAME_NOT_SPLIT, TITLE_MOVED
from client.pack.findings import Findings
from client.pack.source import Source, tidy

_TITLES = "mr|mrs|ms|miss|mstr|master|mx|dr|prof|professor|rev|revd|reverend|sir|dame|lord|lady"
_TITLED = rf"^(?i:(?P<title>{_TITLES})(?:\.|\s)\s*(?P<rest>\S.*))$"
ORDERS = {
    "surname_comma_forename": r"^(?P<surname>[^,]*),(?P<forename>[^,]*)$",
    "surname_forename": r"^(?P<surname>\S+)\s+(?P<forename>\S.*)$",
    "forename_surname": r"^(?P<forename>\S+)\s+(?:.*\s)?(?P<surname>\S+)$",
}


def without_title(
    names: pa.Array, source: Source, findings: Findings, column: str, origin: np.ndarray | None = None
) -> tuple[pa.Array, pa.Array]:
    """The names without a leading title, and the titles (`Mrs`), null where there was none. What was moved is said.

    A single word is left alone: somebody may be called Dr or Master.
    """
    parts = pc.extract_regex(names, _TITLED)
    title, rest = pc.struct_field(parts, "title"), pc.struct_field(parts, "rest")
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
    surname = tidy(pc.struct_field(parts, "surname"))
    forename, within = without_title(tidy(pc.struct_field(parts, "forename")), source, findings, column, origin)
    return {"title": pc.coalesce(before, within), "forename": forename, "surname": surname}
