"""A first draft of a style, from a file's headings and cells, for an analyst to finish.

What is known by its name is written down; what only looks alike stands beside it as a comment, marked *not sure*, so
that nothing is packed on a guess. The draft never holds a cell, but for codes (see `unknown_codes`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow.compute as pc

from client.contracts import Found
from client.pack.cells import Cells, folded
from client.pack.dates import evidence_of
from client.pack.findings import Findings
from client.pack.source import Source, heading
from client.pack.styles import people_in, shipped_styles
from shared.agreements.free_school_meals.contracts import HOUSEHOLDS
from shared.kernel.contract.columns import Column, Contract

_LIKE_ENOUGH = 75
"""Likeness of two headings, of 100, from which one is suggested."""
_SHORT = {
    "dob": "date of birth", "birthdate": "date of birth", "clmt": "claimant", "ptnr": "partner", "dep": "child",
    "kid": "child", "pupil": "child", "fname": "forename", "forenames": "forename", "first": "forename",
    "given": "forename", "sname": "surname", "last": "surname", "family": "surname", "lastname": "surname",
    "firstname": "forename", "gender": "sex", "nino": "national insurance number", "ni": "national insurance",
    "addr": "address", "pcode": "postcode", "postal": "postcode", "post": "postcode", "house": "paon", "flat": "saon",
    "ref": "reference", "no": "number", "num": "number", "estab": "laestab", "dfe": "laestab", "year": "year",
}  # fmt: skip
_OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "uln": ("unique learner number",),
    "dob": ("date of birth",),
    "nc_year": ("nc year actual", "year group", "national curriculum year"),
    "enrol_status": ("enrolment status",),
    "middle_names": ("middlenames", "middle name"),
    "preferred_surname": ("preferredsurname",),
    "former_surname": ("formersurname",),
    "laestab": ("dfe number",),
    "school_name": ("school", "establishment name"),
    "household_ref": ("claim ref", "claim number", "claim reference", "reference"),
    "suppress_contact": ("sensitive", "do not contact", "restricted"),
    "extract_date": ("run date", "date of extract"),
}


@dataclass
class Draft:
    """What a file's headings say."""

    found: Found
    columns: dict[str, list[str]] = field(default_factory=dict)
    """Known by name: contract column and headings."""
    unsure: dict[str, str] = field(default_factory=dict)
    """Heading, and the contract column that it looks like."""
    full_names: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """Person, heading, and the order of names where every cell shows it."""
    wide: bool = False
    dates: str = ""
    codes: list[tuple[str, dict[str, int], int]] = field(default_factory=list)
    """Contract column, texts that are no code of it, and how many cells hold others."""
    unused: list[str] = field(default_factory=list)

    @property
    def contract(self) -> Contract:
        """The contract that the file is to be packed into."""
        return self.found.contract

    @property
    def missing(self) -> list[str]:
        """Required columns that no heading is known for."""
        people = people_in(self.contract)
        named = {people[person][part] for person in self.full_names for part in ("forename", "surname")}
        there = {*self.columns, *named}
        return [
            column.name
            for column in self.contract.columns
            if column.required and column.name not in there and column.name != "child_seq"  # numbered by the order
        ]


def draft_style(source: Source, found: Found) -> Draft:
    """What the headings of `source` are in the contract that was found."""
    contract = found.contract
    draft, known = Draft(found), _known(contract)
    whole = _known_full_names(contract)
    taken: dict[str, str] = {}
    for name in source.table.column_names:
        pattern, numbered = _numbered(name, source.table.column_names)
        draft.wide |= numbered and contract is HOUSEHOLDS
        if column := known.get(pattern) or known.get(name):
            if pattern not in draft.columns.setdefault(column, []):
                draft.columns[column].append(pattern)
        elif person := whole.get(pattern):
            draft.full_names[person] = (pattern, _order(source, name))
        else:
            taken[pattern] = name
    for pattern in taken:
        if like := _alike(pattern, [column for column in contract.names if column not in draft.columns]):
            draft.unsure[pattern] = like
        else:
            draft.unused.append(pattern)
    _look_into_cells(source, draft)
    return draft


def style_text(draft: Draft, title: str) -> str:
    """The draft as YAML that `load_style` takes as it is; its comments say what is left to do."""
    contract = draft.contract
    lines = [
        f"# A draft for the headings of one file. Finish it: take the # off what is right, and see {_PAGE}.",
        f"title: {json.dumps(title)}",
        f"agreement: {draft.found.agreement}",
        f"dataset: {draft.contract.dataset}",
    ]
    if draft.contract is HOUSEHOLDS:
        lines.append(f"layout: {'wide' if draft.wide else 'long'}")
    if draft.dates:
        lines.append(draft.dates)
    lines.append("columns:")
    by_column = {column: pattern for pattern, column in draft.unsure.items()}
    for column in contract.columns:
        lines += _lines_of(column, draft, by_column.get(column.name))
    more = {pattern: column for pattern, column in draft.unsure.items() if by_column[column] != pattern}
    lines += [f"  # {column}: [{json.dumps(pattern)}]  # not sure either" for pattern, column in more.items()]
    if draft.full_names:
        lines.append("full_names:")
        for person, (pattern, order) in draft.full_names.items():
            mark = "" if order else "  # not sure: is it this order?"
            lines.append(f"  {person}: {{column: [{json.dumps(pattern)}], order: {order or 'forename_surname'}}}{mark}")
    lines += _lines_of_codes(draft)
    if draft.unused:
        lines.append("# Not packed, because nothing of the contract looks like it: " + ", ".join(draft.unused))
    return "\n".join(lines) + "\n"


