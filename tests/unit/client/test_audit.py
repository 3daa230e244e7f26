"""`exchange audit` and `exchange register`: what they print, and the exit codes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import yaml

from client import cli
from client.exits import Exit
from shared.kernel.audit.register import read_register
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from tests.security.lies import held_by_parties, keep_heads
from tests.unit.kernel.audit.exports import exported
from tests.unit.kernel.audit.misdeeds import MISDEEDS
from tests.unit.kernel.audit.term import CHILD, Term, make_term, when

PERIOD = ["--from", "2026-10-01", "--to", "2026-11-30"]


@pytest.fixture(scope="module")
def whole_term(tmp_path_factory: pytest.TempPathFactory) -> Term:
    keys = LocalKeyRing(tmp_path_factory.mktemp("keys"))
    keys.create_key(EXCHANGE, Use.SIGN)
    return make_term(keys, of_both=False)


def test_an_audit_in_which_all_holds_ends_with_0(whole_term, tmp_path, capsys):
    term = replace(whole_term, lines=list(whole_term.lines), events=dict(whole_term.events), heads={})
    keep_heads(term)
    for hour in range(24 * 61):
        at = when("2026-10-01", 0) + timedelta(hours=hour)
        term.blob(at, "GetContainerProperties", "ledger", mark="health:probe")
    record, held = term.write(tmp_path / "record", split=0), held_by_parties(term, tmp_path / "held")
    assert cli.run(["audit", str(record), *PERIOD]) == Exit.NOT_KNOWN, "nobody said what parties hold"
    assert cli.run(["audit", str(record), *PERIOD, "--receipts", str(held)]) == 0
    text = capsys.readouterr().out
    assert "AUD-018" in text
    assert "best effort" in text


def test_an_audit_in_which_something_is_not_known_ends_with_4_and_says_what(whole_term, tmp_path, capsys):
    assert cli.run(["audit", str(whole_term.write(tmp_path, split=0)), *PERIOD]) == Exit.NOT_KNOWN
    text = capsys.readouterr().out
    assert "AUD-010 is not known: Reads are logged in 45 of 1,464 hours, writes in 38." in text
    assert "reads 45, writes 38" in text


def test_times_of_exports_are_read_as_it_is_stated(whole_term, tmp_path, capsys):
    record = whole_term.write(tmp_path, split=0)
    row = exported(whole_term.lines[0]) | {"TimeGenerated": "05/10/2026, 10:30:00", "Etag": ""}
    headings, cells = ('","'.join(str(cell) for cell in part) for part in (row, row.values()))
    text = f'"{headings}"\n"{cells}"\n'.replace("TimeGenerated", "TimeGenerated [Local Time]")
    (record / "logs" / "query_data.csv").write_text(text, encoding="utf-8")
    assert cli.run(["audit", str(record), *PERIOD]) == 3
    assert "state it with --log-locale" in capsys.readouterr().out
    assert cli.run(["audit", str(record), *PERIOD, "--log-locale", "en-GB"]) == 3
    assert "state it with --log-zone" in capsys.readouterr().out
    stated = ["--log-locale", "en-GB", "--log-zone", "Europe/London"]
    assert cli.run(["audit", str(record), *PERIOD, *stated, "--json"]) == 3
    said = json.loads(capsys.readouterr().out)
    assert (said["inputs"]["locale"], said["inputs"]["zone"], said["inputs"]["unreadable"]) == (*stated[1::2], 0)
    assert cli.run(["audit", str(record), *PERIOD, "--log-zone", "Europe/Camelot"]) == 2
    assert "REC-004" in capsys.readouterr().err


def test_a_broken_check_ends_with_3_and_says_where_to_look(whole_term, tmp_path, capsys):
    record = whole_term.write(tmp_path, split=0)
    term = Term(whole_term.keys)
    next(m for m in MISDEEDS if m.name == "an anonymous read").do(term)
    path = record / "logs" / "insights-logs-storageread" / "PT1H.json"
    lines = path.read_bytes().count(b"\n")
    with path.open("ab") as file:
        file.write(json.dumps(term.lines[0]).encode() + b"\n")
    assert cli.run(["audit", str(record), *PERIOD]) == 3
    text = capsys.readouterr().out
    assert f"logs/insights-logs-storageread/PT1H.json:{lines + 1}" in text
    assert CHILD not in text


def test_an_audit_answers_in_json_for_one_borough(whole_term, tmp_path, capsys):
    record = str(whole_term.write(tmp_path, split=0))
    assert cli.run(["audit", record, *PERIOD, "--borough", "lambeth", "--json"]) == Exit.NOT_KNOWN
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["answer"], said["borough"]) == (False, "not known", "lambeth")
    assert len(said["checks"]) == 22


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (["--to", "2026-09-30"], "INP-032"),
        (["--borough", "atlantis"], "INP-023"),
    ],
)
def test_what_cannot_be_audited_ends_with_2(changed, code, whole_term, tmp_path, capsys):
    record = str(whole_term.write(tmp_path, split=0))
    assert cli.run(["audit", record, *PERIOD, *changed]) == 2
    assert code in capsys.readouterr().err


def test_a_register_is_made_from_the_file_of_principals(tmp_path, capsys):
    out = tmp_path / "register.yaml"
    app = "0a1b2c3d-0000-4000-8000-000000000001"
    args = ["--app", app, "--account", "stexchange", "--vault", "kv-exchange", "--out", str(out)]
    assert cli.run(["register", "infra/bicep/principals.yaml", *args]) == 0
    assert yaml.safe_load(out.read_text())["app"] == app
    assert "records" not in yaml.safe_load(out.read_text())
    ends, topic = (app.replace("0a1b", other) for other in ("4e5f", "7a8b"))
    assert cli.run(["register", "infra/bicep/principals.yaml", *args, "--records", ends, "--events", topic]) == 0
    roles = {named.id: named.role for named in read_register(out).principals()}
    assert roles == {app: "app", ends: "records", topic: "platform"}
    assert cli.run(["register", "infra/bicep/principals.yaml", *args, "--records", app]) == 2
    assert cli.run(["register", "shared/kernel/parties/authorities.yaml", *args]) == 2
    assert "REC-003" in capsys.readouterr().err
