"""`exchange totals`: what a borough and a hub do with the released table."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from client.exits import Exit, exit_of
from client.totals.collect import Collected, collect_totals
from client.totals.table import checked, read_totals
from client.totals.tiles import TILES, numbers, page, picture
from client.totals.written import contents, data_dictionary, write_totals
from shared.agreements.origin_destination.words import COLUMNS, MEASURES, NAMES, SYMBOLS
from shared.agreements.registry import agreed
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.seal import Label, seal
from shared.kernel.errors import ExchangeError, InvalidInput
from shared.kernel.parties.register import authorities
from shared.kernel.storage.areas import Blob, BlobFacts
from shared.kernel.terms.agreements import Agreements
from tests.unit.agreements.origin_destination.samples import (
    BARNET,
    CAMDEN,
    ENFIELD,
    KENT,
    SURREY,
    Collection,
    agreement,
    pupils,
)

PERIOD = "202627"


@pytest.fixture(scope="module")
def released() -> pa.Table:
    """The whole table of a made-up collection."""
    files = Collection()
    files.come("roll", BARNET, pupils(BARNET, {BARNET: (900, 200), CAMDEN: (40, 12), SURREY: (3, 1), KENT: (9, 0)}))
    files.come("roll", CAMDEN, pupils(CAMDEN, {CAMDEN: (800, 300), BARNET: (50, 8), ENFIELD: (25, 10)}))
    files.come(
        "roll", ENFIELD, pupils(ENFIELD, {ENFIELD: (700, 250), BARNET: (30, 11), CAMDEN: (12, 6), None: (70, 9)})
    )
    return next(release.rows for release in files.release().releases if release.to == "liia")


@pytest.fixture
def written(released: pa.Table, tmp_path: Path) -> Path:
    """The folder that `exchange totals` writes."""
    totals = checked(released, "totals.parquet")
    write_totals(tmp_path / "totals", totals, agreement="origin-destination@1.0.0", collection="2026-autumn")
    return tmp_path / "totals"


def dfe(
    path: Path,
    rows: list[dict[str, str]],
    schools: tuple[str, ...] = ("Barnet", "Camden", "Enfield", "Kensington_and_Chelsea"),
) -> Path:
    """A file in the form of DfE's cross-border table."""
    fixed = {
        "time_period": PERIOD,
        "time_identifier": "Academic year",
        "geographic_level": "Local authority",
        "country_code": "E92000001",
        "country_name": "England",
        "region_code": "E13000002",
        "region_name": "Outer London",
        "old_la_code": "000",
        "la_name": "",
        "new_la_code": "E09000000",
        "phase-type_grouping": "Total",
        "boarder": "Total",
        "ncyear": "Total",
        "resident_headcount": "1,000",
        "school_in_la": "900",
        "school_outside_la": "100",
    }
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*fixed, *schools])
        writer.writeheader()
        for row in rows:
            writer.writerow(fixed | dict.fromkeys(schools, "z") | row)
    return path


def agreeing(tmp_path: Path, **changed: str) -> Path:
    """DfE's table with our numbers, where we have them."""
    barnet = {"la_name": "Barnet", "Barnet": "900", "Camden": "50", "Enfield": "30"}
    camden = {"la_name": "Camden", "Barnet": "40", "Camden": "800", "Enfield": "12"}
    enfield = {"la_name": "Enfield", "Camden": "25", "Enfield": "700"}
    national = {"geographic_level": "National", "la_name": "", "new_la_code": "", "Barnet": "5"}
    boarders = {"la_name": "Barnet", "boarder": "Boarder", "Barnet": "7"}
    total = {"la_name": "Total", "new_la_code": "", "Barnet": "952"}
    return dfe(tmp_path / "spc_cbm.csv", [national, barnet | changed, boarders, camden, enfield, total])


def test_the_files_are_written_and_read_back(released: pa.Table, written: Path) -> None:
    assert {path.name for path in written.iterdir()} == {
        "totals.csv",
        "totals.parquet",
        "data-dictionary.md",
        "datapackage.json",
    }
    expected = checked(released, "").cells
    assert read_totals(written / "totals.csv").cells == expected
    assert read_totals(written / "totals.parquet").cells == expected
    (written / "totals.csv").read_text(encoding="utf-8")
    assert pq.read_table(written / "totals.parquet").column_names == list(NAMES)


