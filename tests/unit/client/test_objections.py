"""`exchange objections`: a sealed list beside the keys, kept out at `pack`, dropped whole; `exchange recall`."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from client.sealed_files import load
from shared.agreements.free_school_meals.contracts import CONTRACTS
from tests.agreements import copied
from tests.unit.kernel.intake.test_objections import pupil
from tests.world import NOW, upn

AS_OF = ("--as-of", "2026-11-21")


@pytest.fixture
def own(keys_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Southwark's own folder: keys, agreements, a profile."""
    shutil.copytree(keys_folder / "southwark" / "keys", tmp_path / "keys")
    copied(tmp_path / "agreements")
    profile = tmp_path / "exchange.toml"
    profile.write_text('borough = "southwark"\nkeys = "keys"\nagreements = "agreements"\n')
    monkeypatch.setattr("client.settings.now", lambda: NOW)
    return profile


def packed(exchange: Any, own: Path, *rows: dict[str, Any]) -> tuple[Any, list[str]]:
    import csv

    source, out = own.with_name("p.csv"), own.with_name("p.parquet")
    with source.open("w", newline="") as file:
        writer = csv.DictWriter(file, CONTRACTS["pupils"].names)
        writer.writeheader()
        writer.writerows(rows)
    said = exchange(
        "pack",
        "table",
        source,
        "--dataset",
        "pupils",
        "--out",
        out,
        "--profile",
        own,
        "--settle",
        "0",
        "--json",
        *AS_OF,
    )
    assert said.code == 0, said.out
    return said.json, pq.read_table(out).column("upn").to_pylist()


def how(own: Path) -> tuple[object, ...]:
    return ("--no-drop", "--out", own.parent / "sealed", "--profile", own, "--json")


def add(exchange: Any, own: Path, who: str, *options: object, why: str = "objection") -> Any:
    """`exchange objections add` with a file that names somebody."""
    file = own.with_name("who.toml")
    file.write_text(who, encoding="utf-8")
    file.chmod(0o600)
    return exchange("objections", "add", "--who", file, "--why", why, *options, *how(own))


def listed(exchange: Any, own: Path) -> list[dict[str, str]]:
    objections: list[dict[str, str]] = exchange("objections", "list", "--profile", own, "--json").json["objections"]
    return objections


CHI = 'forename = "Chi"\nsurname = "Okafor"\nborn = "2015-03-21"\n'


def test_who_is_added_is_kept_out_until_removed(exchange: Any, own: Path) -> None:
    said = add(exchange, own, f'upn = "{upn(1)}"')
    assert said.code == 0, said.out + said.err
    sealed = load(Path(said.json["sealed"]))
    assert (sealed.manifest.dataset, sealed.manifest.rows, sealed.manifest.receiver) == ("objections", 1, "exchange")
    assert add(exchange, own, CHI, why="court_order").json["listed"] == 2
    rows = [pupil(), pupil(2, forename="Bo"), pupil(3, forename="CHI ")]
    facts, left = packed(exchange, own, *rows)
    assert (facts["objected"], left) == (2, [upn(2)])

    there = listed(exchange, own)
    assert [(one["named_by"], one["reason"]) for one in there] == [("upn", "objection"), ("person", "court_order")]
    shown = exchange("objections", "list", "--profile", own)
    assert "Okafor" not in str(there) + shown.out
    assert upn(1) not in str(there) + shown.out
    lying = b"".join(path.read_bytes() for path in own.parent.rglob("*objections*") if path.is_file())
    assert upn(1).encode() not in lying

    for one in there:
        assert exchange("objections", "remove", one["objection_ref"], *how(own)).code == 0
    assert listed(exchange, own) == []
    facts, left = packed(exchange, own, *rows)
    assert (facts["objected"], len(left)) == (0, 3)


