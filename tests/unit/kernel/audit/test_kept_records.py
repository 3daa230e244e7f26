"""What was written by commit e6f3284, before anything said its format, is read for ever (`tests/records/`).

The record is a demo's of two boroughs; what is held is of a small exchange in memory: receipts of a drop that was taken
in and of one that was refused, the word which result is current, their ledger and the key.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from datetime import date
from pathlib import Path

import pytest

from client.cli import run
from client.exits import Exit
from shared.agreements.registry import load_agreements
from shared.kernel.audit.audit import audit
from shared.kernel.audit.held import read_held
from shared.kernel.envelope.keys import lookup, read_public
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.ledger.chain import verify_chain
from shared.kernel.ledger.events import Event

KEPT = Path(__file__).resolve().parents[3] / "records" / "e6f3284.zip"
DAYS = (date(2026, 11, 21), date(2026, 12, 18))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("e6f3284")
    with zipfile.ZipFile(KEPT) as packed:
        packed.extractall(folder)
    return folder


def test_every_event_is_read_and_every_chain_holds(kept: Path) -> None:
    events = 0
    for chain in {path.parent for folder in ("record", "held") for path in (kept / folder / "ledger").rglob("*.json")}:
        read = [Event.from_json(path.read_bytes()) for path in sorted(chain.glob("*.json"))]
        assert {event.format for event in read} == {1}
        assert [event.to_json() for event in read] == [path.read_bytes() for path in sorted(chain.glob("*.json"))]
        verify_chain(read)
        events += len(read)
    assert events > 100


def test_every_receipt_and_word_on_what_is_current_verifies_and_is_found_in_its_ledger(kept: Path) -> None:
    held = read_held(kept / "held")
    assert sorted(statement.kind for statement in held.statements) == ["current", "receipt", "receipt", "receipt"]
    keys = lookup(read_public((kept / "held/keys/exchange-sign.json").read_bytes()))
    for statement in held.statements:
        assert verify_statement(statement.document, keys)["version"] == 1
        for vouched in statement.vouches():
            kind, id = vouched.subject.split(":")
            chain = [
                json.loads(path.read_bytes())["hash"] for path in (kept / "held/ledger" / kind / id).glob("*.json")
            ]
            assert vouched.head in chain


def test_the_record_is_audited_as_it_was(kept: Path) -> None:
    report = audit(kept / "record", load_agreements(), *DAYS)
    assert {check.code: check.result for check in report.checks if check.result != "holds"} == {
        "AUD-010": "not known",  # nobody probed the app's health
        "AUD-014": "not known",  # nobody vouches for its key
        "AUD-020": "not known",  # nobody says what parties hold
    }
    assert (report.operations, report.unexplained) == (1795, 0)


def test_its_certificates_hold_with_the_key_that_parties_have(kept: Path, tmp_path: Path) -> None:
    shutil.copy(kept / "record/keys/exchange-sign.json", tmp_path / "exchange-public.json")
    for path in (kept / "record/certificates").rglob("*.json"):
        shutil.copy(path, tmp_path / path.name)
        asked = ["certificate", "verify", str(path), "--public", str(tmp_path / "exchange-public.json")]
        assert run(asked) == 0
    report = audit(kept / "record", load_agreements(), *DAYS, held=tmp_path)
    assert {check.code for check in report.checks if check.result != "holds"} == {"AUD-010"}
    assert {one.holds for one in report.destructions} == {True}


def test_its_evidence_is_whole_and_nobody_signed_it(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    public = kept / "record/keys/exchange-sign.json"
    code = run(["evidence", "verify", str(kept / "evidence"), "--public", str(public), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert code == Exit.NOT_KNOWN
    assert (said["broken"], len(said["not known"])) == ([], 1)
    assert said["not known"][0].startswith("Nobody signed")
