"""The page that lists every code a file or a row can be refused or warned with, from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from shared.kernel.contract.columns import Contract
from shared.kernel.contract.file_rules import FILE_RULES

_OPENING = """\
# Rule codes

Generated from the rules; do not edit.

A file is checked in two steps. First as a whole: a `FIL` code refuses the file, and nothing of it is kept. Then row by
row: an **error** rejects the row and keeps the others; a **warning** keeps the row, and where it says that a value was
left out, the row goes on without that value. A fault in a value that nobody must send costs the value, never the row.

Codes from 050 compare rows with each other. They see only rows that no earlier error has rejected.
"""


def rule_page(agreements: Mapping[str, Mapping[str, Contract]]) -> str:
    """Every code with its severity, fields, meaning and remedy, as Markdown.

    `agreements` has by the heading of an agreement its contracts.
    """
    sections = (line for heading, contracts in agreements.items() for line in _agreement(heading, contracts))
    return "\n".join([_OPENING, *_file_section(), *sections]) + "\n"


def _file_section() -> Iterator[str]:
    yield "## The file as a whole\n"
    yield "| code | severity | meaning | remedy |"
    yield "| --- | --- | --- | --- |"
    for rule in FILE_RULES:
        yield _line(rule.code, "refuses the file", rule.message.format(columns="…"), rule.remedy)
    yield ""


def _agreement(heading: str, contracts: Mapping[str, Contract]) -> Iterator[str]:
    yield f"## {heading}\n"
    for contract in contracts.values():
        yield from _section(contract)


def _section(contract: Contract) -> Iterator[str]:
    yield f"### Rows of `{contract.dataset}`\n"
    if not contract.rules:
        yield "No rule beyond those of the file as a whole.\n"
        return
    yield "| code | severity | field | meaning | remedy |"
    yield "| --- | --- | --- | --- | --- |"
    for code, rules in groupby(contract.rules, key=lambda rule: rule.code):
        alike = list(rules)
        # A rule that holds for nearly every column would bury the page in their names.
        fields = ", ".join(f"`{rule.field}`" for rule in alike) if len(alike) <= 4 else "any text"
        yield _line(code, alike[0].severity, fields, alike[0].message, alike[0].remedy)
    yield ""


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
