"""The questions that an auditor asks, each with its code. `docs/ig/audit-checks.md` is made from this table."""

from __future__ import annotations

from dataclasses import dataclass

from shared.kernel.audit.schema import DELETE, KEYS, READ, WRITE
from shared.kernel.errors import InvalidCode


@dataclass(frozen=True)
class Question:
    """One check: its code, what it asks, how it is answered, and what to do when it is broken."""

    code: str
    asks: str
    """Yes is the good answer."""
    looks_at: str
    remedy: str
    needs: tuple[str, ...] = ()
    """Categories of logs of which there must be some line in the period: without any, the answer is not known."""


QUESTIONS = (
    Question(
        "AUD-001",
        "Was data read only by the party and for the work that it was meant for?",
        "Every read and listing by a known principal: its own right, or work that the ledger records for that party.",
        "Ask whoever it was, and tell the party whose data it is.",
        needs=(READ,),
    ),
    Question(
        "AUD-002",
        "Did everybody come with an Entra identity, or with a pass that was issued to them?",
        "The authentication of every operation: account keys and nobody at all are exceptions, and so is a pass that "
        "is not in the register, is used for another box than its own, or is used out of its time.",
        "Find who holds the key or pass, revoke it, and see what it was used for.",
        needs=(READ, WRITE),
    ),
    Question(
        "AUD-003",
        "Did only those act who are named, with no more officers than the agreement allows?",
        "The principal of every operation against the register, and the register against `officers_per_party`; where "
        "the record has a comparison of rights (`rights.json`), every right that the templates do not give.",
        "Find out who it is; take the rights away, or name them in infra/bicep/principals.yaml by a reviewed change.",
        needs=(READ, WRITE),
    ),
    Question(
        "AUD-004",
        "Was nobody turned away?",
        "Operations that the service refused with 401 or 403, or with a word for it.",
        "Ask whoever tried: a mistake, a right that is missing, or an attempt.",
        needs=(READ, WRITE),
    ),
    Question(
        "AUD-005",
        "Was everything that was deleted deleted by those who may?",
        "Every deletion: the sweep's own work in the ledger, the lifecycle policy, or an operator at the poison queue.",
        "Find out what was lost, from the ledger and the receipts, and ask the party to drop it again if need be.",
        needs=(DELETE,),
    ),
    Question(
        "AUD-006",
        "Was everything gone by its day?",
        "What was written and what was deleted, by the logs; what certificates say of it; against `retention`.",
        "Run the sweep; see why it did not take it (docs/operators/).",
        needs=(WRITE, DELETE),
    ),
    Question(
        "AUD-007",
        "Is every row that came in accounted for?",
        "`conserved` and `unbalanced` events of the ledger, added up again.",
        "A defect of the exchange: stop, and tell its maintainers.",
    ),
    Question(
        "AUD-008",
        "Did every drop get its receipt?",
        "Every drop that the ledger ends, against the write of its receipt in the logs; every drop in an inbox against "
        "the ledger.",
        "See what stands in its way (docs/operators/reconciliation.md).",
        needs=(READ, WRITE),
    ),
    Question(
        "AUD-009",
        "Is the ledger whole?",
        "Every chain's hashes; heads that certificates state; events that the logs saw written against the copy.",
        "Compare with an older copy of the ledger; find out who could write to it.",
        needs=(WRITE,),
    ),
    Question(
        "AUD-010",
        "Are there logs of every hour?",
        "Hours of the period in which no read of the blob service is logged. They are known to be missing where the "
        "ledger has an event and no write or no read is logged, where it records destructions and no deletion is "
        "logged, or where the app's health was asked after in nearly every other hour; of others it is not known "
        "whether there was anything to log.",
        "Fetch the logs of that hour again. Azure does not promise that there are any: what else happened in it is not "
        "known then.",
    ),
    Question(
        "AUD-011",
        "Was nothing copied?",
        "Copy operations, and reads as the source of a copy.",
        "Find the copy and who made it; destroy it, and tell the party whose data it is.",
        needs=(READ, WRITE),
    ),
    Question(
        "AUD-012",
        "Was every drop taken in once?",
        "Drops that arrived again under another name, and subjects that were worked on after they were done.",
        "Ask the party whether it sent the file twice; if not, somebody else has it.",
    ),
    Question(
        "AUD-013",
        "Was nothing overwritten?",
        "Objects that were written twice without a deletion in between.",
        "Find out which of the two was worked on: the ledger has its hash.",
        needs=(WRITE,),
    ),
    Question(
        "AUD-014",
        "Do the signed certificates hold?",
        "The signature of every certificate in the record, with keys that the register, the agreement or parties vouch "
        "for; that it lies under its own party, day and sweep; that it is the very one that the ledger records; its "
        "counts; and that it names the certificate before it.",
        "Ask the party for its own copy, and compare. Of a key that nobody vouches for ask who put it there.",
    ),
    Question(
        "AUD-015",
        "Were keys used only by the exchange and for its work, and kept only by the keepers?",
        "Every operation of the vault's audit log.",
        "Disable the key's version at once and rotate it (docs/operators/keys.md).",
        needs=(KEYS,),
    ),
    Question(
        "AUD-016",
        "Was nothing changed in how the account is set up?",
        "Operations that change containers, access policies, service settings, tiers, leases or holds, or that ask for "
        "a key to sign passes with.",
        "Deploy again, which puts the settings back, and find out who changed them.",
        needs=(WRITE,),
    ),
    Question(
        "AUD-017",
        "Was everything that was written written by those who may, for the work that it belongs to?",
        "Every write by a known principal: its own right, or work that the ledger records for that party.",
        "Find out what it is and who put it there; it is not the exchange's.",
        needs=(WRITE,),
    ),
    Question(
        "AUD-018",
        "Was everything under logs/ read?",
        "Every file, whatever it is called, by its content: what is cut off, damaged, in another form or of another "
        "kind is counted by file and reason, with the first line, and left out of all other checks.",
        "Do what the exception says, and audit again. The last line of an hour that was not over when it was copied is "
        "cut off: fetch it again.",
    ),
    Question(
        "AUD-019",
        "Did every job end in one way, and is one result of each collection current?",
        "The chains of jobs: none that was superseded stands as released too; none was replaced but by another of its "
        "party that became current; none became current that was never released.",
        "A defect of the exchange: ask the party which result it works with, and tell the maintainers.",
    ),
    Question(
        "AUD-020",
        "Does the record agree with what parties hold?",
        "Receipts, certificates and daily heads that parties have collected (--receipts): that each verifies, that "
        "the record has the events that they name, the certificates and heads themselves, and no event that the heads "
        "of its time do not know. Without them it is not known: a record that was rewritten whole agrees with itself.",
        "Somebody has rewritten the record since. Keep both; find out who could write to ledger and certificates.",
    ),
    Question(
        "AUD-021",
        "Do the logs show the work that the ledger records, and no other?",
        "For every sweep the objects that it destroyed by the ledger and its deletions by the logs, either way; for "
        "every chain that was begun a read of it in its own name.",
        "Fetch the logs of that hour again. If they are whole, find out what was deleted, or who wrote the event.",
        needs=(DELETE,),
    ),
    Question(
        "AUD-022",
        "Does every line stand in the file of its own hour and account, and does none contradict another?",
        "The time and the account of every line against the folders of its file; lines that came twice, which count "
        "once if they say the same.",
        "Fetch the file again, and compare: Azure puts a line there when it happens, or minutes later, and says of one "
        "request one thing.",
    ),
)


