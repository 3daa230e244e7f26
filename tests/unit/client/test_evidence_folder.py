"""The evidence folder: all that the page speaks of lies beside it, whole, and can be checked with one command."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from client.evidence.folder import MANIFEST, PAGE, write_folder
from client.evidence.gather import KEY, gather
from shared.agreements.registry import agreement_files, load_agreements
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.statement import sign_statement
from shared.kernel.errors import InvalidInput
from shared.kernel.ledger.events import START, Event
from tests.unit.client.evidence_sample import FIRST, report

HEX = "0123456789abcdef" * 2


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A record with two chains of the ledger, the certificates of the sample's report, a key, and a stray file."""
    folder = tmp_path / "record"
    _chain(folder, "drop:" + HEX, "southwark", "2026-10-05T10:00:00Z", {"rows": 7})
    _chain(folder, "run:" + HEX, "lambeth", "2026-10-06T10:00:00Z", {"matched.southwark": 30})
    _chain(folder, "drop:" + HEX[::-1], "lewisham", "2026-09-01T10:00:00Z", {"rows": 9})
    ring = LocalKeyRing(tmp_path / "ring")
    ring.create_key("exchange", Use.SIGN)
    (folder / "keys").mkdir()
    (folder / "keys" / "exchange.json").write_bytes(ring.export_public("exchange", Use.SIGN))
    (folder / "keys" / "notes.json").write_text("{}", encoding="utf-8")
    for one in report().destructions:
        path = folder / "certificates" / one.borough / f"{one.day[:10]}-{one.certificate}.json"
        path.parent.mkdir(parents=True)
        body = {"borough": one.borough, "counts": {"objects": one.objects, "bytes": 1234, "rows": one.rows}}
        body |= {"agreement": "fsm@1.0.0", "destroyed": [], "not_destroyed": [], "missing": []}
        body |= {"proof": {"listed_at": one.day, "containers": []}, "ledger": {"subject": "sweep:0", "head": HEX}}
        path.write_bytes(sign_statement(body, "certificate", ring, datetime(2026, 11, 20, tzinfo=UTC)))
    (folder / "certificates" / "lambeth" / "Amara Okafor.json").write_text("{}", encoding="utf-8")
    return folder


def _chain(folder: Path, subject: str, tenant: str, at: str, counts: dict[str, int]) -> None:
    previous = START
    path = folder / "ledger" / subject.replace(":", "/")
    path.mkdir(parents=True)
    for seq, step in enumerate(("received", "done"), 1):
        event = Event(seq, subject, step, at, "intake", tenant, "fsm@1.0.0", previous, counts)
        (path / f"{seq:04d}.json").write_bytes(event.to_json())
        previous = event.hash


def write(record: Path, out: Path, borough: str = "") -> dict[str, bytes]:
    """Write the folder and return its files by path."""
    facts, copies = gather(record, report(borough=borough), load_agreements(), agreement_files())
    write_folder(out, facts, copies)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_the_manifest_names_every_file_with_its_hash(record: Path, tmp_path: Path) -> None:
    files = write(record, tmp_path / "out")
    listed = {file["path"]: file for file in json.loads(files.pop(MANIFEST))["files"]}
    assert set(listed) == set(files)
    for path, data in files.items():
        assert listed[path] == {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    page = files.pop(PAGE).decode()
    assert all(path in page and listed[path]["sha256"][:32] in page for path in files)


def test_the_same_record_gives_the_same_bytes(record: Path, tmp_path: Path) -> None:
    assert write(record, tmp_path / "one") == write(record, tmp_path / "other")


def test_the_commands_of_the_page_do_what_it_says(record: Path, tmp_path: Path, exchange, monkeypatch) -> None:
    page = write(record, tmp_path / "out")[PAGE].decode()
    monkeypatch.chdir(tmp_path / "out")
    command = next(line for line in page.splitlines() if "exchange certificate verify" in line)
    said = exchange(*command.partition("exchange ")[2].partition("</code>")[0].split())
    assert said.code == 0, said.err
    assert said.out.startswith("The certificate holds.")


def test_what_the_record_holds_beside_what_we_name_is_not_copied(record: Path, tmp_path: Path) -> None:
    files = write(record, tmp_path / "out")
    assert not any("Okafor" in path or b"Okafor" in data for path, data in files.items())
    assert [path for path in files if path.startswith("keys/")] == [KEY]


def test_a_certificate_that_does_not_hold_is_told_and_not_copied(record: Path, tmp_path: Path) -> None:
    said = report()
    [forged, *others] = said.destructions
    said = replace(said, destructions=(replace(forged, holds=False), *others))
    facts, copies = gather(record, said, load_agreements(), agreement_files())
    assert not any(forged.certificate in path for path in copies)
    assert forged.certificate not in facts.bytes_destroyed
    assert facts.bytes_destroyed == {one.certificate: 1234 for one in others}


def test_nothing_that_a_forged_certificate_says_is_repeated(record: Path, tmp_path: Path) -> None:
    said = report()
    words = {"certificate": "Amara", "borough": "Okafor", "day": "21 March", "by_clause": {"Amara · Okafor": 1}}
    forged = replace(said.destructions[0], **words, holds=False)
    facts, copies = gather(record, replace(said, destructions=(forged,)), load_agreements(), agreement_files())
    write_folder(tmp_path / "out", facts, copies)
    for path in (tmp_path / "out").rglob("*.*"):
        assert not any(word in path.read_text(encoding="utf-8") for word in ("Amara", "Okafor", "21 March"))


def test_a_certificate_whose_bytes_cannot_be_read_is_no_obstacle(record: Path) -> None:
    [path] = (record / "certificates" / "lambeth").glob("2026*.json")
    path.write_text('{"payload": {"body": {"counts": {"bytes": "many"}}}}', encoding="utf-8")
    [path] = (record / "certificates" / "lewisham").glob("2026*.json")
    path.write_text("no JSON", encoding="utf-8")
    facts, _ = gather(record, report(), load_agreements(), agreement_files())
    assert len(facts.bytes_destroyed) == 2


def test_the_ends_of_chains_are_those_of_the_period_and_of_the_borough(record: Path) -> None:
    def subjects(borough: str = "") -> list[str]:
        _, copies = gather(record, report(borough=borough), load_agreements(), agreement_files())
        return [chain["subject"] for chain in json.loads(copies["ledger-heads.json"])["chains"]]

    assert subjects() == ["drop:" + HEX, "run:" + HEX], "the third grew before the period"
    assert subjects("southwark") == ["drop:" + HEX, "run:" + HEX], "the run counts pupils of its schools"
    assert subjects("lambeth") == ["run:" + HEX]
    assert subjects("wandsworth") == []


def test_without_a_public_key_the_page_says_that_certificates_cannot_be_checked(record: Path, tmp_path: Path) -> None:
    (record / "keys" / "exchange.json").unlink()
    files = write(record, tmp_path / "out")
    assert KEY not in files
    assert b"the record held no public key of the exchange" in files[PAGE]


def test_what_lies_in_the_folder_already_cannot_pass_for_evidence(record: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "audit.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InvalidInput, match="INP-036"):
        write(record, tmp_path / "out")


def test_the_period_on_the_page_is_the_reports(record: Path, tmp_path: Path) -> None:
    files = write(record, tmp_path / "out")
    assert f"--from {FIRST.isoformat()}".encode() in files[PAGE]
