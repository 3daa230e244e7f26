"""Reads the contract's columns out of a source, as a style says where they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import invalid
from client.pack.cells import Cells
from client.pack.codes import EMPTY_IS_NO, EMPTY_IS_UNKNOWN, NOBODY_MARKED, NOT_ADDRESSED, SINGLE_NAME
from client.pack.findings import Findings
from client.pack.names import single_names, split, without_title
from client.pack.packed import missing_columns, say_dropped
from client.pack.source import Source
from client.pack.styles import Style, people_in
from shared.kernel.contract.columns import Contract

_NUMBER = re.compile(r"_?\d+_?")


@dataclass(frozen=True)
class Reading:
    """One file being read in one style."""

    source: Source
    style: Style
    cells: Cells
    findings: Findings

    @property
    def contract(self) -> Contract:
        """The contract that the style reads into."""
        return self.style.contract

    @cached_property
    def children(self) -> tuple[int, ...]:
        """The numbers of the children that stand side by side in this file, however many; 1 in a long layout."""
        if self.style.layout == "long":
            return (1,)
        patterns = [name for names in self.style.columns.values() for name in names]
        patterns += [name for known in self.style.full_names.values() for name in known.column]
        found = {
            int(match[1])
            for pattern in patterns
            if "{n}" in pattern
            for name in self.source.table.column_names
            if (match := _pattern(pattern).fullmatch(name))
        }
        return tuple(sorted(found)) or (1,)

    def heading(self, name: str, child: int = 1) -> str | None:
        """The heading under which this file has the contract column `name`."""
        return self._present(self.style.columns.get(name, ()), child)

    def full_name(self, person: str, child: int = 1) -> str | None:
        """The heading of the person's whole name, if this file has one."""
        known = self.style.full_names.get(person)
        return self._present(known.column, child) if known else None

    def headings(self, child: int = 1) -> dict[str, str]:
        """For each contract column that this file has, the heading from which it is read, whole names included."""
        found = {name: heading for name in self.contract.names if (heading := self.heading(name, child))}
        for person, parts in people_in(self.contract).items():
            if whole := self.full_name(person, child):
                found |= dict.fromkeys((parts["forename"], parts["surname"]), whole)
        return found

    def column(self, name: str, child: int = 1) -> pa.Array:
        """The contract column `name`, typed; what the file does not have is null, or the style's default."""
        found = self.heading(name, child)
        if found is None:
            read = pa.nulls(self.source.rows)
        else:
            read = self.cells.read(self.contract.column(name), found, self.style.codes.get(name))
        if name not in self.style.defaults:
            return read
        # Only for what is empty: a code that is there and not known must not turn into the default.
        silent = pc.is_null(self.source.column(found or ""))
        return pc.if_else(silent, self.style.defaults[name], read.cast(pa.string()))

    def person(self, person: str, child: int = 1) -> dict[str, pa.Array]:
        """The contract columns of a person's name, from whatever columns there are; titles stand apart."""
        parts = people_in(self.contract)[person]
        whole = self.full_name(person, child)
        if whole is not None:
            order = self.style.full_names[person].order
            read = split(self.cells.text(whole), order, self.source, self.findings, whole)
        else:
            found = self.heading(parts["forename"], child)
            forename = self.column(parts["forename"], child).cast(pa.string())
            forename, title = without_title(forename, self.source, self.findings, found or "")
            read = {"forename": forename, "surname": self.column(parts["surname"], child), "title": title}
        if "title" in parts and self.heading(parts["title"]):
            read["title"] = pc.coalesce(self.column(parts["title"]).cast(pa.string()), read["title"])
        columns = {column: read[part] for part, column in parts.items()}
        return columns | self.single_name(columns, parts["forename"], parts["surname"], child)

    def single_name(
        self, columns: dict[str, pa.Array], forename: str, surname: str, child: int = 1
    ) -> dict[str, pa.Array]:
        """Forename and surname as the contract wants them of somebody who has one name only."""
        names = single_names(columns[forename].cast(pa.string()), columns[surname].cast(pa.string()))
        headings = self.headings(child)
        self.findings.say(SINGLE_NAME, self.source, names[2], headings.get(surname, surname))
        return {forename: names[0], surname: names[1]}

    def suppressed(self, *, nobody: bool, empty_is_no: bool) -> pa.Array:
        """`suppress_contact`. What is neither yes nor no must not lead to a letter.

        `nobody` states that nobody is to be spared a letter. `empty_is_no`: in a column that marks only some rows with
        yes, an empty cell is no. Raises `InvalidInput` INP-073 where the column is empty throughout and nobody has
        stated what that means, and INP-075 where the statement is not true.
        """
        found = self.heading("suppress_contact")
        if found is None:
            self.findings.say_of_file(NOBODY_MARKED, self.source, "suppress_contact")
            return pa.repeat(pa.scalar(False), self.source.rows)
        read = self.cells.flag(found, unsure=True)
        yes, no, empty = (int(pc.sum(flags).as_py() or 0) for flags in (read, pc.invert(read), pc.is_null(read)))
        if nobody and yes:
            raise invalid("INP-075", path=self.source.name, column=found, rows=yes)
        if not empty:
            return read
        if nobody:
            self.findings.say_of_file(NOBODY_MARKED, self.source, found)
        elif not yes and not no:
            raise invalid("INP-073", path=self.source.name, column=found)
        elif not empty_is_no:
            return read
        elif no:
            self.findings.say(EMPTY_IS_UNKNOWN, self.source, np.asarray(pc.is_null(read)), found)
            return read
        else:
            self.findings.say_of_file(EMPTY_IS_NO, self.source, found)
        return pc.fill_null(read, False)

    def check_columns(self, given: set[str], hint: str, options: Mapping[str, str]) -> None:
        """Raise `InvalidInput` INP-004 where a required column is neither in the file, nor a default, nor `given`.

        `options` has for a column the option of the command that stands for it.
        """
        there = {*given, *self.style.defaults}
        for child in self.children:
            there |= self.headings(child).keys()
        missing = [column.name for column in self.contract.columns if column.required and column.name not in there]
        named = ["/".join(self.style.columns.get(name, (name,))) for name in missing]
        more = [options[name] for name in missing if name in options]
        missing_columns(Path(self.source.name), named, f"{', or '.join([hint, *more])}.")

    @cached_property
    def unread(self) -> list[str]:
        """Columns that look like one more of a numbered group, and that the style has no place for."""
        used = self._used()
        kinds = {_without_number(name) for name in used}
        return [
            name
            for name in self.source.table.column_names
            if name not in used and _NUMBER.search(name) and _without_number(name) in kinds
        ]

    def filled_unread(self) -> np.ndarray:
        """Rows in which something stands in a column of `unread`."""
        filled = np.zeros(self.source.rows, dtype=bool)
        for name in self.unread:
            filled |= np.asarray(pc.is_valid(self.source.column(name)))
        return filled

    def say_dropped(self) -> None:
        """Name every column that is not read; one that looks like one more of a numbered group is named as that."""
        for name in self.unread:
            filled = np.asarray(pc.is_valid(self.source.column(name)))
            if filled.any():
                self.findings.say(NOT_ADDRESSED, self.source, filled, name)
            else:
                self.findings.say_of_file(NOT_ADDRESSED, self.source, name)
        say_dropped(self.findings, self.source, self._used() | set(self.unread))

    def _used(self) -> set[str]:
        return {heading for child in self.children for heading in self.headings(child).values()}

    def _present(self, headings: tuple[str, ...], child: int) -> str | None:
        there: list[str] = self.source.table.column_names
        for pattern in headings:
            if "{n}" not in pattern and pattern in there:
                return pattern
            for name in there if "{n}" in pattern else []:
                if (match := _pattern(pattern).fullmatch(name)) and int(match[1]) == child:
                    return name
        return None


def _pattern(heading: str) -> re.Pattern[str]:
    return re.compile(re.escape(heading).replace(r"\{n\}", r"0*([1-9]\d*)"))


def _without_number(name: str) -> str:
    """`child_2_name`, `child_name_2`, `child_name2` and `child_name` are of one group."""
    return _NUMBER.sub("_", name).strip("_")
