"""The columns of the releases: what a home borough sees of a pair, and what a school borough learns of a decision."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.free_school_meals.releases import FROM_ASSESSMENT, FROM_HOUSEHOLD, FROM_LINK, FROM_PUPIL
from shared.kernel.terms.pipeline import Pseudonyms

_PAIR, _LOOKALIKE = "pair", "pair told apart"
_TELLS_APART = ("dob", "surname", "forename", "urn", "school_borough")


def match_refs(home: str, pupils: pa.Table, households: pa.Table, pseudonyms: Pseudonyms) -> pa.Array:
    """A name for each pair of a run, ``m-`` and 32 hex digits: the same in every run, drop and term, and no other's.

    The tables are aligned, one pair a position. A pair is the home borough, the claim, and the child of it that the
    pupil's UPN says: a claim's children are numbered anew, their names spelt otherwise and their birthdays put right
    from one extract to the next, so what the claim says of the child is no part of the name. Pairs of a run that would
    have one name, such as two registrations under one UPN, are told apart by all that is known of them.
    """
    homes = pa.repeat(home, pupils.num_rows)
    refs = pseudonyms(_PAIR, homes, households.column("household_ref"), pupils.column("upn"))
    counts = pc.value_counts(refs)
    repeated = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    if len(repeated):
        more = [pupils.column(name) for name in _TELLS_APART]
        told_apart = pseudonyms(_LOOKALIKE, refs, *more, households.column("child_dob"), households.column("child_seq"))
        refs = pc.if_else(pc.is_in(refs, repeated), told_apart, refs)
    return pc.binary_join_element_wise("m", refs, "-")


def pairs(refs: pa.Array, pupils: pa.Table, households: pa.Table, links: pa.Table, assessment: pa.Table) -> pa.Table:
    """All that is known of linked pairs: their names and four tables, aligned. Sorted by `match_ref`."""
    columns = {"match_ref": refs}
    columns |= {name: households.column(name) for name in FROM_HOUSEHOLD}
    columns |= {name: pupils.column(source) for name, source in FROM_PUPIL.items()}
    columns |= {name: links.column(name) for name in FROM_LINK}
    columns |= {name: assessment.column(name) for name in FROM_ASSESSMENT}
    return pa.table(columns).sort_by("match_ref").combine_chunks()
