"""How schools and benefit systems spell the contract's codes in words. Only spellings with one meaning are here:
`Nursery` is N1 or N2, `1` is one sex in one system and another in the next, `Current` is C or M."""

from __future__ import annotations

_YEARS = {
    spelling: str(year)
    for year in range(1, 15)
    for spelling in (f"Year {year}", f"Yr {year}", f"Y{year}", f"Y {year}", f"Year{year}", f"Yr{year}", f"{year:02d}")
}
_NC_YEAR = _YEARS | {
    "Reception": "R",
    "Rec": "R",
    "Year R": "R",
    "YR": "R",
    "Nursery 1": "N1",
    "Nursery 2": "N2",
}
_SEX = {"Male": "M", "Boy": "M", "Female": "F", "Girl": "F"}
_ENROLMENT = {
    "Single": "C",
    "Single registration": "C",
    "Current (single registration at this school)": "C",
    "Main": "M",
    "Main (dual registration)": "M",
    "Current Main (dual registration)": "M",
    "Subsidiary": "S",
    "Subsidiary (dual registration)": "S",
    "Current Subsidiary (dual registration)": "S",
    "FE College": "F",
    "Other Provider": "O",
}
SPELLINGS: dict[str, dict[str, str]] = {
    "nc_year": _NC_YEAR,
    "sex": _SEX,
    "child_sex": _SEX,
    "enrol_status": _ENROLMENT,
}
"""By contract column: a spelling, compared as `cells.folded` gives it, and the code."""
EXACT_COLUMNS = ("decision",)
"""What somebody decided is never read out of something like it: nothing is folded but case and blanks at the ends."""
