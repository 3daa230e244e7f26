"""`exchange objections`: a sealed list beside the keys, kept out at `pack`, dropped whole; `exchange recall`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

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


def test_who_is_added_is_kept_out_until_removed(exchange: Any, own: Path) -> None:
    how = ("--collection", "2026-autumn", "--no-drop", "--out", own.parent / "sealed", "--profile", own, "--json")
    said = exchange("objections", "add", "--upn", upn(1), "--why", "objection", *how)
    assert said.code == 0, said.out + said.err
    sealed = load(Path(said.json["sealed"]))
    assert (sealed.manifest.dataset, sealed.manifest.rows, sealed.manifest.receiver) == ("objections", 1, "exchange")
    named = ("--forename", "Chi", "--surname", "Okafor", "--dob", "2015-03-21")
    assert exchange("objections", "add", *named, "--why", "court_order", *how).json["listed"] == 2
    rows = [pupil(), pupil(2, forename="Bo"), pupil(3, forename="CHI ")]
    facts, left = packed(exchange, own, *rows)
    assert (facts["objected"], left) == (2, [upn(2)])

    listed = exchange("objections", "list", "--profile", own, "--json")
    assert [(one["named_by"], one["reason"]) for one in listed.json["objections"]] == [
        ("upn", "objection"),
        ("person", "court_order"),
    ]
    shown = exchange("objections", "list", "--profile", own)
    assert "Okafor" not in listed.out + shown.out
    assert upn(1) not in listed.out + shown.out
    lying = b"".join(path.read_bytes() for path in own.parent.rglob("*objections*") if path.is_file())
    assert upn(1).encode() not in lying

    for one in listed.json["objections"]:
        assert exchange("objections", "remove", one["objection_ref"], *how).code == 0
    assert exchange("objections", "list", "--profile", own, "--json").json["objections"] == []
    facts, left = packed(exchange, own, *rows)
    assert (facts["objected"], len(left)) == (0, 3)


def test_one_that_has_ended_or_not_begun_keeps_nobody_out(exchange: Any, own: Path) -> None:
    how = ("--collection", "2026-autumn", "--no-drop", "--out", own.parent / "sealed", "--profile", own, "--json")
    ended = ("--from", "2026-09-01", "--until", "2026-11-20")
    assert exchange("objections", "add", "--upn", upn(1), "--why", "other", *ended, *how).code == 0
    assert exchange("objections", "add", "--upn", upn(2), "--why", "other", "--from", "2026-11-22", *how).code == 0
    assert packed(exchange, own, pupil(), pupil(2))[1] == [upn(1), upn(2)]


@pytest.mark.parametrize(
    "args",
    [
        ("--why", "other"),
        ("--upn", "x", "--claim", "y", "--why", "other"),
        ("--forename", "A", "--surname", "B", "--why", "other"),
        ("--upn", "x", "--why", "because"),
    ],
)
def test_nobody_is_added_who_is_not_named_in_one_way_with_a_code(exchange: Any, own: Path, args: Any) -> None:
    said = exchange("objections", "add", *args, "--collection", "2026-autumn", "--no-drop", "--profile", own, "--json")
    assert said.code != 0
    assert not (own.parent / "keys" / "objections.parquet").exists()


def test_a_number_that_is_not_on_the_list_is_named(exchange: Any, own: Path) -> None:
    how = ("--collection", "2026-autumn", "--no-drop", "--profile", own, "--json")
    assert exchange("objections", "remove", "o-1", *how).json["error"]["code"] == "INP-049"


def test_a_recall_needs_a_code(exchange: Any, own: Path) -> None:
    how = ("--by", "officer1", "--collection", "2026-autumn", "--profile", own, "--json")
    said = exchange("recall", "m-" + "0" * 32, "--why", "it was wrong", *how)
    assert said.json["error"]["code"] == "INP-049"
