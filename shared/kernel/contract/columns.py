"""What a contract is made of: columns, what kind each is, and where its name comes from.

Minimisation is here: a column that is not listed is refused, so what nobody needs can never enter. Every fault of a
*row* is a rule (`shared.kernel.contract.rules`); here is only what is true of a whole column or of all rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from shared.kernel.contract.rules.registry import Rule

Kind = Literal["text", "date", "integer", "decimal", "flag"]
Form = Literal["as_sent", "identifier", "uprn", "postcode", "upper_code", "lower_code"]

ARROW_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "date": pa.date32(),
    "integer": pa.int64(),
    "decimal": pa.float64(),
    "flag": pa.bool_(),
}

NO_FORENAME = "-"
"""In a forename: this person has a single name, which stands as the surname. Nothing else stands for it."""


@dataclass(frozen=True)
class Column:
    """One column of a contract.

    `required` says that the column must be in the file; that each of its cells must be filled is a rule.
    `codes` is the complete code set, or None where any text may stand. `form` is the normal form that `accepted`
    carries: names stay as sent, only identifiers, postcodes and codes are brought to one spelling.
    """

    name: str
    kind: Kind
    required: bool
    description: str
    codes: tuple[str, ...] | None = None
    example: str = ""
    source: str = ""
    form: Form = "as_sent"


@dataclass(frozen=True)
class Grouping:
    """The column by which reports are sorted and read, such as the institution that a row came from."""

    column: str
    shape: str
    """Of its cells, as an RE2 pattern: what has another shape may be a person's data under a wrong heading, and is not
    repeated in a report."""
    heading: str
    """Of the reports' first column."""


@dataclass(frozen=True)
class Contract:
    """A dataset: its columns, in the order in which `accepted` and the templates carry them, and what a row must hold.

    Raises ValueError for rules that stand in the wrong order or name a column that is not here.
    """

    dataset: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()
    """In the order in which they are applied: those on single rows, then those among rows."""
    identifier: str | None = None
    """The column by which rows of two files are about the same thing, so that a newer file replaces the one before.
    None: no file of this dataset replaces another."""
    grouped_by: Grouping | None = None
    officer: str | None = None
    """The column that names who decided for the sender. The agreement says how many may, over all of its files."""
    numbered_by: str | None = None
    """The column that says which row of the sender's own sheet a row was: reports name the row by it. It is no part of
    what a row says, and no sender fills it in by hand."""
    named_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By what a person of a row can be known who has objected (`objections`): a word, and the columns that together are
    it. None: no row of it is about a person of whom that can be asked."""
    plain: Callable[[pa.Table], pa.Table] = field(default=lambda rows: rows, compare=False)
    """Rows with the names of people as they are known by, where a note may stand beside them in the cell."""
    whole: bool = False
    """Each file says everything from now on, whatever it shares with the one before."""
    one_row: str = ""
    """What a row of it is, in Markdown, for the page of datasets."""

    def __post_init__(self) -> None:
        # A rejected row must not reject its double.
        if [rule.among_rows for rule in self.rules] != sorted(rule.among_rows for rule in self.rules):
            raise ValueError(f"{self.dataset}: a rule on single rows stands after one that compares rows")
        named = {name for rule in self.rules for name in (rule.field, *rule.instead)}
        named |= {name for name in (self.identifier, self.officer, self.numbered_by) if name}
        named |= {self.grouped_by.column} if self.grouped_by else set()
        if repeated := [name for name, times in Counter(self.names).items() if times > 1]:
            raise ValueError(f"{self.dataset} has the column {repeated[0]} twice")
        if unknown := named.difference(self.names):
            raise ValueError(f"{self.dataset} has no column {', '.join(sorted(unknown))}")

    def arrow_schema(self) -> pa.Schema:
        """The schema of accepted rows. All fields are nullable: an optional cell may be empty anywhere."""
        return pa.schema([pa.field(column.name, ARROW_TYPES[column.kind]) for column in self.columns])

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the contract has none."""
        return column_of(self.columns, name)

    @property
    def may_be_empty(self) -> bool:
        """Whether a file of no rows says something: that its sender has none from now on, whatever it had before."""
        return self.whole or self.identifier is not None

    @property
    def filled_in(self) -> tuple[Column, ...]:
        """The columns that somebody fills in."""
        return tuple(column for column in self.columns if column.name != self.numbered_by)

    @property
    def names(self) -> tuple[str, ...]:
        """Every column name, in order."""
        return names(self.columns)


def names(columns: tuple[Column, ...]) -> tuple[str, ...]:
    """The names of columns, in order."""
    return tuple(column.name for column in columns)


def column_of(columns: tuple[Column, ...], name: str) -> Column:
    """The column of that name; KeyError when there is none."""
    for column in columns:
        if column.name == name:
            return column
    raise KeyError(name)


def texts(columns: tuple[Column, ...]) -> tuple[str, ...]:
    """The names of all columns of text."""
    return tuple(column.name for column in columns if column.kind == "text")


def text(
    name: str,
    description: str,
    example: str,
    source: str,
    *,
    required: bool = False,
    codes: tuple[str, ...] | None = None,
    form: Form = "as_sent",
) -> Column:
    """A column of text."""
    return Column(name, "text", required, description, codes, example, source, form)


def day(name: str, description: str, example: str, source: str, *, required: bool = False) -> Column:
    """A column of dates."""
    return Column(name, "date", required, description, None, example, source)


def address(source: str, *, postcode_required: bool) -> tuple[Column, ...]:
    """An address: postcode, UPRN, then BS7666 parts or up to five lines."""
    lines = (
        text(f"address_line_{n}", f"Line {n} of an address that is not in BS7666 parts", example, source)
        for n, example in enumerate(("Flat 2", "14 Acre Lane", "Brixton", "London", ""), 1)
    )
    return (
        text(
            "postcode",
            "Postcode of the home; ZZ99 pseudo-postcodes count as missing",
            "SW2 5SG",
            source,
            required=postcode_required,
            form="postcode",
        ),
        text("uprn", "Unique Property Reference Number, 1 to 12 digits, as text", "100023336956", source, form="uprn"),
        text("saon", "Secondary addressable object: the flat or room", "Flat 2", source),
        text("paon", "Primary addressable object: the house number or name", "14", source),
        text("street", "Street", "Acre Lane", source),
        text("locality", "Locality", "Brixton", source),
        text("town", "Town", "London", source),
        *lines,
    )
