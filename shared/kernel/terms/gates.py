"""The questions an agreement answers. `check_…` raises a coded refusal; `may_…` answers yes or no."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shared.kernel.errors import NotAgreed
from shared.kernel.objected import OBJECTIONS
from shared.kernel.terms.model import Agreement


@dataclass(frozen=True)
class AgreementCode:
    """One reason for which the agreement refuses."""

    code: str
    meaning: str
    remedy: str

    def refusal(self, told: str = "") -> NotAgreed:
        """What is raised for it; `told` is a sentence about this case."""
        return NotAgreed(self.code, f"{self.meaning} {told}".rstrip(), self.remedy)


NOT_IN_FORCE = AgreementCode(
    "AGR-001",
    "The agreement is not in force on this day.",
    "Ask the operators when the next version begins, and seal the file again then.",
)
OTHER_AGREEMENT = AgreementCode(
    "AGR-002", "The drop names another agreement or version.", "Seal it again with the agreement that is in force."
)
UNKNOWN_DATASET = AgreementCode(
    "AGR-003", "The agreement has no such dataset.", "Drop a dataset of the agreement, under its name."
)
MAY_NOT_DROP = AgreementCode(
    "AGR-004", "The agreement does not let this party drop this dataset.", "Ask for a change of the agreement."
)
MAY_NOT_RECEIVE = AgreementCode(
    "AGR-005", "The agreement does not send this column to that party.", "Ask for a change of the agreement."
)
TOO_MANY_OFFICERS = AgreementCode(
    "AGR-006",
    "The file names more officers than the agreement allows a party.",
    "Let only the party's named officers decide.",
)
MORE_OFFICERS = AgreementCode(
    "AGR-008",
    "With those whom this file names, more officers have decided for the party than the agreement allows.",
    "Let only the party's named officers decide, each under one name. The place of one who has left is free again when "
    "what the exchange keeps of their first file is swept.",
)
NO_AGREEMENT = AgreementCode("AGR-007", "There is no agreement of this id.", "Give the id of one of those there are.")
COLLECTION_NOT_OPEN = AgreementCode(
    "DRP-009",
    "The agreement opens no such collection for this dataset on this day.",
    "Seal it again under a collection that is open, the same for all datasets that are to meet; the agreement lists "
    "them.",
)
LEFT = AgreementCode(
    "AGR-009",
    "These rows are of, or for, a party that is no longer part of the agreement, or of a dataset that is no longer in "
    "it.",
    "Nothing can be done with them here. Ask the operators whether the party joins again, and with which version.",
)
CODES = (
    NOT_IN_FORCE,
    OTHER_AGREEMENT,
    UNKNOWN_DATASET,
    MAY_NOT_DROP,
    MAY_NOT_RECEIVE,
    TOO_MANY_OFFICERS,
    NO_AGREEMENT,
    MORE_OFFICERS,
    COLLECTION_NOT_OPEN,
    LEFT,
)


def check_named(agreement: Agreement, reference: str) -> None:
    """Raise `NotAgreed` (AGR-002), naming what is in force, unless `reference` (`id@version`) is this agreement."""
    if reference != agreement.reference:
        raise OTHER_AGREEMENT.refusal(f"In force: {agreement.id}, version {agreement.version}.")


def check_may_drop(agreement: Agreement, slug: str, dataset: str, on: date) -> None:
    """Raise `NotAgreed` (AGR-001, 003, 004) unless the party `slug` may drop `dataset` on that day."""
    if not agreement.in_force.covers(on):
        raise NOT_IN_FORCE.refusal()
    if dataset not in agreement.datasets and not (dataset == OBJECTIONS and agreement.takes_objections):
        raise UNKNOWN_DATASET.refusal(f"It has: {', '.join(agreement.datasets)}.")
    if slug not in agreement.terms_of(dataset).dropped_by:
        raise MAY_NOT_DROP.refusal()


def check_open(agreement: Agreement, dataset: str, collection: str, on: date) -> None:
    """Raise `NotAgreed` (DRP-009), naming what is open, unless drops of the dataset's `collection` are taken that day.

    The word itself is the sender's, and is not repeated.
    """
    if collection in (opened := agreement.terms_of(dataset).open_on(on)):
        return
    raise COLLECTION_NOT_OPEN.refusal(f"Open for {dataset} on {on.day} {on:%B %Y}: {', '.join(opened) or 'none'}.")


def may_drop(agreement: Agreement, slug: str, dataset: str, on: date) -> bool:
    """Whether the party `slug` may drop `dataset` on that day."""
    try:
        check_may_drop(agreement, slug, dataset, on)
    except NotAgreed:
        return False
    return True


def check_may_release(
    agreement: Agreement, release: str, columns: Iterable[str], *, to: str, own: str, on: date
) -> None:
    """Raise `NotAgreed` (AGR-001, 005) unless every column of `release` may go to the party `to` on that day.

    `own` is the party whose job makes the release: one to `own` goes to it and to nobody else, one to `others` to any
    other participant, one to `any` to all.
    """
    if not agreement.in_force.covers(on):
        raise NOT_IN_FORCE.refusal()
    terms = agreement.release_terms(release)
    if terms is None or to not in {*agreement.controllers, *agreement.recipients}:
        raise MAY_NOT_RECEIVE.refusal()
    if terms.to != "any" and (to == own) != (terms.to == "own"):
        raise MAY_NOT_RECEIVE.refusal()
    if not set(columns) <= set(terms.columns):
        raise MAY_NOT_RECEIVE.refusal()


def may_release(agreement: Agreement, release: str, columns: Iterable[str], *, to: str, own: str, on: date) -> bool:
    """Whether every column of `release` may go to the party `to` on that day."""
    try:
        check_may_release(agreement, release, columns, to=to, own=own, on=on)
    except NotAgreed:
        return False
    return True


def check_officers(agreement: Agreement, officers: int) -> None:
    """Raise `NotAgreed` (AGR-006) when a party acts through more officers than the agreement allows."""
    if officers > agreement.officers_per_party:
        raise TOO_MANY_OFFICERS.refusal()