def test_the_data_package_describes_the_files_that_are_there(written: Path) -> None:
    """As Frictionless asks: a name, resources with name and path, a schema whose fields are the CSV's."""
    package = json.loads((written / "datapackage.json").read_bytes())
    assert package["name"] == package["name"].lower()
    assert package["$schema"].startswith("https://datapackage.org/profiles/2.0/")
    for resource in package["resources"]:
        data = (written / resource["path"]).read_bytes()
        assert resource["bytes"] == len(data)
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        assert set(resource["name"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789-._")
    schema = package["resources"][0]["schema"]
    rows = list(csv.DictReader(io.StringIO((written / "totals.csv").read_text(encoding="utf-8"))))
    assert [field["name"] for field in schema["fields"]] == list(rows[0])
    assert {field["type"] for field in schema["fields"]} <= {"string", "integer"}
    keys = [tuple(row[name] for name in schema["primaryKey"]) for row in rows]
    assert len(set(keys)) == len(keys)
    for field in schema["fields"]:
        cells = {row[field["name"]] for row in rows} - set(schema["missingValues"])
        assert cells <= set(field.get("constraints", {}).get("enum", cells))
        if field["type"] == "integer":
            assert all(cell.isdigit() for cell in cells)


def test_the_dictionary_says_what_every_column_measure_and_symbol_means() -> None:
    text = data_dictionary()
    for name in (*(column.name for column in COLUMNS), *MEASURES, *SYMBOLS):
        assert f"| `{name}` |" in text


def test_the_same_table_is_written_as_the_same_bytes(released: pa.Table) -> None:
    totals = checked(released, "")
    facts = {"agreement": "a@1.0.0", "collection": "2026-autumn"}
    assert contents(totals, **facts) == contents(totals, **facts)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda t: t.drop_columns(["symbol"]), "it has no column symbol"),
        (lambda t: pa.concat_tables([t, t.slice(0, 1)]), "a pair stands in it twice"),
        (lambda t: t.slice(0, 0), "it has no row"),
        (lambda t: t.set_column(9, "value", pa.nulls(t.num_rows, pa.int64())), "number and symbol"),
        (lambda t: t.set_column(8, "measure", pa.repeat("teachers", t.num_rows)), "measure or a symbol that is none"),
        (lambda t: t.set_column(9, "value", pa.repeat("many", t.num_rows)), "another kind"),
    ],
)
def test_what_is_no_table_of_totals_is_refused(released: pa.Table, spoil: object, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as refused:
        checked(spoil(released), "some.parquet")  # type: ignore[operator]
    assert refused.value.code == "TOT-002"


def test_the_table_is_shown(exchange, written: Path) -> None:
    said = exchange("totals", "show", written / "totals.csv")
    assert said.code == 0
    assert "Barnet" in said.out
    assert "c: left out" in said.out
    assert exchange("totals", "show", written / "totals.csv", "--json").json["measure"] == "pupils"


def test_what_agrees_agrees(exchange, written: Path, tmp_path: Path) -> None:
    said = exchange("totals", "reconcile", written / "totals.csv", "--with", agreeing(tmp_path), "--json")
    assert said.code == 0, said.out
    assert said.json["pairs"] == {"agrees": 8, "differs": 0, "not compared": 3}
    assert said.json["rows_passed_over"] == 3, "a country, a breakdown, a total"
    assert said.json["columns_not_ours"] == ["Kensington_and_Chelsea"]
    assert {(p["residence"], p["school"], p["why"]) for p in said.json["not_compared"]} == {
        ("Surrey", "Barnet", "ours: c, theirs: no such row"),
        ("Kent", "Barnet", "ours: c, theirs: no such row"),
        ("Unknown", "Enfield", "theirs: no such row"),
    }


def test_what_differs_is_named_by_pair(exchange, written: Path, tmp_path: Path) -> None:
    their = agreeing(tmp_path, Camden="1,050", Enfield="k")
    said = exchange(
        "totals", "reconcile", written / "totals.parquet", "--with", their, "--out", tmp_path / "p.csv", "--json"
    )
    assert said.code == 3
    (differs,) = said.json["differences"]
    assert (differs["residence"], differs["school"], differs["ours"], differs["theirs"]) == (
        "Barnet",
        "Camden",
        50,
        1050,
    )
    assert differs["difference"] == -1000
    assert ("Barnet", "Enfield", "theirs: k") in {
        (p["residence"], p["school"], p["why"]) for p in said.json["not_compared"]
    }
    assert (tmp_path / "p.csv").read_text(encoding="utf-8-sig").count("\n") == 12


@pytest.mark.parametrize("cell", ["c", "x", "low", "u", "z", "K"])
def test_a_symbol_of_theirs_is_no_number(exchange, written: Path, tmp_path: Path, cell: str) -> None:
    their = agreeing(tmp_path, Barnet=cell, Camden=cell, Enfield=cell)
    said = exchange("totals", "reconcile", written / "totals.csv", "--with", their, "--json")
    assert (said.code, said.json["pairs"]["not compared"]) == (0, 6)


def test_nothing_to_compare_is_not_agreement(exchange, written: Path, tmp_path: Path) -> None:
    their = dfe(tmp_path / "theirs.csv", [{"la_name": "Barnet"}])
    assert exchange("totals", "reconcile", written / "totals.csv", "--with", their).code == 8


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([{"la_name": "Barnet", "time_period": "202526"}], "TOT-004"),
        ([{"la_name": "Barnet", "Camden": "about 5"}], "TOT-005"),
        ([{"la_name": "Barnet", "Camden": ""}], "TOT-005"),
        ([{"la_name": "Barnet", "Camden": "12.5"}], "TOT-005"),
        ([{"la_name": "Barnet"}, {"la_name": "Barnet"}], "TOT-008"),
    ],
)
def test_a_table_of_theirs_that_cannot_be_understood_is_refused(
    exchange, written: Path, tmp_path: Path, rows: list[dict[str, str]], code: str
) -> None:
    their = dfe(tmp_path / "theirs.csv", rows)
    said = exchange("totals", "reconcile", written / "totals.csv", "--with", their, "--json")
    assert (said.code, said.json["error"]["code"]) == (2, code)
    assert "about 5" not in said.err


