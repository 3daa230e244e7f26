"""Whatever form a line has and whatever its file is called: the audit finds it, or says that it did not read it."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kernel.audit.audit import audit
from shared.kernel.audit.logs.files import log_files
from shared.kernel.audit.logs.read import read_logs
from shared.kernel.audit.logs.unread import Why
from shared.kernel.envelope.ring import LocalKeyRing
from tests.shared_files import shared
from tests.unit.kernel import second
from tests.unit.kernel.audit.log_forms import NAMED, NAMES, READ
from tests.unit.kernel.audit.misdeeds import AT, RESULT
from tests.unit.kernel.audit.term import CHILD, FIRST, LAST, Term, oauth

BY_KEY = {"type": "AccountKey", "tokenHash": f"key1({'B' * 64})"}


def lines_of(keys: LocalKeyRing) -> list[dict[str, Any]]:
    """A borough's reads, a stranger's, and one with the account's key."""
    term = Term(keys)
    for who in ("lambeth", "lambeth officer 1", "stranger"):
        term.blob(AT, "GetBlob", RESULT, oauth(who))
    term.blob(AT, "GetBlob", f"lambeth-outbox/{CHILD}.parquet", BY_KEY)
    return term.lines


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return lines_of(LocalKeyRing(tmp_path_factory.mktemp("keys")))


def read(folder: Path, name: str, data: bytes) -> tuple[pa.Table, Counter[Why]]:
    """What is read of one file, and what is not."""
    path = folder / "logs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    blocks = list(read_logs(folder))
    unread: Counter[Why] = Counter()
    for block in blocks:
        unread.update({why: tally.count for why, tally in block.unread.by_reason.items()})
    return pa.concat_tables([block.operations for block in blocks]), unread


@pytest.mark.parametrize("form", READ)
def test_every_form_says_the_same(form: str, lines: list[dict[str, Any]], tmp_path: Path) -> None:
    expected, _ = read(tmp_path / "plain", "a.json", READ["a line each"](lines))
    found, unread = read(tmp_path / "form", "a.json", READ[form](lines))
    assert unread == {}
    assert found.drop_columns(["line", "service"]).equals(expected.drop_columns(["line", "service"]))


@pytest.mark.parametrize("form", NAMED)
def test_what_is_not_read_is_named(form: str, lines: list[dict[str, Any]], tmp_path: Path) -> None:
    made, why = NAMED[form]
    found, unread = read(tmp_path, "a.json", made(lines))
    assert Why[why] in unread
    assert found.num_rows + unread.total() >= 1