_PAGE = "docs/users/styles.md"


def _lines_of(column: Column, draft: Draft, unsure: str | None) -> Iterable[str]:
    if found := draft.columns.get(column.name):
        yield f"  {column.name}: [{', '.join(map(json.dumps, found))}]"
    elif unsure:
        needed = "required, " if column.name in draft.missing else ""
        yield f"  # {column.name}: [{json.dumps(unsure)}]  # {needed}not sure: it looks like it"
    elif column.name in draft.missing:
        yield f"  # {column.name}: []  # required: name its heading" + (
            ", or give it a default below" if column.codes else ""
        )


def _lines_of_codes(draft: Draft) -> Iterable[str]:
    if missing := [name for name in draft.missing if draft.contract.column(name).codes]:
        yield "# What a column of codes holds where the file says nothing, if that is the same in every row."
        yield "# defaults:"
        for name in missing:
            yield f"#   {name}: ?  # one of {', '.join(draft.contract.column(name).codes or ())}"
    if not draft.codes:
        return
    shipped = _shipped_codes(draft.contract)
    yield "# Texts of the file that are no codes. Write the contract's code behind each, and take the # off."
    yield "# codes:"
    for column, codes, others in draft.codes:
        allowed = ", ".join(draft.contract.column(column).codes or ())
        yield f"#   {column}:  # one of {allowed}" + (f"; {others} more cells hold other text" if others else "")
        for code, count in codes.items():
            meant = shipped.get((column, folded(code)))
            told = f"{meant or '?'}  # {count} cells" + ("; not sure: so it means in other systems" if meant else "")
            yield f"#     {json.dumps(code, ensure_ascii=False)}: {told}"


def _shipped_codes(contract: Contract) -> dict[tuple[str, str], str]:
    """Contract column and spelling, and the code that a shipped style has for it."""
    return {
        (column, folded(spelling)): code
        for style in shipped_styles()
        if style.contract is contract
        for column, spellings in style.codes.items()
        for spelling, code in spellings.items()
    }


def _known(contract: Contract) -> dict[str, str]:
    """Heading and contract column, from the contract, the shipped styles and other plain names."""
    known = {heading(other): column for column, others in _OTHER_NAMES.items() for other in others}
    known = {name: column for name, column in known.items() if column in contract.names}
    for style in shipped_styles() if contract is HOUSEHOLDS else ():
        known |= {name: column for column, names in style.columns.items() for name in names}
    return known | {name: name for name in contract.names}


def _known_full_names(contract: Contract) -> dict[str, str]:
    shipped = [style for style in shipped_styles() if style.contract is contract]
    known = {name: person for style in shipped for person, given in style.full_names.items() for name in given.column}
    for person in people_in(contract):
        known |= {f"{person}_name": person, f"{person}_full_name": person, f"{person}{{n}}_name": person}
    return known


def _numbered(name: str, names: Iterable[str]) -> tuple[str, bool]:
    """`dep1_dob` as `dep{n}_dob` where the file has a `dep2_dob` too; an address's lines are no such group."""
    match = re.search(r"\d+", name)
    if match is None or "addr" in name or name.startswith("column_"):
        return name, False
    pattern = name[: match.start()] + "{n}" + name[match.end() :]
    alike = re.compile(re.escape(name[: match.start()]) + r"\d+" + re.escape(name[match.end() :]))
    return (pattern, True) if sum(bool(alike.fullmatch(other)) for other in names) > 1 else (name, False)


def _order(source: Source, name: str) -> str | None:
    """`surname_comma_forename` where every name has one comma; else nothing is sure."""
    cells = source.column(name).drop_null()
    commas = pc.count_substring(cells, ",")
    return "surname_comma_forename" if len(cells) and pc.all(pc.equal(commas, 1)).as_py() else None


def _alike(pattern: str, columns: Iterable[str]) -> str | None:
    from rapidfuzz import fuzz

    words = _words(pattern)
    scored = [(fuzz.token_sort_ratio(words, _words(column)), column) for column in columns]
    best = max(scored, default=(0, ""))
    return best[1] if best[0] >= _LIKE_ENOUGH else None


def _words(name: str) -> str:
    parts = name.replace("{n}", "").replace("_", " ").split()
    return " ".join(_SHORT.get(part, part) for part in parts)


def _look_into_cells(source: Source, draft: Draft) -> None:
    """The order of dates, and texts in columns of codes that are none."""
    contract = draft.contract
    day_first = month_first = 0
    for column, patterns in draft.columns.items():
        for name in _headings_of(patterns, source):
            if contract.column(column).kind == "date":
                evidence = evidence_of(source.column(name))
                day_first, month_first = day_first + evidence.day_first, month_first + evidence.month_first
            elif contract.column(column).codes:
                findings = Findings()
                Cells(source, findings).read(contract.column(column), name)
                draft.codes += [(column, known.codes, known.other_cells) for known in findings.unknown_codes]
    if month_first and not day_first:
        draft.dates = "dates: [us]  # no date of the file fits day first only, and some fit month first only"
    elif month_first:
        draft.dates = "# dates: [us]  # not sure: some dates fit day first only, others month first only"


def _headings_of(patterns: list[str], source: Source) -> list[str]:
    shapes = [re.compile(re.escape(pattern).replace(r"\{n\}", r"\d+")) for pattern in patterns]
    return [name for name in source.table.column_names if any(shape.fullmatch(name) for shape in shapes)]
