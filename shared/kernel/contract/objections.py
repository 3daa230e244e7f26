"""Who has objected: a file that any party may drop under an agreement whose rows are about people.

It holds identifiers, so it is sealed like any other drop. What the exchange keeps of it are keyed pseudonyms, with the
days between which they hold; a row of the same party that bears one of them is left out before it meets any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.contract.columns import Column, Contract, day, text
from shared.kernel.contract.identifiers import Mask
from shared.kernel.contract.rules import common
from shared.kernel.contract.rules.frame import Frame
from shared.kernel.contract.rules.registry import Context, Rulebook
from shared.kernel.objected import OBJECTIONS

UPN, CLAIM, PERSON = "upn", "claim", "person"
REASONS = ("objection", "court_order", "safeguarding", "sent_in_error", "other")
_OWN = "your own record"

Pseudonyms = Callable[..., pa.Array]
"""As `terms.pipeline.Pseudonyms`, which this room does not know: a word and columns, of which it makes keyed names."""

COLUMNS: tuple[Column, ...] = (
    text("objection_ref", "Your own number of the objection", "o-3f9a0c21", _OWN, required=True),
    text(
        "named_by",
        "By what the person is named: UPN, claim, or name with birthday",
        PERSON,
        _OWN,
        required=True,
        codes=(UPN, CLAIM, PERSON),
        form="lower_code",
    ),
    text("upn", "The UPN", "J210234519001", _OWN, form="identifier"),
    text("claim", "The claim's reference", "CTR0012345", _OWN),
    text("forename", "Forename", "Amara", _OWN),
    text("surname", "Surname", "Okafor", _OWN),
    day("dob", "Birthday", "2015-11-03", _OWN),
    text("reason", "Why, by a code", "objection", _OWN, required=True, codes=REASONS, form="lower_code"),
    day("from_day", "The first day on which it holds", "2026-10-01", _OWN, required=True),
    day("until_day", "The last day on which it holds; empty where it has no end", "2027-07-31", _OWN),
)
_NAMED_BY = {UPN: ("upn",), CLAIM: ("claim",), PERSON: ("forename", "surname", "dob")}
_RULES = Rulebook("OBJ")

_RULES.error("OBJ-001", "objection_ref", "The number of the objection is missing.", "Give it one of your own.")(
    common.empty("objection_ref")
)
_RULES.error(
    "OBJ-002", "named_by", "By what the person is named is missing, or no code.", "Write upn, claim or person."
)(lambda frame, _: ~frame.among("named_by", (UPN, CLAIM, PERSON)))
_RULES.error("OBJ-003", "reason", "The reason is missing, or no code.", f"Write one of {', '.join(REASONS)}.")(
    lambda frame, _: ~frame.among("reason", REASONS)
)
_RULES.error("OBJ-004", "from_day", "The first day is missing.", "Give it.")(common.empty("from_day"))


@_RULES.error(
    "OBJ-005", "named_by", "What the person is named by is not in the row.", "Give UPN, claim, or all of a name."
)
def unnamed(frame: Frame, _: Context) -> Mask:
    named = frame.none()
    for word, columns in _NAMED_BY.items():
        there = frame.among("named_by", (word,))
        for column in columns:
            there &= frame.filled(column)
        named |= there
    return ~named & frame.among("named_by", (UPN, CLAIM, PERSON))


@_RULES.error("OBJ-006", "until_day", "The last day is before the first.", "Correct the days.")
def backwards(frame: Frame, _: Context) -> Mask:
    return frame.filled("until_day") & frame.filled("from_day") & (frame.days("until_day") < frame.days("from_day"))


CONTRACT = Contract(
    OBJECTIONS,
    COLUMNS,
    tuple(_RULES),
    named_by=_NAMED_BY,
    whole=True,
    one_row="One row for each objection that holds. Each file is your whole list: what it leaves out holds no more.",
)


def objectable(contracts: Mapping[str, Contract]) -> bool:
    """Whether any of these datasets is about people who can object."""
    return any(contract.named_by for contract in contracts.values())


def names_of(contract: Contract, sender: pa.Array, rows: pa.Table, pseudonyms: Pseudonyms) -> dict[str, pa.Array]:
    """By word a keyed name of each row's person, within the party that sent it; null where the row does not say it."""
    found, rows = {}, contract.plain(rows)
    for word, columns in contract.named_by.items():
        cells = [_plain(rows.column(column)) for column in columns]
        there = cells[0].is_valid()
        for cell in cells[1:]:
            there = pc.and_(there, cell.is_valid())
        names = pseudonyms(f"objection {word}", sender, *cells)
        found[word] = pc.if_else(there, names, pa.scalar(None, pa.string()))
    return found


def names_in_objections(sender: pa.Array, rows: pa.Table, pseudonyms: Pseudonyms) -> pa.Array:
    """The one name of each objection: that which it says it is by."""
    names = names_of(CONTRACT, sender, rows, pseudonyms)
    by = rows.column("named_by").combine_chunks()
    named = [pc.if_else(pc.equal(by, word), names[word], pa.scalar(None, pa.string())) for word in names]
    return pc.coalesce(*named)


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """Without case, and without space more than one."""
    texts = pc.utf8_normalize(column.cast(pa.string()), form="NFKC")
    texts = pc.replace_substring_regex(pc.utf8_trim_whitespace(pc.utf8_lower(texts)), r"\s+", " ")
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