def test_somebody_is_one_objection_by_every_way_in_which_they_are_named(exchange: Any, own: Path) -> None:
    said = add(exchange, own, f'upn = "{upn(9)}"\n' + CHI.replace('"Okafor"', '["Okafor", "Reid"]'))
    assert (said.code, said.json["listed"]) == (0, 1), said.err
    assert load(Path(said.json["sealed"])).manifest.rows == 3
    assert [one["named_by"] for one in listed(exchange, own)] == ["upn, person, person"]
    rows = [
        pupil(1, forename="CHI"),
        pupil(2, forename="chi", surname="REID"),
        pupil(3, forename="chi", surname="Ray"),
        pupil(9),
    ]
    assert packed(exchange, own, *rows)[1] == [upn(3)]
    assert exchange("objections", "remove", said.json["added"], *how(own)).json["listed"] == 0
    assert len(packed(exchange, own, *rows)[1]) == 4


def test_the_same_objection_again_has_the_number_that_it_had(exchange: Any, own: Path) -> None:
    first = add(exchange, own, CHI).json
    again = add(exchange, own, CHI).json
    other = add(exchange, own, CHI, "--until", "2027-01-01").json
    assert (again["added"], again["new"], again["listed"]) == (first["added"], False, 1)
    assert (other["added"] != first["added"], other["new"], other["listed"]) == (True, True, 2)


def test_whoever_is_not_named_in_a_file_is_asked_for_at_the_terminal(
    exchange: Any, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(f"{upn(1)}\n\n\n\n\n"))
    said = exchange("objections", "add", "--why", "objection", *how(own))
    assert said.code == 0, said.err
    assert "National Insurance" not in said.err
    assert packed(exchange, own, pupil(), pupil(2))[1] == [upn(2)]


def test_one_that_has_ended_or_not_begun_keeps_nobody_out(exchange: Any, own: Path) -> None:
    ended = ("--from", "2026-09-01", "--until", "2026-11-20")
    assert add(exchange, own, f'upn = "{upn(1)}"', *ended, why="other").code == 0
    assert add(exchange, own, f'upn = "{upn(2)}"', "--from", "2026-11-22", why="other").code == 0
    assert packed(exchange, own, pupil(), pupil(2))[1] == [upn(1), upn(2)]


@pytest.mark.parametrize(
    ("who", "options", "why", "code"),
    [
        ("", (), "other", "SUB-002"),
        ('upn = "J21023451900"', (), "other", "SUB-003"),
        (CHI.replace("born", "date"), (), "other", "SUB-001"),
        ('forename = "A"\nsurname = "B"', (), "other", "SUB-002"),
        (f'upn = "{upn(1)}"\nclaim = "CTR0012345"', (), "other", "OBJ-020"),
        (f'upn = "{upn(1)}"\nuln = "1000000019"', (), "other", "OBJ-020"),
        ('nino = "AB123456C"', (), "other", "OBJ-020"),
        (f'upn = "{upn(1)}"', (), "because", "INP-049"),
        (f'upn = "{upn(1)}"', ("--from", "2026-12-02", "--until", "2026-12-01"), "other", "INP-000"),
        (f'upn = "{upn(1)}"', ("--agreement", "origin-destination"), "other", "INP-003"),
    ],
)
def test_nobody_is_added_who_is_not_named_well(
    exchange: Any, own: Path, who: str, options: Any, why: str, code: str
) -> None:
    said = add(exchange, own, who, *options, why=why)
    assert (said.code, said.json["error"]["code"]) == (2, code)
    assert not list((own.parent / "keys").glob("objections*"))


def test_a_list_that_a_borough_writes_itself_is_packed_whole(exchange: Any, own: Path) -> None:
    """Whoever is on the list at hand is on the list that is packed, too."""
    assert add(exchange, own, f'upn = "{upn(1)}"').code == 0
    source, out = own.with_name("list.csv"), own.with_name("list.parquet")
    source.write_text(
        f"objection_ref,named_by,upn,reason,from_day\no-1,upn,{upn(1)},objection,2026-11-01\n", encoding="utf-8"
    )
    how = ("--dataset", "objections", "--out", out, "--profile", own, "--settle", "0", "--json", *AS_OF)
    packed_list = exchange("pack", "table", source, *how)
    assert (packed_list.code, packed_list.json["rows_written"], packed_list.json["objected"]) == (0, 1, 0)


