"""Checks that several datasets share, each made for a field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from shared.kernel.contract.columns import NO_FORENAME
from shared.kernel.contract.identifiers import Mask, postcodes_ok, pseudo_postcodes, rounded_uprns, uprns_ok
from shared.kernel.contract.rules.frame import Frame, all_but_best, day_number, group_sizes, years_before
from shared.kernel.contract.rules.registry import Check, Context

LONGEST_TEXT = 200
"""Characters; no name, address line or reason of a real extract comes near."""

SINGLE_NAME = f"A single name is sent as the surname, with {NO_FORENAME} as the forename."

PLACEHOLDERS = tuple(
    date(*day) for day in ((1800, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1), (1901, 1, 1), (9999, 12, 31))
)
"""Days that systems write where the day is not known; 1899-12-30 is Excel's zero."""

LINES = tuple(f"address_line_{n}" for n in range(1, 6))


def empty(field: str) -> Check:
    """The cell is empty."""
    return lambda frame, _: ~frame.filled(field)


def not_one_of(field: str, codes: Sequence[str] | None) -> Check:
    """The cell is not in its code set."""
    return lambda frame, _: frame.filled(field) & ~frame.among(field, codes or ())


def too_long(field: str) -> Check:
    """The text is longer than any such field can be."""
    return lambda frame, _: frame.length(field) > LONGEST_TEXT


def without_letters(field: str) -> Check:
    """A name in which there is no letter at all; the mark of a single name is none where the surname is a name."""

    def check(frame: Frame, _: Context) -> Mask:
        wrong = frame.filled(field) & ~frame.like(field, r"\pL")
        if field.endswith("forename"):
            wrong &= ~(frame.among(field, (NO_FORENAME,)) & frame.like(field.replace("forename", "surname"), r"\pL"))
        return wrong

    return check


def damaged(field: str) -> Check:
    """A name with digits, control characters or the mark that a wrong encoding leaves."""
    return lambda frame, _: frame.like(field, r"[0-9\x00-\x1f\x7f�]") & frame.like(field, r"\pL")


def placeholder(field: str) -> Check:
    """A day that stands for not knowing the day."""
    return lambda frame, _: is_placeholder(frame, field)


def future(field: str) -> Check:
    """A day after today."""
    return lambda frame, context: (frame.days(field) > day_number(context.as_of)) & ~is_placeholder(frame, field)


def age_outside(field: str, youngest: int, oldest: int) -> Check:
    """A birthday in the past that makes somebody younger or older, in whole years, than is plausible."""

    def check(frame: Frame, context: Context) -> Mask:
        born = frame.days(field)
        too_young = (born > years_before(context.as_of, youngest)) & (born <= day_number(context.as_of))
        too_old = born <= years_before(context.as_of, oldest + 1)
        return (too_young | too_old) & ~is_placeholder(frame, field)

    return check


def is_placeholder(frame: Frame, field: str) -> Mask:
    """Where the day stands for not knowing the day."""
    return np.isin(frame.days(field), [day_number(day) for day in PLACEHOLDERS])


def malformed_postcode(frame: Frame, _: Context) -> Mask:
    """Filled, and neither a postcode nor a pseudo-postcode."""
    return (
        frame.filled("postcode") & ~frame.holds(postcodes_ok, "postcode") & ~frame.holds(pseudo_postcodes, "postcode")
    )


def pseudo_postcode(frame: Frame, _: Context) -> Mask:
    """A ZZ99 code."""
    return frame.holds(pseudo_postcodes, "postcode")


def rounded_uprn(frame: Frame, _: Context) -> Mask:
    """A UPRN that a spreadsheet has rounded."""
    return frame.holds(rounded_uprns, "uprn")


def malformed_uprn(frame: Frame, _: Context) -> Mask:
    """Filled, and not 1 to 12 digits."""
    return frame.filled("uprn") & ~frame.holds(uprns_ok, "uprn")


def without_address_text(frame: Frame) -> Mask:
    """Neither BS7666 parts (a house and a street) nor any address line."""
    parts = (frame.filled("paon") | frame.filled("saon")) & frame.filled("street")
    lines = frame.none()
    for line in LINES:
        lines |= frame.filled(line)
    return ~(parts | lines)


def exact_repeat(frame: Frame, key: Sequence[str], fields: Sequence[str]) -> Mask:
    """Rows that repeat an earlier row in every field; only rows that share the key are compared in full."""
    candidates = group_sizes(frame.same(key)) > 1
    verdict = frame.none()
    if candidates.any():
        verdict[candidates] = all_but_best(frame.only(candidates).same(fields))
    return verdict
