"""What intake tells a sender of a drop as a whole, beside what the envelope, the agreement and the contract say."""

from __future__ import annotations

from shared.kernel.terms.gates import AgreementCode

_PLAIN_NAME = "2026-autumn-d922c1eccdaf.parquet"
_ANEW = "Drop the file again, under another name,"

IN_THE_FUTURE = AgreementCode(
    "DRP-001", "The file was prepared in the future.", "Set the clock of the machine that seals, and seal again."
)
TOO_OLD = AgreementCode("DRP-002", "The file was prepared too long ago.", "Extract the data again and seal it.")
UNUSABLE_NAME = AgreementCode(
    "DRP-003",
    "The blob's name cannot be used: it has dot segments, backslashes, doubled slashes or control characters, or it "
    "ends in a dot or a slash.",
    f"Drop it again under a plain name, such as {_PLAIN_NAME}.",
)
ARCHIVED = AgreementCode(
    "DRP-004",
    "The blob lies in the archive tier, where nothing can be read, or is being brought back from it.",
    f"{_ANEW} without an access tier (`x-ms-access-tier`).",
)
SENDERS_KEY = AgreementCode(
    "DRP-005",
    "The blob is encrypted with a key that was sent along with it, and that nobody else has.",
    f"{_ANEW} without `x-ms-encryption-key` and its like: the sealed file itself is the encryption.",
)
UNFINISHED_COPY = AgreementCode(
    "DRP-006",
    "The blob is a copy of another one, and the copy is not finished.",
    f"{_ANEW} by one Put Blob with the bytes in it, instead of a copy.",
)
NOT_A_BLOCK_BLOB = AgreementCode(
    "DRP-007",
    "The blob is an append blob or a page blob, which begins empty and is filled later.",
    f"{_ANEW} as a block blob, by one Put Blob (`x-ms-blob-type: BlockBlob`) with the bytes in it.",
)
GONE = AgreementCode(
    "DRP-008",
    "The exchange was told of a file that is not there: its name has characters that do not travel, or somebody has "
    "removed it.",
    f"{_ANEW} of letters a to z, digits, hyphens, underscores and dots, such as {_PLAIN_NAME}.",
)
SHARES_NOTHING = AgreementCode(
    "DRP-010",
    "This file and the one that counts share no row's identifier (the column that the contract names): it is not "
    "known whether the newer one replaces the older, or both are parts of one whole, such as two departments' files.",
    "The older file counts until you say otherwise. If the newer one replaces it: seal it again with "
    "`exchange seal --replaces DROP` (`replaces` in the manifest) and drop it. If they belong together: drop one file "
    "with all rows of both.",
)
SAME_SECOND = AgreementCode(
    "DRP-011",
    "This file and another one of the same dataset and collection were prepared in the same second: it is not known "
    "which of the two is the newer.",
    "The one that was taken in first counts. If this one replaces it: seal it again with `exchange seal --replaces "
    "DROP` (`replaces` in the manifest) and drop it. If they belong together: drop one file with all rows of both.",
)
OLDER = AgreementCode(
    "DRP-012",
    "A file of the same dataset and collection that was prepared later came before this one. This one does not count, "
    "and never will.",
    "Nothing, if the later one is right. If this one is: extract the data again, seal and drop it. If they belong "
    "together: drop one file with all rows of both.",
)
UNKNOWN_DROP = AgreementCode(
    "DRP-013",
    "The manifest says that this file replaces a drop that the exchange does not hold for this dataset and collection.",
    "Take the drop's id from its receipt; or seal again without `--replaces`.",
)
NOT_LATER = AgreementCode(
    "DRP-014",
    "The manifest says that this file replaces a drop that was prepared later.",
    "Set the clock of the machine that seals, and seal again.",
)
TOO_MANY = AgreementCode(
    "DRP-015",
    "More than a hundred files of this dataset and collection are here already.",
    "Drop one file with all rows. Others can follow when the oldest are destroyed; the operators can tell you when.",
)
WAITS = AgreementCode(
    "DRP-016",
    "The exchange has not been able to take in this file, or to do the work that it asks for, for a day. The fault is "
    "the exchange's, and its operators have been told.",
    "Nothing: it goes on trying by itself, and the usual report follows. Do not drop the file again.",
)
TOO_LATE = AgreementCode(
    "DRP-017",
    "A file of the same dataset and collection that was prepared later has counted already, and the days of its rows "
    "are over. This older file can no longer count: it may hold whom the later one had left out.",
    "Extract the data again, seal and drop it, if the exchange is to have it once more. Otherwise do nothing.",
)
AGAIN = AgreementCode(
    "DRP-018",
    "The exchange has had this very file before. It was answered then, and the days of what was held of it are over.",
    "Extract, pack and seal the data again, and drop the new file, if the exchange is to have it once more. Otherwise "
    "do nothing.",
)
SAME_SECOND_GONE = AgreementCode(
    "DRP-019",
    "A file of the same dataset and collection that was prepared in the same second has counted already, and the days "
    "of its rows are over: it is not known which of the two is the newer.",
    "Seal the file again, which gives it a time of its own, and drop it.",
)
NOT_WHOLE = AgreementCode(
    "DRP-020",
    "A row of the list of objections is wrong, so none of it was taken: a part of it would not keep the others out.",
    "Correct the rows that have the errors named here, and drop the whole list again. Until then the last one holds.",
)
DROP_CODES = (
    IN_THE_FUTURE,
    TOO_OLD,
    UNUSABLE_NAME,
    ARCHIVED,
    SENDERS_KEY,
    UNFINISHED_COPY,
    NOT_A_BLOCK_BLOB,
    GONE,
    SHARES_NOTHING,
    SAME_SECOND,
    OLDER,
    UNKNOWN_DROP,
    NOT_LATER,
    TOO_MANY,
    WAITS,
    TOO_LATE,
    AGAIN,
    SAME_SECOND_GONE,
    NOT_WHOLE,
)

ASKED_OTHERWISE = AgreementCode(
    "RUN-001",
    "The blob's name begins as one that asks for work at once, and goes on otherwise.",
    "Ask with `exchange run now`, or drop an empty blob named `run-now/<agreement>/<collection>/<moment>`, such as "
    "`run-now/fsm/2026-autumn/20261121T093000Z`.",
)
NOTHING_WAITS_THERE = AgreementCode(
    "RUN-002",
    "You are party to no agreement of that id under which work waits.",
    "Name one of those under which it does; `exchange agreement` lists them.",
)
NO_SUCH_COLLECTION = AgreementCode(
    "RUN-003",
    "The agreement has no collection of that name.",
    "Name one that it has; `exchange agreement` lists them.",
)
RUN_CODES = (ASKED_OTHERWISE, NOTHING_WAITS_THERE, NO_SUCH_COLLECTION)
"""What who asks for work at once is told of a blob that asks for none."""

UNREADABLE = {"STO-010": ARCHIVED, "STO-011": SENDERS_KEY, "STO-012": UNFINISHED_COPY}
"""What a sender is told of a blob that storage cannot read, by the code of its fault."""
