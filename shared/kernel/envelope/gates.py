"""Every reason for which an envelope is refused, in the order in which the gates stand.

The order is part of the promise: what is cheap and needs no key comes first, no key is used before the sender is known,
and nothing is parsed before it is known to be what the sender signed. `shared.kernel.envelope.open` walks them.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.kernel.errors import UntrustedDrop


@dataclass(frozen=True)
class Reason:
    """One stable code: what it means and what its reader does about it. Neither ever holds a value from a file."""

    code: str
    name: str
    meaning: str
    remedy: str


_RIGHT_AS_IT_IS = (
    "Do not split it: of two files of one dataset only one counts. Where it is right as it is, ask the operators; the "
    "agreement sets the limit."
)

SIZE = Reason(
    "ENV-001",
    "size",
    "The file is empty, or larger than the agreement allows.",
    f"Check that the upload finished, and the extract. {_RIGHT_AS_IT_IS}",
)
SEALED = Reason(
    "ENV-002",
    "sealed",
    "The file is not a sealed Parquet file: it does not begin and end with PARE.",
    "Never drop a plain file. With our client: run `exchange seal` and drop what it writes, whole and unchanged. "
    "Without it: seal with Parquet Modular Encryption and an encrypted footer. A setting that is misspelt writes a "
    "plain file, without a word.",
)
MANIFEST = Reason(
    "ENV-003",
    "manifest",
    "The manifest is missing from the blob's metadata, too long, or not well formed.",
    "With our client: drop with `exchange drop`. Without it: write the manifest as asked, sign those very bytes, and "
    "send both as metadata of the Put Blob of the file.",
)
ADDRESS = Reason(
    "ENV-004",
    "address",
    "The manifest names another sender, receiver or dataset than the place it was dropped in.",
    "Seal the file again with your own authority as sender and the right receiver and dataset.",
)
SIGNED = Reason(
    "ENV-005",
    "signed",
    "The signature is missing from the blob's metadata, or is not a signature.",
    "With our client: drop with `exchange drop`. Without it: write the signature as asked, and send it as metadata of "
    "the Put Blob of the file.",
)
SIGNER = Reason(
    "ENV-006",
    "signer",
    "The manifest is signed with a key that is not registered for this sender.",
    "Sign with your own current key; if it is new, send its public part to the operators first.",
)
SIGNATURE = Reason(
    "ENV-007",
    "signature",
    "The signature does not belong to this manifest.",
    "With our client: seal the file again. Without it: sign what is asked. If a sender that worked before is refused "
    "twice, tell the operators: someone may have altered the manifest.",
)
HASH = Reason(
    "ENV-008",
    "hash",
    "The file is not the one that was signed.",
    "Drop the sealed file unchanged, with the manifest that was made for it.",
)
KEY_ID = Reason(
    "ENV-009",
    "key id",
    "The file is sealed to a key that is not accepted here.",
    "Fetch the receiver's current public key and seal the file again.",
)
LOCK = Reason(
    "ENV-010",
    "lock",
    "The file is sealed in another way than this exchange reads (AES-GCM, encrypted footer, one wrapped key inside).",
    "With our client: seal the file again with `exchange seal`. Without it: write what is asked.",
)
LOCK_KEY = Reason(
    "ENV-011",
    "lock key",
    "The key named inside the file is not the one the manifest names.",
    "With our client: seal the file again with `exchange seal`. Without it: write what is asked.",
)
UNWRAP = Reason(
    "ENV-012",
    "unwrap",
    "The file's data key does not unwrap.",
    "First check that OAEP uses SHA-256 for its hash and for MGF1, both, as our client does. Then fetch the receiver's "
    "current public key and seal the file again.",
)
DAMAGED = Reason(
    "ENV-013",
    "damaged",
    "The sealed content does not decrypt, or is not well-formed Parquet inside.",
    "With our client: seal the file again from your extract. Without it: write what is asked.",
)
ROWS = Reason(
    "ENV-014",
    "rows",
    "The file claims more rows than the agreement allows.",
    f"Check the extract. {_RIGHT_AS_IT_IS}",
)
COLUMNS = Reason(
    "ENV-015",
    "columns",
    "The file has more columns than the agreement allows, or one name twice.",
    "Use the columns of the dataset (page of datasets; `exchange template`), each once.",
)
TYPES = Reason(
    "ENV-016",
    "types",
    "A column is nested, an Arrow extension type or of fixed-width bytes.",
    "Use plain text, date, integer, decimal and flag columns, as on the page of datasets and in the template.",
)
ROW_COUNT = Reason(
    "ENV-017",
    "row count",
    "The file does not hold as many rows as its manifest says.",
    "Seal the file again from your extract, and count the rows of what was written.",
)

PAGES = Reason(
    "ENV-018",
    "pages",
    "A part of the file is not sealed, or is encoded in a way this exchange does not read.",
    "With our client: seal the file again with `exchange seal`. Without it: write what is asked.",
)
EXPANDED = Reason(
    "ENV-019",
    "expanded size",
    "The file expands to more bytes than the agreement allows.",
    f"Check the extract for repeated or padded text. {_RIGHT_AS_IT_IS}",
)
GATES = (
    SIZE,
    SEALED,
    MANIFEST,
    ADDRESS,
    SIGNED,
    SIGNER,
    SIGNATURE,
    HASH,
    KEY_ID,
    LOCK,
    LOCK_KEY,
    UNWRAP,
    DAMAGED,
    ROWS,
    COLUMNS,
    TYPES,
    ROW_COUNT,
    PAGES,
    EXPANDED,
)
"""In order. The agreement is asked after KEY_ID and before LOCK and answers with its own AGR codes. From DAMAGED on,
the file is being read, and one with several faults gets the code of the first that is met."""

NO_KEY = Reason(
    "KEY-001",
    "no such key",
    "The key, or its private part, is not here, or it was revoked.",
    "Operators: create or import the key; nothing was lost, the work is tried again.",
)
BAD_SIGNATURE = Reason(
    "KEY-002",
    "bad signature",
    "The signature does not hold: the document was altered or signed by another key.",
    "Do not rely on the document; ask its issuer for it again.",
)
NO_ANSWER = Reason(
    "KEY-003",
    "no answer",
    "The key service did not answer, or does not let this identity in.",
    "Nothing to do if it passes: the work is tried again. Operators: check the vault, its network and its roles.",
)
NOT_A_KEY = Reason(
    "KEY-004",
    "not a key",
    "The document is not a set of public keys of this exchange.",
    "Export it again with `exchange keys`; never edit it.",
)
SECRET_IS_THERE = Reason(
    "KEY-005",
    "secret is there",
    "The agreement has a secret for its pseudonyms already.",
    "Nothing: keep it. Under another secret no decision that was remembered would be known again.",
)
OTHER_SECRET = Reason(
    "KEY-006",
    "other secret",
    "Decisions are remembered under another secret than the agreement has now: none of them would be known.",
    "Operators: enable the older version of the secret again. No work is done that could write to who has opted out.",
)
OUT_OF_TIME = Reason(
    "KEY-010",
    "out of time",
    "The document is dated outside of the time in which its key's signatures count: before it, after the key was "
    "revoked, or when somebody else may have had the key.",
    "Do not rely on the document; ask its issuer for it again, signed with the key that there is now.",
)
LONGER = Reason(
    "KEY-012",
    "longer time",
    "The time in which a key's signatures count can be made shorter and never longer.",
    "Make a new key for the time after it (`exchange keys rotate`), and send its public part to the others.",
)
UNREAD_RESULTS = Reason(
    "KEY-011",
    "unread results",
    "Results that are sealed to this key lie in the outbox, and only this key opens them.",
    "Fetch them first with `exchange fetch`. If the key must go at once: give --anyway, and ask the operators for the "
    "results again, sealed to your new key.",
)
KEY_CODES = (
    NO_KEY,
    BAD_SIGNATURE,
    NO_ANSWER,
    NOT_A_KEY,
    SECRET_IS_THERE,
    OTHER_SECRET,
    OUT_OF_TIME,
    UNREAD_RESULTS,
    LONGER,
)


def refuse(gate: Reason, detail: str = "") -> UntrustedDrop:
    """The refusal to raise. `detail` may hold counts, column positions and field names, never a value."""
    return UntrustedDrop(gate.code, f"{gate.meaning} {detail}".rstrip(), gate.remedy)


def gate_page() -> str:
    """Every gate and key code as Markdown, in order, for the users' handbook."""
    lines = [
        "# Envelope gates",
        "",
        "A drop passes these in order; the first that refuses ends it, and the sender gets its code.",
        f"After {KEY_ID.code} the agreement is asked, which answers with its own AGR codes.",
        "",
        *_table(GATES),
        "",
        "# Key codes",
        "",
        "Not the sender's fault: the operators see these, and the work is tried again.",
        "",
        *_table(KEY_CODES),
    ]
    return "\n".join(lines) + "\n"


def _table(reasons: tuple[Reason, ...]) -> list[str]:
    rows = [f"| {reason.code} | {reason.name} | {reason.meaning} | {reason.remedy} |" for reason in reasons]
    return ["| code | gate | what it means | what to do |", "| --- | --- | --- | --- |", *rows]