def test_another_file_is_not_taken_for_theirs(exchange, written: Path) -> None:
    said = exchange("totals", "reconcile", written / "totals.csv", "--with", written / "totals.csv", "--json")
    assert said.json["error"]["code"] == "TOT-003"
    assert "boarder" in said.json["error"]["message"]


class Cells(HTMLParser):
    """The cells of the page's table, and the words of its picture."""

    def __init__(self) -> None:
        super().__init__()
        self.table: list[str] = []
        self.texts: list[str] = []
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag

    def handle_data(self, data: str) -> None:
        if self._within in ("th", "td"):
            self.table.append(data)
        elif self._within == "text":
            self.texts.append(data)
        self._within = ""


def test_the_map_shows_what_the_table_shows_and_nothing_else(written: Path) -> None:
    totals = read_totals(written / "totals.csv")
    cells = Cells()
    cells.feed(page(totals, "open_fsm", "Barnet"))
    found = {name: str(value) for name, value in numbers(totals, "open_fsm", "Barnet").items()}
    pairs = dict(zip(cells.table[2::2], cells.table[3::2], strict=True))
    assert pairs == found
    assert found["Surrey"] == "c", "left out of the table"
    tiles = dict(zip(cells.texts[::2], cells.texts[1::2], strict=False))
    assert tiles["Barnet"] == "200"
    assert tiles["Camden"] == found["Camden"]
    assert tiles["Bromley"] == "0"


def test_a_suppressed_number_is_hatched_on_its_tile_and_named(written: Path) -> None:
    drawn = str(picture({"Camden": "c"}, {"Camden": CAMDEN}, "A map"))
    tile = next(line for line in drawn.split("<g>") if ">Camden<" in line)
    assert 'fill="url(#left-out)"' in tile
    assert ">c</text>" in tile
    assert '<title id="map-title">A map</title>' in drawn


def test_every_borough_of_london_has_one_tile_and_none_hides_another() -> None:
    boroughs = {party.ons_code for party in authorities() if (party.ons_code or "").startswith("E09")}
    assert set(TILES) == boroughs
    assert len({(tile.column, tile.row) for tile in TILES.values()}) == 33


def test_the_map_is_drawn(exchange, written: Path, tmp_path: Path) -> None:
    for name in ("map.html", "map.svg"):
        said = exchange("totals", "map", written / "totals.csv", "--school", "Camden", "--out", tmp_path / name)
        assert said.code == 0
        assert "Camden" in (tmp_path / name).read_text(encoding="utf-8")
    said = exchange(
        "totals", "map", written / "totals.csv", "--school", "Atlantis", "--out", tmp_path / "m.svg", "--json"
    )
    assert said.json["error"]["code"] == "TOT-007"
    said = exchange("totals", "map", written / "totals.csv", "--out", tmp_path / "m.png", "--json")
    assert said.json["error"]["code"] == "INP-015"


