"""`exchange evidence` over a term of logs, ledger and certificates: what a data protection officer gets to read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from client.cli import run
from client.evidence.folder import MANIFEST, PAGE
from client.exits import Exit
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.ring import LocalKeyRing
from tests.unit.client.page_reader import Page
from tests.unit.kernel.audit.term import CHILD, FIRST, LAST, PILOT, Term, make_term, oauth, when

PERIOD = ("--from", FIRST.isoformat(), "--to", LAST.isoformat())
Evidence = Callable[..., tuple[int, Path]]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> LocalKeyRing:
    ring = LocalKeyRing(tmp_path_factory.mktemp("keys"))
    ring.create_key("exchange", Use.SIGN)
    return ring


@pytest.fixture
def term(keys: LocalKeyRing) -> Term:
    """The clean term, with pupils of Wandsworth schools: three live in Lambeth, seven in Lewisham."""
    term = make_term(keys, of_both=False)
    for home, count in (("lambeth", 3), ("lewisham", 7)):
        subject = f"enrolment:{count:032x}"
        counts, hashes = {"enrolled.wandsworth": count}, {"wandsworth": "d" * 64}
        conserved = {"rows_in": count, "matched": count}
        term.opened(when("2026-10-14"), subject)
        term.record(when("2026-10-14"), subject, "conserved", home, "release", counts=conserved)
        term.record(when("2026-10-14"), subject, "released", home, "release", counts=counts, hashes=hashes)
        term.record(when("2026-10-14"), subject, "done", home, "release")
    return term


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    """Write a term's record and its evidence; returns the exit code and the folder."""

    def command(term: Term, *more: str, to: str = "out") -> tuple[int, Path]:
        record = term.write(tmp_path / f"record-{to}")
        out = tmp_path / to
        return run(["evidence", str(record), *PERIOD, "--out", str(out), *more]), out

    return command


def text_of(out: Path) -> str:
    page = Page((out / PAGE).read_text(encoding="utf-8"))
    assert page.faults == []
    return " ".join(page.text.split())


def test_a_clean_term_makes_a_page_that_says_so(term: Term, evidence: Evidence) -> None:
    code, out = evidence(term)
    text = text_of(out)
    assert code == Exit.NOT_KNOWN
    assert "20 of 22 promises hold, 2 are not known." in text
    assert re.search(r"Reads are logged in \d+ of 1,464 hours\.", text)
    assert "Nothing that the record can show." in text
    assert "Whether the logs are complete. Azure's logs are best effort" in text
    assert all(name in text for name in ("Lambeth officer 1", "Pass for lambeth-outbox", "Function app", "Keeper"))
    listed = json.loads((out / MANIFEST).read_text(encoding="utf-8"))["files"]
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {file["path"] for file in listed} | {MANIFEST} == found
    assert len([path for path in found if path.startswith("certificates/")]) == len(term.certificates)


def test_no_name_that_a_borough_chose_is_in_any_file(term: Term, evidence: Evidence) -> None:
    assert any(CHILD in json.dumps(line) for line in term.lines), "a borough did name a file after a child"
    term.blob(when("2026-10-22"), "GetBlob", f"lambeth-inbox/{CHILD} list.parquet", oauth("stranger"), status=403)
    term.blob(when("2026-10-23"), "GetBlob", f"lambeth-inbox/{CHILD} list.parquet", oauth("lewisham officer 1"))
    code, out = evidence(term)
    assert code == 3
    for path in (path for path in out.rglob("*") if path.is_file()):
        said = path.relative_to(out).as_posix() + path.read_text(encoding="utf-8")
        assert not any(word in said for word in CHILD.split("-")), path


def test_what_is_amiss_is_broken_on_the_page_with_the_line_that_shows_it(term: Term, evidence: Evidence) -> None:
    line = term.blob(when("2026-10-22"), "GetBlob", "lambeth-outbox/results/x", oauth("stranger"), status=403)
    code, out = evidence(term)
    text = text_of(out)
    assert code == 3
    assert re.search(r"\d+ of 22 promises hold, \d (is|are) broken", text)
    assert "logs/insights-logs-storageread/…/blobServices/default/y=2026/m=10/d=22/h=09/m=00/PT1H.json, line 1" in text
    assert f"logs/{term.file_of(line)}" in (out / "audit.json").read_text(encoding="utf-8")
    assert "Not in the register" in text


def test_the_same_record_gives_the_same_folder_byte_for_byte(term: Term, evidence: Evidence) -> None:
    folders = [evidence(term, to=name)[1] for name in ("one", "other")]
    one, other = ({path.relative_to(out): path.read_bytes() for path in out.rglob("*.*")} for out in folders)
    assert one == other


def test_three_children_are_left_out_and_cannot_be_worked_out(term: Term, evidence: Evidence) -> None:
    _, out = evidence(term)
    document = (out / PAGE).read_text(encoding="utf-8")
    [group] = re.findall(r"Wandsworth: schools</th></tr>(.*?)</tbody>", document, re.DOTALL)
    rows = dict(re.findall(r'<th scope="row">([^<]+)</th>.*?<td class="n">([^<]+)</td></tr>', group))
    assert rows["Lambeth"] == rows["Lewisham"] == "[c]", "seven goes with three, or the total would tell"
    assert rows["All homes"] == "10"


def test_a_boroughs_evidence_is_of_that_borough_alone(term: Term, evidence: Evidence) -> None:
    code, out = evidence(term, "--borough", "lambeth")
    text = text_of(out)
    assert code == Exit.NOT_KNOWN
    assert "What the exchange did for Lambeth" in text
    assert {path.name for path in (out / "certificates").iterdir()} == {"lambeth"}
    assert not any(f"{slug.title()} officer" in text for slug in PILOT if slug != "lambeth")


def test_the_answer_comes_as_json_too(term: Term, evidence: Evidence, capsys: pytest.CaptureFixture[str]) -> None:
    _, out = evidence(term, "--json")
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["hold"], said["broken"]) == (False, 20, "none")
    assert said["page"] == str(out / PAGE)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"record": "nowhere"}, "INP-001"),
        ({"record": "empty"}, "REC-001"),
        ({"--to": "2026-09-01"}, "INP-032"),
        ({"--borough": "atlantis"}, "INP-023"),
        ({"--out": "empty/.."}, "INP-036"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_code(
    change: dict[str, str], code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    said = {"record": "empty", "--from": FIRST.isoformat(), "--to": LAST.isoformat(), "--out": "out"} | change
    paths = {name: str(tmp_path / said[name]) for name in ("record", "--out")}
    words = [
        word for name, value in (said | paths).items() for word in ((value,) if name == "record" else (name, value))
    ]
    assert run(["evidence", *words]) == 2
    assert code in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
