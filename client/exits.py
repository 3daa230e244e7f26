"""What the exit code of a command means: the same in every command, so that a scheduled task can act on it."""

from __future__ import annotations

from enum import IntEnum

from shared.kernel.errors import (
    AlreadyExists,
    BadSignature,
    Changed,
    ExchangeError,
    InvalidAgreement,
    InvalidInput,
    KeyUnavailable,
    Missing,
    NewerVersion,
    NotAllowed,
    RejectedDrop,
    StorageFault,
    StorageUnavailable,
    TooLarge,
    UnusableName,
)


class Exit(IntEnum):
    """Numbers are stable: scripts compare them. 64 and 130 are what Unix has always used for the two."""

    DONE = 0
    OUR_FAULT = 1
    BAD_INPUT = 2
    CHECK_BROKEN = 3
    REFUSED = 4
    TRY_LATER = 5
    NOT_ALLOWED = 6
    ALREADY_DONE = 7
    PARTLY = 8
    NOT_KNOWN = 9
    USAGE = 64
    INTERRUPTED = 130


MEANING: dict[Exit, tuple[str, str]] = {
    Exit.DONE: (
        "Done. Also when it had been done before: a file that was dropped already is not sent again.",
        "Go on.",
    ),
    Exit.OUR_FAULT: ("The command itself failed, or a part of it is not installed.", "Tell whoever looks after it."),
    Exit.BAD_INPUT: (
        "What it was given cannot be used: a file, a folder, a setting, a key. Nothing was sent.",
        "Put right what the message names; trying again alone will not help.",
    ),
    Exit.CHECK_BROKEN: (
        "An audit, evidence or a look at the health was made, and a check of it is broken.",
        "Read the report.",
    ),
    Exit.REFUSED: (
        "The exchange has refused the file or the request, or does not count the file.",
        "Read the report, correct the extract, seal and drop again.",
    ),
    Exit.TRY_LATER: ("No answer, too busy, or no answer yet.", "Run the same command again later; nothing is doubled."),
    Exit.NOT_ALLOWED: (
        "The pass, the account, a proxy or an untrusted certificate stands in the way.",
        "Do what the message says; trying again will not help.",
    ),
    Exit.ALREADY_DONE: (
        "There is one already, and it is not certain to be the same; nothing was changed.",
        "Look at what is there; trying again will not help.",
    ),
    Exit.PARTLY: (
        "Some of it was done; what stayed behind is listed with its reason.",
        "Put right what is listed, and run the same command again.",
    ),
    Exit.NOT_KNOWN: (
        "An audit, evidence or a look at the health was made: no check is broken, and some cannot be known from here.",
        "Fetch, or set, what the report says is missing.",
    ),
    Exit.USAGE: ("The command line is wrong.", "See `--help`."),
    Exit.INTERRUPTED: ("Somebody stopped it (Ctrl-C), or its time was over.", "Run the same command again."),
}
"""For each code what it means and what a scheduled task does about it."""

_BY_KIND: tuple[tuple[type[ExchangeError], Exit], ...] = (
    (StorageUnavailable, Exit.TRY_LATER),
    (NotAllowed, Exit.NOT_ALLOWED),
    (AlreadyExists, Exit.ALREADY_DONE),
    (Changed, Exit.TRY_LATER),
    (Missing, Exit.TRY_LATER),
    (TooLarge, Exit.BAD_INPUT),
    (UnusableName, Exit.BAD_INPUT),
    (StorageFault, Exit.REFUSED),
    (InvalidInput, Exit.BAD_INPUT),
    (RejectedDrop, Exit.BAD_INPUT),
    (InvalidAgreement, Exit.BAD_INPUT),
    (BadSignature, Exit.BAD_INPUT),
    (NewerVersion, Exit.BAD_INPUT),
)
"""The first that fits. What is raised here about a file was found on this machine: the exchange has not seen it."""

_BY_CODE = {
    "INP-022": Exit.TRY_LATER,
    "INP-024": Exit.ALREADY_DONE,
    "INP-047": Exit.ALREADY_DONE,
    "INP-107": Exit.ALREADY_DONE,
    "KEY-003": Exit.TRY_LATER,
    "TOT-001": Exit.TRY_LATER,
}


def exit_of(error: ExchangeError) -> Exit:
    """The exit code that an error amounts to."""
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    if isinstance(error, KeyUnavailable):
        return Exit.BAD_INPUT
    return next((code for kind, code in _BY_KIND if isinstance(error, kind)), Exit.OUR_FAULT)


def exit_table() -> str:
    """Every exit code as a Markdown table, for the handbook."""
    rows = [f"| {code.value} | {meaning} | {remedy} |" for code, (meaning, remedy) in MEANING.items()]
    return "\n".join(["| exit code | meaning | what to do |", "| --- | --- | --- |", *rows]) + "\n"
