"""Every limit of a sealed file in one table, each read from the code that refuses by it."""

from __future__ import annotations

from datetime import timedelta

from docs.governance.facts import agreement
from docs.governance.markdown import table
from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.kernel.contract.file_rules import LONGEST_TEXT_BYTES, OVERLONG
from shared.kernel.contract.rules.common import LONGEST_TEXT
from shared.kernel.envelope import gates, limits
from shared.kernel.intake.codes import IN_THE_FUTURE, TOO_OLD, UNUSABLE_NAME
from shared.kernel.intake.trust import CLOCK_SKEW
from shared.kernel.storage.names import LONGEST_NAME


def limits_table() -> str:
    """What is limited, by how much, which code says so, and whether the agreement sets it."""
    allowed, terms = agreement().limits, agreement().datasets
    stale = " · ".join(f"`{name}` {number(of.stale_after_days)} days" for name, of in terms.items())
    ahead = f"{CLOCK_SKEW // timedelta(minutes=1)} minutes"
    rows = [
        ("sealed file", f"{number(allowed.bytes)} bytes", gates.SIZE.code, "yes"),
        ("rows", f"1 to {number(allowed.rows)}", f"FIL-002, {gates.ROWS.code}", "yes"),
        ("columns", number(allowed.columns), gates.COLUMNS.code, "yes"),
        ("all pages, decompressed", f"{number(allowed.decompressed_bytes)} bytes", gates.EXPANDED.code, "yes"),
        (
            "the same, by the size of the file",
            f"{number(limits.FREE_BYTES)} bytes and {limits.MOST_EXPANSION} times the sealed file",
            gates.EXPANDED.code,
            "",
        ),
        ("age of `prepared_at`", stale, TOO_OLD.code, "yes"),
        ("`prepared_at` ahead of the exchange's clock", ahead, IN_THE_FUTURE.code, ""),
        ("metadata, all names and values", f"{number(limits.METADATA_LIMIT)} bytes", gates.MANIFEST.code, ""),
        ("name of the blob", f"{number(LONGEST_NAME)} characters", UNUSABLE_NAME.code, ""),
        ("footer, with what is in the clear", f"{number(limits.MOST_FOOTER_BYTES)} bytes", gates.LOCK.code, ""),
        ("columns of all row groups together", number(limits.MOST_CHUNKS), gates.PAGES.code, ""),
        ("row groups", number(limits.MOST_GROUPS), gates.PAGES.code, ""),
        ("pages of the file", number(limits.MOST_PAGES), gates.PAGES.code, ""),
        ("header of one page", f"{number(limits.MOST_HEADER_BYTES)} bytes", gates.PAGES.code, ""),
        ("pages of a column in a row group", number(limits.MOST_PAGES_OF_A_COLUMN + 1), gates.PAGES.code, ""),
        ("one text", f"{number(LONGEST_TEXT)} characters, else its row is out", ", ".join(_too_long()), ""),
        ("one text, for the file", f"{number(LONGEST_TEXT_BYTES)} bytes", OVERLONG.code, ""),
    ]
    return table(("what", "at most", "else", "set by the agreement"), rows)


def _too_long() -> list[str]:
    """The codes of the rules that a text breaks which is too long for its cell."""
    said = f"longer than {LONGEST_TEXT} characters"
    return list(dict.fromkeys(rule.code for one in CONTRACTS.values() for rule in one.rules if said in rule.message))


def number(of: int) -> str:
    """`200,000,000`."""
    return f"{of:,}"