def test_a_smaller_pupils_file_is_packed(exchange, tmp_path: Path) -> None:
    rows = {
        "upn": ["A", "B"],
        "surname": ["Okafor", "Reid"],
        "dob": pa.nulls(2, pa.date32()),
        "laestab": ["3024000", "3024000"],
        "home_la": ["E09000007", None],
        "postcode": ["N1 1AA", "N1 1AB"],
        "fsm_start_date": pa.nulls(2, pa.date32()),
    }
    pq.write_table(pa.table(rows), tmp_path / "pupils.parquet")
    said = exchange("totals", "pack", tmp_path / "pupils.parquet", "--out", tmp_path / "small.parquet", "--json")
    assert said.code == 0, said.err
    assert said.json["left_away"] == ["surname", "dob"]
    assert said.json["postcodes_emptied"] == 1
    small = pq.read_table(tmp_path / "small.parquet")
    assert small.column_names == ["upn", "laestab", "home_la", "postcode", "fsm_start_date", "fsm_end_date"]
    assert small.column("postcode").to_pylist() == [None, "N1 1AB"]


def test_a_file_that_is_no_pupils_file_is_not_packed(exchange, tmp_path: Path) -> None:
    pq.write_table(pa.table({"household_ref": ["1"]}), tmp_path / "households.parquet")
    said = exchange("totals", "pack", tmp_path / "households.parquet", "--out", tmp_path / "small.parquet", "--json")
    assert (said.code, said.json["error"]["code"]) == (2, "TOT-006")


class Door:
    """An outbox with sealed tables in it."""

    def __init__(self, ring: LocalKeyRing) -> None:
        self.ring = ring
        self.blobs: dict[str, Blob] = {}
        self.made = datetime(2026, 10, 5, 9, tzinfo=UTC)

    def release(self, job: str, rows: pa.Table, collection: str = "2026-autumn") -> None:
        """Put a table, one hour after the last."""
        self.made += timedelta(hours=1)
        key = self.ring.current("liia", Use.RELEASE)
        label = Label(EXCHANGE, "liia", "totals", collection, self.made)
        sealed = seal(rows, label, agreement=agreement(), key_id=key, keys=self.ring)
        name = f"origin-destination/totals/{collection}/{job}/totals.parquet"
        self.blobs[name] = Blob(name, sealed.data, sealed.metadata, "", self.made)

    def list(self, prefix: str = "") -> list[BlobFacts]:
        return [
            BlobFacts(blob.name, len(blob.data), "", created=blob.created)
            for blob in self.blobs.values()
            if blob.name.startswith(prefix)
        ]

    def fetch(self, name: str) -> Blob:
        return self.blobs[name]


@pytest.fixture
def door(tmp_path: Path) -> Door:
    ring = LocalKeyRing(tmp_path / "keys")
    for owner, use in ((EXCHANGE, Use.SIGN), ("liia", Use.RELEASE)):
        ring.create_key(owner, use)
    return Door(ring)


def collected(door: Door, collection: str | None = None) -> Collected:
    return collect_totals(door, collection, slug="liia", ring=door.ring, agreements=Agreements((agreed(agreement()),)))  # type: ignore[arg-type]


def test_the_newest_table_is_collected_and_opened_with_the_partys_key(door: Door, released: pa.Table) -> None:
    door.release("b" * 32, released.slice(0, 4))
    door.release("a" * 32, released)
    found = collected(door)
    assert found.totals.cells == checked(released, "").cells
    assert (found.collection, found.name.split("/")[3]) == ("2026-autumn", "a" * 32)


def test_a_later_collection_is_newer_whenever_it_was_written(door: Door, released: pa.Table) -> None:
    door.release("a" * 32, released, "2027-spring")
    door.release("b" * 32, released, "2026-autumn")
    assert collected(door).collection == "2027-spring"
    assert collected(door, "2026-autumn").collection == "2026-autumn"


def test_where_no_table_has_come_it_is_said(door: Door) -> None:
    with pytest.raises(InvalidInput) as refused:
        collected(door)
    assert refused.value.code == "TOT-001"
    with pytest.raises(InvalidInput, match="of 2027-spring"):
        collected(door, "2027-spring")
    assert exit_of(refused.value) == Exit.TRY_LATER


def test_what_is_sealed_to_another_party_is_not_opened(door: Door, released: pa.Table) -> None:
    door.release("a" * 32, released)
    with pytest.raises(ExchangeError):
        collect_totals(door, None, slug="barnet", ring=door.ring, agreements=Agreements((agreed(agreement()),)))  # type: ignore[arg-type]


def test_a_folder_has_to_be_named(exchange) -> None:
    assert exchange("totals", "--collection", "2026-autumn").code == 64
