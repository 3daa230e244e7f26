"""The index of decisions: every record's number, title, date, and what has taken its place, read from the records."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

FOLDER = Path(__file__).with_name("adr")
_FILE = re.compile(r"(\d{4})-[a-z0-9-]+\.md")
_TITLE = re.compile(r"# (\d+)\. (.+)")
_STATUS = re.compile(r"\*Accepted (\d{4}-\d\d-\d\d)(?:, superseded by \[(\d+)\]\((\d{4}-[a-z0-9-]+\.md)\))?\.\*")
_HEAD = """# Decisions

One record for each decision that somebody will ask about again: what was decided, why, at what price, what was not
chosen, and what holds it. Each is one screen. A record that no longer stands says which one has taken its place.
How to add one: [CONTRIBUTING](../../CONTRIBUTING.md#decisions).

This index is made from the records (`make docs`).

| no. | decision | accepted | |
| ---: | --- | --- | --- |
"""


@dataclass(frozen=True)
class Decision:
    """One record."""

    number: int
    title: str
    accepted: date
    file: str
    superseded_by: int | None = None


def decisions(folder: Path = FOLDER) -> tuple[Decision, ...]:
    """Every record, by number. Raises `ValueError` that names the file whose name, first or third line is wrong."""
    found = tuple(_read(path) for path in sorted(folder.glob("*.md")) if path.name != "README.md")
    by_number = {one.number: one for one in found}
    if len(by_number) != len(found):
        raise ValueError("two records have one number")
    for one in found:
        if one.superseded_by is not None and one.superseded_by not in by_number:
            raise ValueError(f"{one.file}: there is no record {one.superseded_by}")
    return found


def _read(path: Path) -> Decision:
    name, lines = _FILE.fullmatch(path.name), path.read_text(encoding="utf-8").splitlines()
    title = _TITLE.fullmatch(lines[0]) if lines else None
    if not name or not title or int(name[1]) != int(title[1]):
        raise ValueError(
            f"{path.name}: the first line must be '# <number>. <title>', with the number of the file's name"
        )
    status = _STATUS.fullmatch(lines[2]) if len(lines) > 2 else None
    if not status:
        raise ValueError(f"{path.name}: the third line must be '*Accepted <year-month-day>.*'")
    if status[3] and (int(status[2]) != int(status[3][:4]) or not path.with_name(status[3]).is_file()):
        raise ValueError(f"{path.name}: says that it is superseded by a record that is not there")
    by = int(status[2]) if status[2] else None
    return Decision(int(name[1]), title[2], date.fromisoformat(status[1]), path.name, by)


def index_page() -> str:
    """`docs/adr/README.md`."""
    every = decisions()
    links = {one.number: f"[{one.number}]({one.file})" for one in every}
    lines = []
    for one in every:
        earlier = [links[other.number] for other in every if other.superseded_by == one.number]
        notes = [f"superseded by {links[one.superseded_by]}"] if one.superseded_by else []
        notes += [f"supersedes {', '.join(earlier)}"] if earlier else []
        lines.append(f"| {one.number} | [{one.title}]({one.file}) | {one.accepted} | {'; '.join(notes)} |")
    return _HEAD + "\n".join(lines) + "\n"
