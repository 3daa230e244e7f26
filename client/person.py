"""Whom a command is about, and how names, numbers and days of two systems are compared.

It is read from a file or from answers at the terminal, never from the command line: that is kept in the shell's history
and shown in lists of processes. Nothing of it goes into a message, a log or the name of a file.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path

from client.codes import invalid
from client.disk import check_file, disk
from shared.kernel.contract.identifiers import nino_ok, uln_ok, upn_ok

KEYS = ("upn", "uln", "nino", "claim", "forename", "surname", "born")
"""What may be said of somebody. `claim` is the claim's reference in the borough's own system, `born` a day."""
QUESTIONS = {
    "upn": "UPN",
    "uln": "ULN",
    "nino": "National Insurance number",
    "claim": "Reference of the claim",
    "forename": "Forename",
    "surname": "Surname",
    "born": "Date of birth (YYYY-MM-DD)",
}
_NUMBERS = {"upn": upn_ok, "uln": uln_ok, "nino": nino_ok}
_LARGEST = 10_000


@dataclass(frozen=True, repr=False)
class Person:
    """Somebody, by whatever is known of them. There is no repr: a traceback must not show it."""

    upn: str = ""
    uln: str = ""
    nino: str = ""
    claim: str = ""
    """As it was written."""
    forename: tuple[str, ...] = ()
    surname: tuple[str, ...] = ()
    """As they were written: of each all that the person was ever called."""
    born: date | None = None

    @cached_property
    def forenames(self) -> tuple[str, ...]:
        """Each once, as `plain` makes it."""
        return tuple(dict.fromkeys(map(plain, self.forename)))

    @cached_property
    def surnames(self) -> tuple[str, ...]:
        """Each once, as `plain` makes it."""
        return tuple(dict.fromkeys(map(plain, self.surname)))

    @property
    def by(self) -> tuple[str, ...]:
        """What of them is known, in words, without the values."""
        words = {"upn": "UPN", "uln": "ULN", "nino": "National Insurance number", "claim": "claim reference"}
        named = [word for key, word in words.items() if getattr(self, key)]
        return (*named, *(("name with birthday",) if self.born else ()))

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is known, as it would stand in the name of a file."""
        texts = (self.upn, self.uln, self.nino, self.claim, *self.surnames, *self.forenames)
        return tuple(text for text in texts if len(text) > 2)


def read_person(path: Path) -> Person:
    """Read it from a file of lines such as ``upn = "…"``, in TOML.

    Raises `InvalidInput` INP-001, INP-083 (no such file), SUB-001 (it is not such lines, or has another key), SUB-002
    (it says too little), SUB-003 (a number or a day is none).
    """
    check_file(path)
    with disk(path):
        data = path.read_bytes()
    try:
        if len(data) > _LARGEST:
            raise ValueError
        lines = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, tomllib.TOMLDecodeError):
        raise invalid("SUB-001", path=path, known=", ".join(KEYS)) from None
    if set(lines) - set(KEYS):
        raise invalid("SUB-001", path=path, known=", ".join(KEYS))
    return understand({key: value if isinstance(value, list) else [value] for key, value in lines.items()})


def understand(answers: Mapping[str, Sequence[object]]) -> Person:
    """Somebody, by answers to `QUESTIONS`. A name may have several values: former and other spellings.

    Raises `InvalidInput` SUB-002, SUB-003: a number with a slip in it would find nothing, and that would be no answer.
    """
    texts = {key: [str(value).strip() for value in values if str(value).strip()] for key, values in answers.items()}
    if wrong := [key for key in (*_NUMBERS, "claim", "born") if len(texts.get(key, ())) > 1]:
        raise invalid("SUB-003", what=QUESTIONS[wrong[0]])
    numbers = {key: compact(texts[key][0]) for key in _NUMBERS if texts.get(key)}
    for key, number in numbers.items():
        if not _NUMBERS[key](number):
            raise invalid("SUB-003", what=QUESTIONS[key])
    born = _day(texts["born"][0]) if texts.get("born") else None
    forename, surname = (tuple(texts.get(key, ())) for key in ("forename", "surname"))
    claim = "".join(texts.get("claim", ()))
    parts = [bool(forename), bool(surname), born is not None]
    if any(parts) != all(parts) or not (numbers or claim or all(parts)):
        raise invalid("SUB-002")
    return Person(**numbers, claim=claim, forename=forename, surname=surname, born=born)


@cache
def plain(name: str) -> str:
    """A name as two systems would agree on it: without case, accents, spaces and signs. `-`, which stands for no
    forename, stays."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(letter for letter in letters if letter.isalnum())
    return kept or name.strip().lstrip("'")


@cache
def compact(text: str) -> str:
    """A number or reference without case and spaces, and without the apostrophe that keeps it from being a formula."""
    return re.sub(r"\s+", "", text).lstrip("'").upper()


def day_of(cell: object) -> date | None:
    """The day that a cell holds: a date, or text as `YYYY-MM-DD` or day first. `None` where it is none."""
    if isinstance(cell, date):
        return date(cell.year, cell.month, cell.day)
    text = str(cell or "").strip()[:10]
    for pattern, order in ((r"(\d{4})-(\d\d)-(\d\d)", (1, 2, 3)), (r"(\d\d?)[/.-](\d\d?)[/.-](\d{4})", (3, 2, 1))):
        if found := re.match(pattern, text):
            try:
                return date(*(int(found[place]) for place in order))
            except ValueError:
                return None
    return None


def _day(text: str) -> date:
    found = day_of(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    if found is None:
        raise invalid("SUB-003", what=QUESTIONS["born"])
    return found
