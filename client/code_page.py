"""The page of the codes that the `exchange` command itself gives, for the users' handbook."""

from __future__ import annotations

import re

from client.codes import INPUT_CODES, InputCode
from client.pack.codes import PACK_CODES
from shared.kernel.errors import InvalidCode
from shared.kernel.rights.incident_codes import INCIDENT_CODES


def code_page() -> str:
    """Markdown: every code of the command, what it means, and what to do."""
    stops = "\n".join(f"| {c.code} | {_cell(c.message)} | {_cell(c.remedy)} |" for c in _stopping())
    packs = "\n".join(f"| {c.code} | {c.effect} | {_cell(c.message)} | {_cell(c.remedy)} |" for c in PACK_CODES)
    return (
        "# Codes of the `exchange` command\n\nGenerated from the command's codes; do not edit.\n\n"
        "## What stops a command (exit code 2)\n\n| code | what happened | what to do |\n| --- | --- | --- |\n"
        f"{stops}\n\n## What packing says of a row\n\n| code | effect | what happened | what to do |\n"
        f"| --- | --- | --- | --- |\n{packs}\n"
    )


def _stopping() -> list[InputCode | InvalidCode]:
    """The command's own, and behind those of incidents what the record of one refuses."""
    own: list[InputCode | InvalidCode] = list(INPUT_CODES.values())
    behind = max(place for place, code in enumerate(own) if code.code.startswith("INC-")) + 1
    return [*own[:behind], *INCIDENT_CODES, *own[behind:]]


def _cell(text: str) -> str:
    gaps = re.sub(r"(?<!\{)\{(\w+)\}", r"‹\1›", text)
    return gaps.replace("{{", "{").replace("}}", "}").replace("|", "\\|")
