"""The risks of the data protection impact assessment. Proposals: a data protection officer agrees them or does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Likelihood = Literal["remote", "possible", "probable"]
Severity = Literal["minimal", "significant", "severe"]


@dataclass(frozen=True)
class Risk:
    """What may happen to people, how bad and how likely it is before and after what stands against it."""

    id: str
    harm: str
    threats: tuple[str, ...]
    before: tuple[Likelihood, Severity]
    after: tuple[Likelihood, Severity]
    because: str
    """What the proposal for `after` rests on."""


def overall(likelihood: Likelihood, severity: Severity) -> str:
    """The ICO's table: what is serious is high unless it is remote, what is minimal is low whatever its odds."""
    if severity == "minimal" or likelihood == "remote":
        return "low"
    return "high" if severity == "severe" or likelihood == "probable" else "medium"


def _threats(numbers: str) -> tuple[str, ...]:
    return tuple(f"T{number}" for number in numbers.split())


RISKS = (
    Risk(
        "R1",
        "A family is shown another family's business, or the wrong child is registered, because of a wrong match.",
        _threats("64 65 66 72 86"),
        ("probable", "significant"),
        ("remote", "significant"),
        "Guards stop what is doubtful, and an officer looks at every match.",
    ),
    Risk(
        "R2",
        "Somebody who must not be found is found: a refuge, an adoption, a child in care.",
        _threats("67 68"),
        ("possible", "severe"),
        ("remote", "severe"),
        "It hangs on the home borough's flag: where nobody has set it, nobody is protected by it.",
    ),
    Risk(
        "R3",
        "Another borough, or a stranger, reads children's and benefit data.",
        _threats("01 02 03 04 05 06 07 08 09 10 11 13 14 18 19 36 40"),
        ("possible", "severe"),
        ("remote", "severe"),
        "Every attempt of the matrix is refused, on the emulator; roles in Azure are templates that tests check.",
    ),
    Risk(
        "R4",
        "Somebody who runs the exchange, keeps its keys or owns its subscription reads or lets others read.",
        _threats("30 31 32 33 34 35 37 38 39"),
        ("possible", "severe"),
        ("possible", "severe"),
        "Rights are split, every use is logged. An owner can still give rights, and one person register a key.",
    ),
    Risk(
        "R5",
        "The exchange is used for more than it is for: fishing, more columns, another purpose.",
        _threats("12 27 28 76 79"),
        ("possible", "significant"),
        ("possible", "significant"),
        "What is not agreed is refused. What is agreed can be misused by a borough that invents rows.",
    ),
    Risk(
        "R6",
        "Data outlive the days that people were told.",
        _threats("54 55 56 57 58 59 60 61 62"),
        ("probable", "significant"),
        ("remote", "significant"),
        "A year of nights is simulated. Copies at the boroughs are theirs to destroy.",
    ),
    Risk(
        "R7",
        "Somebody is recognised from what is meant to name nobody: logs, reports, counts, certificates.",
        _threats("48 49 50 51 73 84"),
        ("possible", "significant"),
        ("remote", "significant"),
        "Whole terms are searched for every value that went in. File names are the sender's.",
    ),
    Risk(
        "R8",
        "A child who is entitled is not found, or found less often because of the family's name or circumstances.",
        _threats("46 70 71"),
        ("probable", "significant"),
        ("possible", "significant"),
        "No row is lost unnoticed. Who is missed, and whether fairly, is measured on made-up children only.",
    ),
    Risk(
        "R9",
        "Nobody can prove what happened, because files or the record were altered.",
        _threats("15 16 17 20 29 41 42 43 44 45 47 52 53"),
        ("possible", "significant"),
        ("remote", "significant"),
        "Signed, chained and logged twice; boroughs hold receipts and certificates of their own.",
    ),
    Risk(
        "R10",
        "The exchange fails or is taken over: a hostile file, a poisoned library, a deployment by somebody else.",
        _threats("21 22 23 24 25 26 63 77 78 80 81 82 83 85"),
        ("possible", "severe"),
        ("remote", "severe"),
        "Files are refused before they are parsed. Who may deploy is set by hand.",
    ),
    Risk(
        "R11",
        "Families do not know, cannot object, or are asked again after they have said no.",
        _threats("69 74 75"),
        ("probable", "significant"),
        ("probable", "significant"),
        "Nothing in the exchange can see to that: notices, letters and the memory of a no are the boroughs'.",
    ),
)