NO_LOGS = InvalidCode("REC-001", "The record has no logs.", "Copy them into its folder logs (docs/operators/audit.md).")
NO_LEDGER = InvalidCode(
    "REC-002", "The record has no copy of the ledger.", "Copy the container into its folder ledger."
)
REGISTER = InvalidCode("REC-003", "The register cannot be used.", "Make it with `exchange register`.")
ZONE = InvalidCode("REC-004", "There is no such time zone.", "Name one as in Europe/London, or UTC.")

NO_PATH = InvalidCode(
    "REC-005",
    "A file of the audit account has a name that can be no path, and `exchange record fetch` did not copy it.",
    "Azure writes no such name. Find out who did; copy the file by hand, under another name, into the folder logs.",
)

BY_CODE = {question.code: question for question in QUESTIONS}


def question_page() -> str:
    """The page on the checks."""
    lines = [
        "# What the audit asks",
        "",
        "Made from `shared/kernel/audit/questions.py` by `make docs`; do not edit.",
        "",
    ]
    lines += ["| code | question | what is looked at | when it is broken |", "| --- | --- | --- | --- |"]
    lines += [f"| {q.code} | {q.asks} | {q.looks_at} | {q.remedy} |" for q in QUESTIONS]
    lines += ["", "Each check holds, is broken, or is not known, when the record does not hold what the answer needs."]
    lines += ["A record that cannot be audited is refused (exit code 2):", ""]
    lines += ["| code | what it means | what to do |", "| --- | --- | --- |"]
    lines += [f"| {c.code} | {c.message} | {c.remedy} |" for c in (NO_LOGS, NO_LEDGER, REGISTER, ZONE)]
    lines += ["", "What a record may lack is said when it is made:", ""]
    lines += ["| code | what it means | what to do |", "| --- | --- | --- |"]
    lines += [f"| {NO_PATH.code} | {NO_PATH.message} | {NO_PATH.remedy} |"]
    return "\n".join(lines) + "\n"
