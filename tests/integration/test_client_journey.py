"""A borough's whole day at the command line, on the emulator, with real keys and passes; only the clock is set."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from client.cli import run
from client.exits import Exit
from local.site import Desk, issue_passes
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.waiting.watch import look_at_waits
from tests.unit.client.census_sample import address, pupil, write_census
from tests.world import COLLECTION, NOW, World, household, table
from tests.world import pupil as one_pupil

Command = Callable[..., tuple[int, Any]]


@pytest.fixture
def desks(world: World, keys_folder: Path, tmp_path: Path) -> dict[str, Path]:
    """The profile of each borough, with passes to this test's account and the keys of the world."""
    profiles = {}
    for slug in world.rings:
        desk = Desk(slug, tmp_path / slug)
        issue_passes(world.storage, desk)
        profile = desk.profile.read_text().replace('keys = "keys"', f'keys = "{keys_folder / slug / "keys"}"')
        desk.profile.write_text(profile)
        profiles[slug] = desk.profile
    return profiles


@pytest.fixture
def exchange(desks: dict[str, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `exchange … --json` as a borough; gives the exit code and the answer."""
    monkeypatch.setattr("client.settings.now", lambda: NOW)
    monkeypatch.setattr("client.dropping.exchange_now", lambda _door: NOW)
    passes = [line for profile in desks.values() for line in profile.read_text().splitlines() if "sig=" in line]
    secrets = [line.partition("sig=")[2].strip('"') for line in passes]

    def command(slug: str, *args: object) -> tuple[int, Any]:
        capsys.readouterr()
        code = run([*map(str, args), "--profile", str(desks[slug]), "--json"])
        said = capsys.readouterr()
        assert not any(secret in said.out + said.err for secret in secrets)
        return code, json.loads(said.out)

    return command


def receive_all(world: World, slug: str) -> None:
    for blob in list(world.storage.inbox(slug).list()):
        world.receive(slug, blob.name)


def drop(exchange: Command, slug: str, file: Path, dataset: str, folder: Path) -> Path:
    """Seal and drop a contract file; returns the sealed one."""
    code, sealed = exchange(
        slug, "seal", file, "--dataset", dataset, "--collection", COLLECTION, "--out", folder / "sealed" / slug
    )
    assert code == 0, sealed
    code, dropped = exchange(slug, "drop", sealed["file"])
    assert (code, dropped["sha256"]) == (0, sealed["sha256"])
    return Path(sealed["file"])


def test_from_census_tables_to_enrolment_with_the_command_alone(world: World, exchange: Command, tmp_path: Path):
    folder = write_census(
        tmp_path / "census", [pupil(1), pupil(2, forename="=cmd()", surname="Reid"), pupil(3)], [address(1), address(2)]
    )
    pupils, households = tmp_path / "pupils.parquet", tmp_path / "households.parquet"
    code, packed = exchange("southwark", "pack", "census", folder, "--out", pupils)
    assert (code, packed["rows_in"], packed["rows_packed"]) == (0, 3, 2)
    pq.write_table(
        table("households", [household("H1"), household("H2", child_forename="=cmd()", child_surname="Reid")]),
        households,
    )
    sealed = drop(exchange, "southwark", pupils, "pupils", tmp_path)
    drop(exchange, "lambeth", households, "households", tmp_path)
    receive_all(world, "southwark")
    receive_all(world, "lambeth")
    world.carry_out_all()

    code, status = exchange("southwark", "status")
    assert code == 0
    [report] = status["reports"]
    assert (report["rows_in"], report["rows_rejected"]) == (2, 0)

    code, fetched = exchange("lambeth", "fetch", "fsm/results", "--out", tmp_path / "lambeth-results", "--as", "csv")
    assert code == 0, fetched
    [matches] = [Path(line["file"]) for line in fetched["saved"] if line["file"].endswith("matches.csv")]
    found = pyarrow.csv.read_csv(matches).to_pylist()
    assert {row["child_forename"] for row in found} == {"Amara", "'=cmd()"}

    decisions = tmp_path / "decisions.csv"
    lines = [f"{row['match_ref']},confirm,officer1,{NOW.date()}" for row in found]
    decisions.write_text("\n".join(["match_ref,decision,decided_by,decided_on", *lines]) + "\n")
    out = tmp_path / "decisions.parquet"
    assert exchange("lambeth", "pack", "table", decisions, "--dataset", "decisions", "--out", out)[0] == 0
    drop(exchange, "lambeth", out, "decisions", tmp_path)
    receive_all(world, "lambeth")
    world.carry_out_all()

    code, fetched = exchange("southwark", "fetch", "--out", tmp_path / "southwark-results", "--as", "xlsx")
    assert code == 0
    [enrolments] = [Path(line["file"]) for line in fetched["saved"] if line["file"].endswith("enrolments.xlsx")]
    sheet = CalamineWorkbook.from_path(str(enrolments)).get_sheet_by_index(0).to_python()
    assert sheet[0] == ["match_ref", "upn", "urn", "tier", "start_date", "status"]
    assert len(sheet) == 3

    [receipt] = (tmp_path / "southwark-results").rglob("receipt.json")
    code, verified = exchange("southwark", "receipt", "verify", receipt, "--file", sealed)
    assert (code, verified["kind"], verified["body"]["rows_in"]) == (0, "receipt", 2)


def test_a_first_look_is_followed_by_decisions_and_by_what_they_teach(
    world: World, exchange: Command, tmp_path, capsys
):
    def offline(*args: object) -> Any:
        capsys.readouterr()
        assert run([*map(str, args), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    reid, abbott = ("Daniel", "Reid", "7"), ("Zoe", "Abbott", "31")
    pupils = [dict(zip(("forename", "surname", "paon"), who, strict=True)) for who in (reid, abbott)]
    children = [dict(zip(("child_forename", "child_surname", "paon"), who, strict=True)) for who in (reid, abbott)]
    children[1]["suppress_contact"] = True
    world.drop("southwark", "pupils", [one_pupil(1), *(one_pupil(n, **who) for n, who in enumerate(pupils, 2))])
    world.drop(
        "lambeth", "households", [household(), *(household(f"H{n}", **who) for n, who in enumerate(children, 2))]
    )
    receive_all(world, "southwark")
    receive_all(world, "lambeth")
    world.carry_out_all()
    assert exchange("lambeth", "fetch", "fsm/results", "--out", tmp_path)[0] == 0
    [folder] = (path.parent for path in tmp_path.rglob("review.parquet"))

    looked, sheet, decisions = (tmp_path / name for name in ("looked.csv", "sheet.csv", "decisions.parquet"))
    facts = offline("review", "first-look", folder, "--out", looked)
    assert (facts["in_review"], facts["matched"]) == (1, 2)
    fill_in(looked, lambda row: {"first_look": "different" if row["pupil_surname"] == "Abbott" else "same"})
    assert offline("review", "decide", folder, "--first-look", looked, "--out", sheet)["held_back"] == 0
    officer = {"decided_by": "officer1", "decided_on": str(NOW.date())}
    fill_in(sheet, lambda row: {} if row["pupil_surname"] == "Reid" else {"decision": "confirm", **officer})
    code, facts = exchange("lambeth", "pack", "table", sheet, "--dataset", "decisions", "--out", decisions)
    assert (code, facts["rows_packed"], facts["findings"]["PAK-031"]) == (0, 2, 1)
    drop(exchange, "lambeth", decisions, "decisions", tmp_path)
    receive_all(world, "lambeth")
    world.carry_out_all()
    assert world.results("southwark", "enrolments").num_rows == 2

    said = offline("calibrate", *folder.glob("*.parquet"), "-d", decisions, "--first-look", looked)
    bands = [(band["looked"], band["same"], band["decided"], band["differ"]) for band in said["first_looks"]]
    assert [sum(counts) for counts in zip(*bands, strict=True)] == [3, 2, 2, 1]


def fill_in(path: Path, says: Callable[[dict[str, str]], dict[str, str]]) -> None:
    """Write into a CSV sheet what an officer says of each row."""
    with path.open(encoding="utf-8-sig", newline="") as sheet:
        rows = [row | says(row) for row in csv.DictReader(sheet)]
    with path.open("w", encoding="utf-8", newline="") as sheet:
        writer = csv.DictWriter(sheet, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_what_was_fetched_is_kept_until_it_is_asked_for_again(world: World, exchange: Command, tmp_path: Path):
    world.receive("southwark", world.drop("southwark", "pupils", [], sender="southwark"))
    out = tmp_path / "results"
    assert len(exchange("southwark", "fetch", "--out", out)[1]["saved"]) == 3
    assert len(exchange("southwark", "fetch", "--out", out)[1]["kept"]) == 3
    assert len(exchange("southwark", "fetch", "--out", out, "--force")[1]["saved"]) == 3


def test_a_receipt_that_was_altered_or_is_about_another_file_does_not_verify(world, exchange, tmp_path):
    world.receive("southwark", world.drop("southwark", "pupils", []))
    exchange("southwark", "fetch", "--out", tmp_path)
    [receipt] = tmp_path.rglob("receipt.json")
    other = tmp_path / "other.parquet"
    other.write_bytes(b"PARE")
    code, said = exchange("southwark", "receipt", "verify", receipt, "--file", other)
    assert (code, said["error"]["code"]) == (2, "INP-017")
    public = tmp_path / "exchange-public.json"
    public.write_bytes(world.exchange.keys.export_public(EXCHANGE, Use.SIGN))  # type: ignore[attr-defined]
    assert exchange("southwark", "receipt", "verify", receipt, "--public", public)[0] == 0
    receipt.write_bytes(receipt.read_bytes().replace(b"southwark", b"lewisham_", 1))
    code, said = exchange("southwark", "receipt", "verify", receipt)
    assert (code, said["error"]["code"]) == (2, "KEY-002")


def test_a_borough_learns_before_dropping_what_the_exchange_would_refuse(world, exchange, tmp_path, monkeypatch):
    bad = tmp_path / "bad.parquet"
    pq.write_table(table("households", [household(child_dob=None)]), bad)
    seal = ("seal", bad, "--dataset", "households", "--out", tmp_path, "--collection")
    assert exchange("lambeth", *seal, COLLECTION)[1]["error"]["code"] == "INP-016"
    assert exchange("lambeth", *seal, "this autumn")[1]["error"]["code"] == "INP-020"
    assert exchange("lambeth", *seal, "2026-autum")[1]["error"]["code"] == "INP-020"
    code, said = exchange("lambeth", *seal, "2027-spring")
    assert (code, said["error"]["code"]) == (2, "DRP-009")
    assert "2026-autumn" in said["error"]["message"]
    monkeypatch.setattr("client.settings.now", lambda: NOW.replace(year=2031))
    code, said = exchange("lambeth", *seal, COLLECTION)
    assert (code, said["error"]["code"]) == (2, "AGR-001")


def test_a_borough_that_was_asked_answers_with_a_word(world, exchange, tmp_path, monkeypatch):
    files = []
    for number, refs in enumerate((["H1", "H2"], ["K1"])):
        path = tmp_path / f"households{number}.parquet"
        pq.write_table(table("households", [household(ref, child_forename=f"Amara{ref}") for ref in refs]), path)
        files.append(path)
        monkeypatch.setattr("client.settings.now", lambda number=number: NOW + timedelta(minutes=number))
        drop(exchange, "lambeth", path, "households", tmp_path)
        receive_all(world, "lambeth")
    facts = [report["facts"] for report in exchange("lambeth", "status")[1]["reports"]]
    [asked] = [said for said in facts if said["counts"] == "no"]
    assert (asked["standing_code"], asked["rows_of_this"], asked["rows_of_other"]) == ("DRP-010", 1, 2)

    monkeypatch.setattr("client.settings.now", lambda: NOW + timedelta(minutes=5))
    again = ("seal", files[1], "--dataset", "households", "--collection", COLLECTION, "--out", tmp_path, "--replaces")
    code, sealed = exchange("lambeth", *again, asked["other_drop"])
    assert (code, sealed["replaces"]) == (0, asked["other_drop"])
    assert exchange("lambeth", "drop", sealed["file"])[0] == 0
    receive_all(world, "lambeth")

    facts = [report["facts"] for report in exchange("lambeth", "status")[1]["reports"]]
    [said] = [said for said in facts if said["standing"] == "replaces"]
    assert (said["counts"], said["other_drop"]) == ("yes", asked["other_drop"])


def test_a_borough_whose_rows_wait_sees_it_in_its_status(world, exchange, desks, tmp_path, capsys):
    path = tmp_path / "pupils.parquet"
    pq.write_table(table("pupils", [one_pupil()]), path)
    drop(exchange, "southwark", path, "pupils", tmp_path)
    receive_all(world, "southwark")
    world.now[0] = datetime.now(UTC) + timedelta(days=8)
    look_at_waits(world.exchange)

    reports = exchange("southwark", "status")[1]["reports"]
    [waits] = [report for report in reports if report["status"] == "waiting"]
    assert (waits["facts"]["code"], waits["facts"]["waits_for"], waits["facts"]["of"]) == (
        "WAI-001",
        "households",
        "lambeth",
    )
    assert run(["status", "--profile", str(desks["southwark"])]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "waiting" in shown
    assert "Ask whoever is named here for the missing file." in shown
    assert exchange("southwark", "fetch", "fsm/reports", "--out", tmp_path / "collected")[0] == 0
    assert len(list((tmp_path / "collected").rglob("report.xlsx"))) == 2


def test_a_drops_id_that_is_none_is_not_sealed(desks, tmp_path, capsys):
    file = tmp_path / "households.parquet"
    pq.write_table(table("households", [household()]), file)
    seal = ["seal", str(file), "--dataset", "households", "--collection", COLLECTION, "--out", str(tmp_path)]
    assert run([*seal, "--replaces", "H1", "--profile", str(desks["lambeth"])]) == Exit.USAGE
    assert "32 digits" in " ".join(capsys.readouterr().err.split())
    assert list(tmp_path.glob("*.manifest.json")) == []


def test_only_a_sealed_file_with_its_manifest_is_dropped(exchange, tmp_path):
    good = tmp_path / "households.parquet"
    pq.write_table(table("households", [household()]), good)
    assert exchange("lambeth", "drop", good)[1]["error"]["code"] == "INP-012"
    sealed = drop(exchange, "lambeth", good, "households", tmp_path)
    code, said = exchange("lambeth", "drop", sealed)
    assert (code, said["already"]) == (0, True)  # never overwritten, and not sent as another
    assert exchange("lambeth", "seal", sealed, "--dataset", "households", "--collection", COLLECTION)[1]["error"][
        "code"
    ] == ("INP-013")
    manifest = sealed.with_name(f"{sealed.stem}.manifest.json")
    manifest.write_text("[" * 20_000, encoding="utf-8")
    assert exchange("lambeth", "drop", sealed)[1]["error"]["code"] == "INP-014"
    manifest.unlink()
    assert exchange("lambeth", "drop", sealed)[1]["error"]["code"] == "INP-014"
    assert exchange("lambeth", "drop", tmp_path / "gone.parquet")[1]["error"]["code"] == "INP-001"


def test_an_outbox_without_anything_says_so(exchange, tmp_path):
    assert exchange("wandsworth", "status")[1]["files"] == []
    code, said = exchange("wandsworth", "fetch", "--out", tmp_path)
    assert (code, said["error"]["code"]) == (5, "INP-022")


@pytest.fixture
def linked(world: World, exchange: Command) -> World:
    """Lambeth has asked for its run at once, and has it."""
    for slug, dataset, row in (("southwark", "pupils", one_pupil()), ("lambeth", "households", household())):
        world.receive(slug, world.drop(slug, dataset, [row]))
    code, asked = exchange("lambeth", "run", "now", "--agreement", "fsm", "--collection", COLLECTION)
    assert (code, asked["asked"]) == (0, [{"party": "lambeth", "agreement": "fsm", "collection": COLLECTION}])
    receive_all(world, "lambeth")
    assert len(list(world.storage.requests("lambeth").list())) == 1, "the run was asked for by the borough's blob"
    world.carry_out_all()
    return world


def test_what_is_current_is_shown_and_collected_and_what_it_replaced_is_not(
    linked: World, exchange: Command, tmp_path: Path
) -> None:
    code, status = exchange("lambeth", "status")
    [current] = status["current"]
    assert (code, current["agreement"], current["collection"]) == (0, "fsm@1.0.0", COLLECTION)
    assert current["covers"] == ["households of lambeth", "pupils of southwark"]
    outbox = linked.storage.outbox("lambeth")
    stranger = f"fsm/results/{COLLECTION}/{'ab' * 16}/matches.parquet"
    outbox.create(stranger, b"of a run that is not finished")

    code, fetched = exchange("lambeth", "fetch", "fsm/results", "--out", tmp_path / "out")
    assert (code, fetched["replaced"], fetched["left"]) == (0, [stranger], [])
    saved = sorted(line["name"].rpartition("/")[2] for line in fetched["saved"])
    assert saved == ["current.json", "matches.parquet", "review.parquet", "summary.json"]
    code, again = exchange("lambeth", "fetch", "fsm/results", "--out", tmp_path / "out")
    assert (again["saved"], len(again["kept"])) == ([], 4)
    [folder] = (tmp_path / "out/fsm/results" / COLLECTION).iterdir()  # the word lies beside what it is about
    assert len(list(folder.iterdir())) == 4


def test_a_word_that_the_exchange_did_not_sign_is_not_believed(
    linked: World, exchange: Command, tmp_path: Path
) -> None:
    outbox, name = linked.storage.outbox("lambeth"), f"fsm/results/{COLLECTION}/current.json"
    held = outbox.read(name)
    outbox.replace(name, held.data.replace(b'"format":1', b'"format":2'), held.etag)

    code, fetched = exchange("lambeth", "fetch", "fsm/results", "--out", tmp_path / "out")
    assert (code, [line["name"] for line in fetched["left"]]) == (8, [name])
    code, status = exchange("lambeth", "status")
    assert (code, status["current"], [one["name"] for one in status["unread"]]) == (0, [], [name])


def test_a_file_that_stands_where_the_current_one_should_is_not_collected(
    linked: World, exchange: Command, tmp_path: Path
) -> None:
    outbox = linked.storage.outbox("lambeth")
    [name] = [name for name in linked.outbox("lambeth") if name.endswith("/matches.parquet")]
    [other] = [name for name in linked.outbox("lambeth") if name.endswith("/review.parquet")]
    swapped = outbox.read(other)
    outbox.replace(name, swapped.data, outbox.facts(name).etag, swapped.metadata)  # sealed by the exchange, too

    code, fetched = exchange("lambeth", "fetch", "fsm/results", "--out", tmp_path / "out")
    assert (code, [(line["name"], line["code"]) for line in fetched["left"]]) == (8, [(name, "RUN-006")])


def test_who_asks_where_nothing_waits_is_told(exchange: Command, world: World) -> None:
    code, said = exchange("lambeth", "run", "now", "--agreement", "other")
    assert (code, said["error"]["code"]) == (2, "RUN-004")
    code, said = exchange("lambeth", "run", "now", "--agreement", "fsm", "--collection", "2019-autumn")
    assert (code, said["error"]["code"]) == (2, "RUN-005")
    code, said = exchange("lambeth", "run", "now", "--agreement", "fsm")
    assert (code, [one["collection"] for one in said["asked"]]) == (0, [COLLECTION])
    assert len(list(world.storage.inbox("lambeth").list())) == 1
