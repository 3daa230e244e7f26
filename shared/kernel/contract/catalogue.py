"""The page that lists every code a file or a row can be refused or warned with, from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from shared.agreements.free_school_meals.rules.rulebooks import RULES
from shared.kernel.contract.datasets import CONTRACTS
from shared.kernel.contract.file_rules import FILE_RULES

_OPENING = """\
# Rule codes

Generated from the rules; do not edit.

A file is checked in two steps. First as a whole: a `FIL` code refuses the file, and nothing of it is kept. Then row by
row: an **error** rejects the row and keeps the others; a **warning** keeps the row, and where it says that a value was
left out, the row goes on without that value. A fault in a value that nobody must send costs the value, never the child.

Codes from 050 compare rows with each other. They see only rows that no earlier error has rejected.
"""


def rule_page() -> str:
    """Every FIL, PUP, HOU and DEC code with its severity, fields, meaning and how to mend it, as Markdown."""
    return (
        "\n".join([_OPENING, *_file_section(), *(line for dataset in CONTRACTS for line in _section(dataset))]) + "\n"
    )


def _file_section() -> Iterator[str]:
    yield "## The file as a whole\n"
    yield "| code | severity | meaning | how to mend it |"
    yield "| --- | --- | --- | --- |"
    for rule in FILE_RULES:
        yield _line(rule.code, "refuses the file", rule.message.format(columns="…"), rule.mend)
    yield ""


def _section(dataset: str) -> Iterator[str]:
    yield f"## Rows of `{dataset}`\n"
    yield "| code | severity | field | meaning | how to mend it |"
    yield "| --- | --- | --- | --- | --- |"
    for code, rules in groupby(RULES[dataset], key=lambda rule: rule.code):
        alike = list(rules)
        # A rule that holds for nearly every column would bury the page in their names.
        fields = ", ".join(f"`{rule.field}`" for rule in alike) if len(alike) <= 4 else "any text"
        yield _line(code, alike[0].severity, fields, alike[0].message, alike[0].mend)
    yield ""


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