@settings(max_examples=60, deadline=None)
@given(
    form=st.sampled_from([*READ, *NAMED]),
    name=st.sampled_from(NAMES),
    which=st.integers(0, 3),
)
def test_one_line_under_any_name_in_any_form_is_found_or_its_file_is_named(
    form: str, name: str, which: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("record")
    line = lines_of(LocalKeyRing(folder / "keys"))[which]
    made = READ[form] if form in READ else NAMED[form][0]
    found, unread = read(folder, name, made([line]))
    said = line["identity"].get("requester", {}).get("objectId", ""), line["identity"]["type"]
    seen = set(zip(*(found.column(column).to_pylist() for column in ("principal", "authentication")), strict=True))
    assert said in seen if form in READ else unread
    assert not unread if form in READ else True


PUT_BETWEEN = (
    *(b"{", b"}", b"[", b"]", b'"', b",", b"\n", b"\r", b"\\", b"[]", b"sep=;\n"),
    *(b'{"records":[]}', b'"records":[],', b'"value":[],', b'{"tables":[', b'"rows":[],', b'"columns":[],"rows":[],'),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b"),
)
SCRAPS = st.binary(max_size=4) | st.sampled_from(PUT_BETWEEN)


@settings(max_examples=150, deadline=None)
@given(form=st.sampled_from([*READ]), put=st.lists(st.tuples(st.integers(0, 1500), SCRAPS), min_size=1, max_size=3))
def test_whatever_is_put_between_a_line_is_found_or_its_file_is_named(
    form: str, put: list[tuple[int, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("record")
    data = READ[form](lines_of(LocalKeyRing(folder / "keys"))[-1:])
    for place, scrap in put:
        data = data[: place % (len(data) + 1)] + scrap + data[place % (len(data) + 1) :]
    found, unread = read(folder, "a", data)
    assert found.num_rows or unread


@pytest.mark.parametrize("name", NAMES)
def test_an_audit_of_a_clean_record_finds_one_read_by_key_under_any_name(
    name: str, lines: list[dict[str, Any]], term: Term, tmp_path: Path
) -> None:
    record = term.write(tmp_path, split=0)
    path = record / "logs" / "more" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(json.dumps(lines[-1:]).encode()))
    report = audit(record, second.both(), FIRST, LAST)
    broken = {check.code: check for check in report.checks if check.result == "broken"}
    assert set(broken) == {"AUD-002"}
    [found] = broken["AUD-002"].exceptions
    assert (found.place.file, found.place.line) == (f"logs/more/{name}", 1)


@pytest.mark.parametrize("form", ["a zip", "gzip, cut off", "a table in local time", "without a zone"])
def test_an_audit_names_the_file_that_it_did_not_read_and_no_value(
    form: str, lines: list[dict[str, Any]], term: Term, tmp_path: Path
) -> None:
    record = term.write(tmp_path, split=0)
    (record / "logs" / "copy").write_bytes(NAMED[form][0](lines[-1:]))
    report = audit(record, second.both(), FIRST, LAST)
    [check] = [check for check in report.checks if check.code == "AUD-018"]
    assert check.result == "broken"
    assert {found.place.file for found in check.exceptions} == {"logs/copy"}
    assert CHILD not in json.dumps(report.document())


def test_nothing_else_under_logs_is_passed_over(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    (logs / "folder.json").mkdir(parents=True)
    (logs / "empty.json").write_bytes(b"")
    (logs / "spaces").write_bytes(b" \n\n")
    (logs / "file").write_bytes(b"x")
    (logs / "link").symlink_to("file")
    (logs / "linked folder").symlink_to("folder.json")
    (logs / "broken link").symlink_to("nowhere")
    os.mkfifo(logs / "pipe")
    found = {file.path.name: file.why for file in log_files(tmp_path)}
    assert found == {
        "empty.json": None,
        "spaces": None,
        "file": None,
        "link": Why.LINK,
        "linked folder": Why.LINK,
        "broken link": Why.LINK,
        "pipe": Why.NOT_A_FILE,
    }
    unread = {block.file: set(block.unread.by_reason) for block in read_logs(tmp_path)}
    assert unread["logs/empty.json"] == unread["logs/spaces"] == set()
    assert unread["logs/file"] == {Why.NO_FORM}
    assert unread["logs/pipe"] == {Why.NOT_A_FILE}


def test_a_file_without_a_record_is_said(term: Term, tmp_path: Path) -> None:
    record = term.write(tmp_path, split=0)
    (record / "logs" / "empty.json").write_bytes(b"")
    (record / "logs" / "headings.csv").write_bytes(b"TimeGenerated [UTC],OperationName\n")
    (record / "logs" / "records.json").write_bytes(b'{"records": []}')
    [check] = [c for c in audit(record, second.both(), FIRST, LAST).checks if c.code == "AUD-018"]
    assert (check.result, check.note) == ("holds", "Files without any record: 3.")


def test_a_text_of_which_the_first_piece_is_half_a_letter_is_read_on(
    lines: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.kernel.audit.logs.stored.PIECE_BYTES", 3)
    for form in ("a line each, UTF-32", "a line each, gzip in members", "records over many lines", "a table"):
        found, unread = read(tmp_path / form, "a", READ[form](lines[-1:]))
        assert (found.num_rows, unread) == (1, {}), form
    assert read(tmp_path, "a", b"\xff\xfe;")[1] == {Why.ENCODING: 1}


def test_a_name_that_no_screen_can_bear_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a\n\x1b[2J.json").write_bytes(b"x")
    (tmp_path / "logs" / os.fsdecode(b"b\xff.json")).write_bytes(b"x")
    assert [file.name for file in log_files(tmp_path)] == ["logs/a\\n\\x1b[2J.json", "logs/b\\udcff.json"]


def test_a_record_that_is_torn_costs_only_itself(lines: list[dict[str, Any]], tmp_path: Path) -> None:
    pretty = json.dumps({"records": lines}, indent=1)
    second = pretty.index('"operationName"', pretty.index('"operationName"') + 1)
    found, unread = read(tmp_path, "a.json", (pretty[:second] + pretty[second + 1 :]).encode())
    assert found.num_rows == len(lines) - 1
    assert Why.NOT_JSON in unread


def test_a_line_too_long_costs_only_itself(lines: list[dict[str, Any]], tmp_path: Path) -> None:
    whole = READ["a line each"](lines).splitlines()
    for name, size in (("a.json", 2**24 + 5), ("b.json", 40 * 2**20)):
        long = json.dumps(lines[0] | {"x": "x" * size}).encode()
        data = b"\n".join([whole[0], long, *whole[1:]])
        found, unread = read(tmp_path / name, name, data)
        assert found.column("line").to_pylist() == [1, 3, 4, 5]
        assert unread == {Why.TOO_LONG: 1}


_BOMB = """
import sys
from pathlib import Path
from shared.kernel.audit.logs.read import read_logs
print({why.name for block in read_logs(Path(sys.argv[1])) for why in block.unread.by_reason})
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.outside
@pytest.mark.parametrize(
    ("piece", "why"),
    [
        (bytes(2**20), "NO_FORM"),
        (b"[" + b" " * 2**20, "NOT_JSON"),
        (b'{"a":"' + b"x" * 2**20, "TOO_LONG"),
        (b"x\n" * 2**19, "NO_FORM"),
        (b"{}\n" + b" " * 2**20, "NO_TIME"),
    ],
    ids=["zeros", "spaces", "a text without an end", "lines", "a line without an end"],
)
def test_what_comes_out_of_a_small_file_never_fills_the_memory(piece: bytes, why: str, tmp_path: Path) -> None:
    """400 MB come out; the program itself takes 100."""
    (tmp_path / "logs").mkdir()
    with gzip.open(tmp_path / "logs" / "PT1H.json.gz", "wb", 1) as file:
        file.write(piece)
        for _ in range(400):
            file.write(piece[-(2**20) :])
    ran = subprocess.run([sys.executable, "-c", _BOMB, str(tmp_path)], capture_output=True, text=True, check=True)
    said, peak = ran.stdout.splitlines()
    assert f"'{why}'" in said
    assert int(peak) < 300_000, "kilobytes"


CASES = {
    "02i-export.tsv": {Why.NOT_A_TIME: 1},
    "05-kql-api-tables.json": {Why.NO_IDENTITY: 2},
    "07b-portal-local-time.csv": {Why.NO_ZONE: 1},
    "07c-portal-en-gb.csv": {Why.NO_IDENTITY: 1, Why.DAY_OR_MONTH: 1},
    "07d-portal-semicolon.csv": {Why.NO_IDENTITY: 1},
    "07e-portal-nnbsp.csv": {Why.NO_IDENTITY: 1},
    "08-classic-storage-analytics-1.0.log": {Why.CLASSIC: 1},
    "08b-classic-as-json.json": {Why.CLASSIC: 1},
    "09-eventgrid-blobcreated.json": {Why.EVENT: 1},
    "10-stratus-storagedelete-min.json": {Why.NO_TIME: 1},
    "13-time-notZ.json": {Why.NO_ZONE: 1, Why.NO_STATUS: 1, Why.NOT_A_TIME: 1},
}


def test_files_as_others_wrote_them_are_read_or_named(tmp_path: Path) -> None:
    for path in sorted(shared("data/cases/foreign-logs").iterdir()):
        found, unread = read(tmp_path / path.name, path.name, path.read_bytes())
        assert unread == CASES.get(path.name, {}), path.name
        assert found.num_rows or path.name in CASES, path.name
