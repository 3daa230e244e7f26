"""Splink's model for the contract's columns: levels, blocks, and what it is trained on.

The same for every set, minus what a set lacks. Chosen on the development sets only (see docs/bench-link.md).
"""

from __future__ import annotations

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import block_on
from splink.blocking_rule_library import CustomRule
from splink.internals.blocking_rule_creator import BlockingRuleCreator
from splink.internals.comparison_creator import ComparisonCreator

REVERSED = '"forename_l" = "surname_r" and "surname_l" = "forename_r"'
OTHER_SURNAME = " or ".join(
    f'"{column}_{one}" = "surname_{other}"'
    for column in ("preferred_surname", "former_surname")
    for one, other in (("l", "r"), ("r", "l"))
)

DETERMINISTIC = (("dob", "surname", "forename"), ("uprn", "dob", "forename"))
TRAINING = (("dob",), ("surname", "forename"), ("postcode", "forename"))
"""Blocks of the EM runs: each comparison is outside at least one of them."""

BLOCKS: tuple[tuple[str, ...], ...] = (
    ("dob", "surname"),
    ("dob", "forename"),
    ("dob", "sector"),
    ("dob", "uprn"),
    ("postcode", "forename"),
    ("postcode", "surname"),
    ("uprn", "forename"),
    ("surname", "forename", "dob_year"),
)
SMALL, SMALL_BLOCKS = 20_000, (("surname", "forename"), ("postcode", "dob_year"))
"""Blocks that a set of at most so many rows a side can afford: on London they add one pair in ten thousand."""
CUSTOM_BLOCKS = (
    "l.dob = r.dob and l.surname = r.forename",
    "l.dob_swapped = r.dob and l.surname = r.surname",
    "l.dob = r.dob and substr(l.surname, 1, 3) = substr(r.surname, 1, 3)",
)


def blocking(filled: set[str], rows: int) -> list[BlockingRuleCreator]:
    """The rules that offer pairs, for `rows` on the larger side."""
    blocks = BLOCKS + SMALL_BLOCKS if rows <= SMALL else BLOCKS
    rules = [block_on(*columns) for columns in blocks if set(columns) <= filled]
    return rules + [CustomRule(sql) for sql in CUSTOM_BLOCKS]


def comparisons(filled: set[str]) -> list[ComparisonCreator]:
    """One comparison for each field that the set has."""
    made = {"forename": forename(), "surname": surname(), "dob": date_of_birth(), "sex": cl.ExactMatch("sex")}
    found = [comparison for column, comparison in made.items() if column in filled]
    return [*found, address(filled)] if "postcode" in filled else found


def forename() -> ComparisonCreator:
    """Exact with frequency, then swapped with the surname, alike, or a middle name on the other side."""
    return cl.CustomComparison(
        output_column_name="forename",
        comparison_levels=[
            cll.NullLevel("forename"),
            cll.ExactMatchLevel("forename", term_frequency_adjustments=True),
            cll.CustomLevel(REVERSED, "reversed"),
            cll.JaroWinklerLevel("forename", 0.92),
            cll.JaroWinklerLevel("forename", 0.85),
            cll.CustomLevel('"middle_l" = "forename_r" or "forename_l" = "middle_r"', "middle name"),
            cll.JaroWinklerLevel("forename", 0.75),
            cll.ElseLevel(),
        ],
    )


def surname() -> ComparisonCreator:
    """Exact with frequency, then another surname of the pupil, reversed, a shared part, or alike."""
    return cl.CustomComparison(
        output_column_name="surname",
        comparison_levels=[
            cll.NullLevel("surname"),
            cll.ExactMatchLevel("surname", term_frequency_adjustments=True),
            cll.CustomLevel(OTHER_SURNAME, "preferred or former"),
            cll.CustomLevel(REVERSED, "reversed"),
            cll.CustomLevel('list_has_any("surname_words_l", "surname_words_r")', "a part in common"),
            cll.JaroWinklerLevel("surname", 0.92),
            cll.JaroWinklerLevel("surname", 0.85),
            cll.ElseLevel(),
        ],
    )


def date_of_birth() -> ComparisonCreator:
    """Exact, day and month swapped, one edit, two of the three parts, the same year."""
    return cl.CustomComparison(
        output_column_name="dob",
        comparison_levels=[
            cll.NullLevel("dob"),
            cll.ExactMatchLevel("dob"),
            cll.CustomLevel('"dob_swapped_l" = "dob_r"', "day and month swapped"),
            cll.DamerauLevenshteinLevel("dob", 1),
            cll.CustomLevel('substr("dob_l", 1, 7) = substr("dob_r", 1, 7)', "same month"),
            cll.CustomLevel('substr("dob_l", 6) = substr("dob_r", 6)', "same day of another year"),
            cll.CustomLevel('"dob_year_l" = "dob_year_r"', "same year"),
            cll.ElseLevel(),
        ],
    )


def address(filled: set[str]) -> ComparisonCreator:
    """One ordered comparison, since its parts are one evidence."""
    levels = [cll.CustomLevel('"postcode_l" is null or "postcode_r" is null', "no address")]
    levels[0].is_null_level = True
    if "uprn" in filled:
        levels.append(cll.ExactMatchLevel("uprn"))
    if "number" in filled:
        levels.append(cll.CustomLevel('"postcode_l" = "postcode_r" and "number_l" = "number_r"', "postcode and number"))
    levels += [
        cll.ExactMatchLevel("postcode"),
        cll.CustomLevel('levenshtein("postcode_l", "postcode_r") <= 1', "postcode, one edit"),
        cll.ExactMatchLevel("sector"),
        cll.ExactMatchLevel("district"),
        cll.ElseLevel(),
    ]
    return cl.CustomComparison(output_column_name="address", comparison_levels=levels)
