"""The forms in which logs come: as Azure writes them, and as Log Analytics exports them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from shared.kernel.audit.audit import audit
from shared.kernel.audit.logs.moments import Dating
from shared.kernel.audit.logs.read import read_logs
from shared.kernel.audit.register import read_register, register_from, signature_hash
from shared.kernel.audit.report import AuditReport
from shared.kernel.errors import InvalidInput
from tests.unit.kernel import second
from tests.unit.kernel.audit.exports import exported
from tests.unit.kernel.audit.term import FIRST, LAST, Term


def _as_lines(rows: list[dict[str, Any]]) -> tuple[str, bytes]:
    return "export.json", b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _as_array(rows: list[dict[str, Any]]) -> tuple[str, bytes]:
    return "export.json", b"\xef\xbb\xbf" + json.dumps(rows, indent=1).encode()


def _as_portal_csv(rows: list[dict[str, Any]]) -> tuple[str, bytes]:
    out = io.StringIO()
    headings = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(out)
    writer.writerow([f"{name} [UTC]" if name == "TimeGenerated" else name for name in headings])
    for row in rows:
        writer.writerow(["" if row.get(name) is None else row[name] for name in headings])
    return "query_data.csv", b"\xef\xbb\xbf" + out.getvalue().encode()


def _replace_logs(record: Path, name: str, data: bytes) -> None:
    for path in sorted((record / "logs").rglob("*.json")):
        path.unlink()
    (record / "logs" / name).write_bytes(data)


@pytest.mark.parametrize("form", [_as_lines, _as_array, _as_portal_csv])
def test_an_export_of_log_analytics_says_the_same(
    form: Callable[[list[dict[str, Any]]], tuple[str, bytes]], term: Term, tmp_path: Path
) -> None:
    record = term.write(tmp_path, split=0)
    of_logs = audit(record, second.both(), FIRST, LAST)
    _replace_logs(record, *form([exported(line) for line in term.lines]))
    of_export = audit(record, second.both(), FIRST, LAST)
    assert of_export.access == of_logs.access
    # The one check that counts files is of other files.
    assert [check for check in of_export.checks if check.code != "AUD-018"] == [
        check for check in of_logs.checks if check.code != "AUD-018"
    ]
    assert {check.result for check in of_export.checks if check.code == "AUD-018"} == {"holds"}
    assert of_export.answer == "not known"


def test_the_portals_way_to_write_a_time_is_understood(term: Term, tmp_path: Path) -> None:
    row = exported(term.lines[0]) | {"TimeGenerated": "10/5/2026, 9:30:00.604 AM"}
    (tmp_path / "logs").mkdir()
    name, data = _as_portal_csv([row])
    (tmp_path / "logs" / name).write_bytes(data)
    [block] = read_logs(tmp_path, Dating("en-US"))
    assert block.operations.column("at")[0].as_py().isoformat() == "2026-10-05T09:30:00.604000+00:00"


def test_the_older_form_of_vault_logs_is_understood(term: Term, tmp_path: Path) -> None:
    lines = [line for line in term.lines if line["category"] == "AuditEvent"]
    oid = "http://schemas.microsoft.com/identity/claims/objectidentifier"
    for line in lines:
        line["identity"]["claim"] = {oid: line["identity"]["claim"]["oid"]}
    record = term.write(tmp_path, split=0)
    path = record / "logs" / "insights-logs-auditevent" / "PT1H.json"
    path.write_bytes(json.dumps({"records": lines}).encode())
    assert audit(record, second.both(), FIRST, LAST).answer != "broken"


def test_lines_are_numbered_within_their_file_whatever_the_blocks(
    term: Term, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = term.write(tmp_path, split=1)
    monkeypatch.setattr("shared.kernel.audit.logs.text.BLOCK_BYTES", 5000)
    monkeypatch.setattr("shared.kernel.audit.logs.stored.PIECE_BYTES", 700)
    numbers = [n for block in read_logs(record) for n in block.operations.column("line").to_pylist()]
    assert numbers == list(range(1, len(term.lines) + 1))


def test_operations_of_other_days_and_other_accounts_are_counted_and_left_out(term: Term, tmp_path: Path) -> None:
    lines = len(term.lines)
    other = json.loads(json.dumps(term.lines[0]))
    other["properties"]["accountName"] = "sthost"
    term.lines.append(other)
    report = audit(term.write(tmp_path, split=0), second.both(), date(2026, 10, 6), LAST)
    assert report.inputs.other_accounts == 1
    assert report.inputs.outside + report.operations == lines
    assert report.inputs.outside > 0


@pytest.mark.parametrize(
    ("missing", "code"), [("logs", "REC-001"), ("ledger", "REC-002"), ("register.yaml", "REC-003")]
)
def test_a_record_without_what_is_needed_is_refused(missing: str, code: str, term: Term, tmp_path: Path) -> None:
    record = term.write(tmp_path / "record", split=0)
    (record / missing).rename(tmp_path / "elsewhere")
    with pytest.raises(InvalidInput, match=code):
        audit(record, second.both(), FIRST, LAST)


def test_without_a_key_certificates_are_not_known_and_not_broken(term: Term, tmp_path: Path) -> None:
    record = term.write(tmp_path, split=0)
    (record / "keys" / "exchange.json").unlink()
    report = audit(record, second.both(), FIRST, LAST)
    assert {check.code for check in report.checks if check.result == "not known"} == {
        "AUD-010",
        "AUD-014",
        "AUD-020",
    }
    assert {destruction.holds for destruction in report.destructions} == {None}


def test_a_register_that_is_wrong_names_the_key_and_not_what_stands_there(term: Term, tmp_path: Path) -> None:
    term.register["boroughs"]["lambeth"]["officers"] = ["Amara Okafor"]
    path = tmp_path / "register.yaml"
    path.write_text(yaml.safe_dump(term.register))
    with pytest.raises(InvalidInput, match=r"boroughs\.lambeth\.officers") as refused:
        read_register(path)
    assert "Okafor" not in str(refused.value)


def test_a_group_is_in_the_register_by_its_members() -> None:
    app, ann, ben, olga, kim = (str(UUID(int=number)) for number in range(1, 6))
    group = {"id": str(UUID(int=9)), "type": "group", "members": [ann, ben, olga]}
    principals = {"boroughs": {}, "operators": [olga, group], "keepers": [{"id": kim}]}

    document = register_from(principals, app=app, accounts=["stexchange"], vaults=["kv-exchange"])

    assert document["operators"] == [olga, ann, ben]
    assert document["keepers"] == [kim]


def test_a_group_that_names_nobody_makes_no_register() -> None:
    principals = {"boroughs": {}, "operators": [{"id": str(UUID(int=9)), "type": "group"}]}

    with pytest.raises(ValueError, match="a group without members"):
        register_from(principals, app=str(UUID(int=1)), accounts=["stexchange"], vaults=["kv-exchange"])


def test_the_shipped_principals_make_a_register() -> None:
    principals = yaml.safe_load(Path("infra/bicep/principals.yaml").read_text(encoding="utf-8"))
    app = "0a1b2c3d-0000-4000-8000-000000000001"
    document = register_from(principals, app=app, accounts=["stexchange"], vaults=["kv-exchange"])
    assert document["boroughs"]["lambeth"] == {"officers": []}


def test_a_pass_is_known_by_the_digest_of_its_signature() -> None:
    assert signature_hash("a%2Bb%3D") == signature_hash("a+b=")


def test_the_same_record_gives_the_same_report(term: Term, audited: Callable[..., AuditReport]) -> None:
    assert audited(term) == audited(term)


def test_nothing_is_called_late_that_falls_due_after_the_last_line_of_the_logs(term: Term, tmp_path: Path) -> None:
    term.lines = [line for line in term.lines if line["time"] < "2026-10-30"]
    report = audit(term.write(tmp_path, split=0), second.both(), FIRST, date(2027, 12, 31))
    [check] = [check for check in report.checks if check.code == "AUD-006"]
    assert check.result == "holds"
