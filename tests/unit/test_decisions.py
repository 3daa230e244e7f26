"""The index of decisions is made from the records, and a record that does not say what it must is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.decisions import FOLDER, decisions, index_page

RECORD = "# 1. We build a house\n\n*Accepted 2026-11-21.*\n\n**Decision.** Yes.\n"


def write(folder: Path, **records: str) -> Path:
    for name, text in records.items():
        (folder / f"{name[1:].replace('_', '-')}.md").write_text(text, encoding="utf-8")
    return folder


def test_every_record_is_in_the_index_once_under_its_own_title() -> None:
    page = index_page()
    files = sorted(path.name for path in FOLDER.glob("[0-9]*.md"))
    assert len(files) > 45
    listed = re.findall(r"^\| (\d+) \| \[(.+)\]\(([^)]+)\) \| (\d{4}-\d\d-\d\d) \|", page, re.MULTILINE)
    assert [file for *_, file, _ in listed] == files
    for number, title, file, accepted in listed:
        first, _, status, *_ = (FOLDER / file).read_text(encoding="utf-8").splitlines()
        assert first == f"# {number}. {title}"
        assert accepted in status


def test_what_was_superseded_says_by_what_and_what_supersedes_says_what() -> None:
    superseded = {one.number: one.superseded_by for one in decisions() if one.superseded_by}
    assert superseded == {1: 46, 13: 83, 23: 53, 26: 53, 27: 53}
    by_number = {line.split(" | ")[0].strip("| "): line for line in index_page().splitlines()}
    assert by_number["23"].endswith("| superseded by [53](0053-linkage-works-on-numbers.md) |")
    assert "supersedes [23]" in by_number["53"]
    assert "[26]" in by_number["53"]
    assert "[27]" in by_number["53"]
    assert by_number["46"].endswith("| supersedes [1](0001-the-house.md) |")


def test_nothing_but_the_index_sends_a_reader_to_a_superseded_record() -> None:
    old = [one.file for one in decisions() if one.superseded_by]
    pages = [path for path in FOLDER.parent.rglob("*.md") if path.name != "README.md" or path.parent != FOLDER]
    assert not [(path.name, file) for path in pages for file in old if file in path.read_text(encoding="utf-8")]


def test_a_record_is_one_screen() -> None:
    long = {one.file for one in decisions() if len((FOLDER / one.file).read_text(encoding="utf-8").splitlines()) > 60}
    assert not long


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ({"_0001_a": RECORD.replace("*Accepted 2026-11-21.*", "**Decision.**")}, "0001-a.md: the third line"),
        ({"_0001_a": RECORD.replace("2026-11-21", "November")}, "0001-a.md: the third line"),
        ({"_0002_a": RECORD}, "0002-a.md: the first line"),
        ({"_0001_a": "no title"}, "0001-a.md: the first line"),
        ({"_0001_a": ""}, "0001-a.md: the first line"),
        ({"_0001_a": RECORD, "_0001_b": RECORD}, "two records have one number"),
        (
            {"_0001_a": RECORD.replace(".*", ", superseded by [2](0002-b.md).*", 1)},
            "superseded by a record",
        ),
        (
            {
                "_0001_a": RECORD.replace(".*", ", superseded by [3](0002-b.md).*", 1),
                "_0002_b": RECORD.replace("# 1.", "# 2."),
            },
            "superseded by a record",
        ),
    ],
)
def test_a_record_that_does_not_say_what_it_must_is_named(tmp_path: Path, record: dict[str, str], fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        decisions(write(tmp_path, **record))


def test_a_good_record_is_read(tmp_path: Path) -> None:
    [one] = decisions(write(tmp_path, _0001_a=RECORD))
    assert (one.number, one.title, one.accepted.isoformat(), one.superseded_by) == (
        1,
        "We build a house",
        "2026-11-21",
        None,
    )
