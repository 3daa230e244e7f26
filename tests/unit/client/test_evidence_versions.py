"""Evidence over a change of version or party names every version and copies each, and says who left."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from client.evidence.facts import Evidence
from client.evidence.folder import PAGE, write_folder
from client.evidence.gather import gather
from client.evidence.versions import Version
from shared.agreements.registry import agreement_file, agreement_files, earlier_files, load_agreements
from shared.kernel.intake.stops import BY, number_of
from shared.kernel.ledger.events import OF_NONE, START, Event
from tests.unit.client.test_evidence_folder import report


def record_event(record: Path, subject: str, step: str, agreement: str, at: str, **facts: object) -> None:
    """The one event of a chain."""
    event = Event(1, subject, step, at, "intake", "lambeth", agreement, START, **facts)  # type: ignore[arg-type]
    path = record / "ledger" / subject.replace(":", "/") / "0001.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(event.to_json())


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A record of a month in which the version changed, and a borough was ordered to leave."""
    record = tmp_path / "record"
    (record / "certificates").mkdir(parents=True)
    record_event(record, f"drop:{'1' * 32}", "received", "fsm@0.8.0", "2026-10-02T09:00:00Z")
    record_event(record, f"drop:{'2' * 32}", "received", "fsm@0.9.0", "2026-10-08T09:00:00Z")
    record_event(record, f"drop:{'3' * 32}", "received", "fsm@1.0.0", "2026-10-09T09:00:00Z")
    record_event(
        record, f"stop:{'4' * 32}", "left", OF_NONE, "2026-10-10T09:00:00Z",
        counts={"day": number_of(date(2026, 12, 1))}, hashes={BY: "5" * 32},
    )  # fmt: skip
    return record


@pytest.fixture
def terms(tmp_path: Path) -> Path:
    """A folder of agreements in which one earlier version was kept and another was not."""
    folder = tmp_path / "agreements"
    (folder / "versions").mkdir(parents=True)
    for id, path in agreement_files().items():
        (folder / f"{id}.yaml").write_bytes(path.read_bytes())
        for beside in path.parent.glob("*.json"):
            (folder / beside.name).write_bytes(beside.read_bytes())
    (folder / "versions" / "fsm@0.9.0.yaml").write_text("version: 0.9.0\n", encoding="utf-8")
    (folder / "versions" / "notes.yaml").write_text("no version of anything\n", encoding="utf-8")
    return folder


def gathered(record: Path, terms: Path) -> tuple[Evidence, dict[str, bytes]]:
    return gather(record, report(), load_agreements(terms), agreement_files(terms), earlier_files(terms))


def test_every_version_of_the_period_is_named_and_copied(record: Path, terms: Path, tmp_path: Path) -> None:
    facts, copies = gathered(record, terms)
    assert [version for version in facts.versions if version.reference.startswith("fsm@")] == [
        Version("fsm@0.8.0", "2026-10-02", "2026-10-02", ""),
        Version("fsm@0.9.0", "2026-10-08", "2026-10-08", "agreements/fsm@0.9.0.yaml"),
        Version("fsm@1.0.0", "2026-10-09", "2026-10-09", "agreements/fsm.yaml"),
    ]
    assert copies["agreements/fsm@0.9.0.yaml"] == b"version: 0.9.0\n"
    assert copies["agreements/fsm.yaml"] == agreement_file("fsm", terms).read_bytes()
    write_folder(tmp_path / "out", facts, copies)
    page = (tmp_path / "out" / PAGE).read_text(encoding="utf-8")
    assert all(f"fsm@0.{minor}.0" in page for minor in (8, 9))
    assert page.count("No copy of it was kept") == 1


def test_who_left_is_named_with_the_day(record: Path, terms: Path, tmp_path: Path) -> None:
    facts, copies = gathered(record, terms)
    assert [(one.party, one.on) for one in facts.left] == [("lambeth", "2026-12-01")]
    write_folder(tmp_path / "out", facts, copies)
    assert "no party from 2026-12-01 on" in (tmp_path / "out" / PAGE).read_text(encoding="utf-8")


def test_the_shipped_agreements_have_one_file_for_each_version_that_is_kept() -> None:
    now = {agreed.terms.reference for agreed in load_agreements()}
    assert not now & set(earlier_files())
