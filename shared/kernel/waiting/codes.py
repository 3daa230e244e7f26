"""What a party or an operator is told of rows that wait, and of work that covers less than before."""

from __future__ import annotations

from dataclasses import dataclass

from shared.kernel.errors import Waiting


@dataclass(frozen=True)
class WaitCode:
    """One thing that waits, or has become less."""

    code: str
    meaning: str
    remedy: str

    def about(self, told: str) -> Waiting:
        """As a report has it; `told` is a sentence about this case."""
        return Waiting(self.code, f"{self.meaning} {told}".rstrip(), self.remedy)


LACKS = WaitCode(
    "WAI-001",
    "Rows of this file are in no work yet: what they are to meet has not come.",
    "Ask whoever is named here for the missing file. If it comes only after the day on which your rows are destroyed: "
    "extract, seal and drop your file again.",
)
LACKED = WaitCode(
    "WAI-002",
    "Others have dropped rows that are your work, and they wait for a file of yours.",
    "Pack, seal and drop the dataset that is named here, for this collection, before the rows that wait are destroyed.",
)
UNANSWERED = WaitCode(
    "WAI-003",
    "You were asked whether this file replaces an earlier one, and have not answered. Its rows are in no work.",
    "If it replaces the earlier one: seal it again with `exchange seal --replaces DROP` and drop it. If the two belong "
    "together: drop one file with all rows of both. If it was a mistake: do nothing, and it is destroyed.",
)
UNFINISHED = WaitCode(
    "WAI-004",
    "All that this file needs is here, and the work that it is for has not been finished. The fault is the exchange's, "
    "and its operators have been told.",
    "Nothing: the work goes on by itself. If rows are destroyed before it is done, the operators will ask for the file "
    "again.",
)
ONE_SIDED = WaitCode(
    "WAI-005",
    "A collection has one side only: files wait for a dataset that nobody has dropped.",
    "Ask the parties that drop the missing dataset whether they know that the collection has begun.",
)
FEWER = WaitCode(
    "WAI-006",
    "The newest work of a collection covers fewer senders than the work before it. As a rule the days of the others' "
    "files were over.",
    "Ask those who are named here to extract, seal and drop their files again: then the work is done over all of them.",
)
WAIT_CODES = (LACKS, LACKED, UNANSWERED, UNFINISHED, ONE_SIDED, FEWER)