def test_without_the_folder_of_keys_nobody_says_that_none_objected(exchange: Any, own: Path) -> None:
    assert add(exchange, own, f'upn = "{upn(1)}"').code == 0
    row = pupil(1)
    assert packed(exchange, own, row, pupil(2))[0]["objected"] == 1
    (own.parent / "keys").rename(own.parent / "elsewhere")
    facts, left = packed(exchange, own, row, pupil(2))
    assert (facts["objected"], left) == (None, [upn(1), upn(2)])


def test_a_list_of_the_first_days_is_read_and_takes_the_new_name(exchange: Any, own: Path) -> None:
    keys = own.parent / "keys"
    assert add(exchange, own, f'upn = "{upn(1)}"').code == 0
    for end in (".parquet", ".manifest.json"):
        (keys / f"objections-fsm{end}").rename(keys / f"objections{end}")
    assert packed(exchange, own, pupil(), pupil(2))[1] == [upn(2)]
    assert add(exchange, own, CHI).json["listed"] == 2
    assert {path.name for path in keys.glob("objections*")} == {
        "objections-fsm.parquet",
        "objections-fsm.manifest.json",
    }


def test_a_sealed_list_is_inspected_by_the_rules_of_lists(exchange: Any, own: Path, keys_folder: Path) -> None:
    sealed = add(exchange, own, CHI).json["sealed"]
    place = ("--borough", "southwark", "--agreements", own.parent / "agreements", "--json", *AS_OF)
    said = exchange("inspect", sealed, "--keys", keys_folder / "keys", *place)
    assert (said.code, said.json["rows"]["what"]) == (0, "objections"), said.out
    assert "0 of 1 rows" in said.json["rows"]["found"]


def test_an_empty_or_a_whole_list_is_checked_like_any_other_file(exchange: Any, own: Path, tmp_path: Path) -> None:
    from client.files import write_table
    from shared.kernel.contract.objections import CONTRACT

    no_day = {**dict.fromkeys(CONTRACT.names), "objection_ref": "o-1", "named_by": "upn", "reason": "other"}
    rows = [no_day | {"upn": upn(1)}, no_day | {"upn": upn(2), "from_day": NOW.date()}]
    file = tmp_path / "list.parquet"
    write_table(file, pa.Table.from_pylist(rows, schema=CONTRACT.arrow_schema()))
    said = exchange("check", file, "--dataset", "objections", "--profile", own, "--json", *AS_OF)
    assert [one["code"] for one in said.json["codes"]] == ["OBJ-004"]
    assert (said.code, said.json["ok"]) == (2, False)  # one wrong row, and the exchange takes none
    term = ("--collection", "2026-autumn", "--out", tmp_path / "out", "--profile", own, "--json")
    assert exchange("seal", file, "--dataset", "objections", *term).json["error"]["code"] == "INP-016"
    write_table(tmp_path / "none.parquet", CONTRACT.arrow_schema().empty_table())
    said = exchange("check", tmp_path / "none.parquet", "--dataset", "objections", "--profile", own, "--json", *AS_OF)
    assert (said.code, said.json["rows_in"]) == (0, 0)


def test_a_number_that_is_not_on_the_list_is_named(exchange: Any, own: Path) -> None:
    assert exchange("objections", "remove", "o-1", *how(own)).json["error"]["code"] == "INP-049"


def test_a_recall_needs_a_code(exchange: Any, own: Path) -> None:
    how = ("--by", "officer1", "--collection", "2026-autumn", "--profile", own, "--json")
    said = exchange("recall", "m-" + "0" * 32, "--why", "it was wrong", *how)
    assert said.json["error"]["code"] == "INP-049"
