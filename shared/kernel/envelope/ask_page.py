"""Every ask on one page, for the users' handbook."""

from __future__ import annotations

import re

from shared.kernel.envelope import asks, content_asks
from shared.kernel.envelope.ask import ARROW, JAVA, Ask

ASKS: tuple[Ask, ...] = tuple(
    value for module in (asks, content_asks) for value in vars(module).values() if isinstance(value, Ask)
)
"""Every ask, in the order in which they stand in their modules."""

_PLACES = re.compile(r"\{.*?\}")


def ask_page() -> str:
    """Every point as Markdown, by gate, for the users' handbook."""
    lines = [
        "# What is found and what is asked",
        "",
        "A refusal names one of these points, in words and as data (`refusal` in receipt and report), with facts of",
        "the file where … stands. Settings are named as the writers name them.",
        "",
        f"| code | what is found | what is asked | {ARROW} | {JAVA} |",
        "| --- | --- | --- | --- | --- |",
    ]
    for ask in sorted(ASKS, key=lambda ask: ask.gate.code):
        found, asked = (_PLACES.sub("…", text) for text in (ask.found, ask.asked))
        lines.append(f"| {ask.gate.code} | {found} | {asked} | {ask.arrow} | {ask.java} |")
    return "\n".join(lines) + "\n"
