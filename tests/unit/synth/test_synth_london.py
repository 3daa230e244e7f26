"""What synthetic London promises to those who build on it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from local.synth.files import write
from local.synth.london import AS_OF, PILOT, London, generate
from local.synth.places import load_places
from local.synth.rates import MARKS
from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.kernel.contract.identifiers import ninos_ok, postcodes_ok, ulns_ok, upns_ok, uprns_ok
from shared.kernel.contract.validate import validate
from shared.kernel.errors import InvalidInput

TINY = (
    "import sys; from pathlib import Path;"
    "from local.synth.files import write; from local.synth.london import generate;"
    "write(generate(5, 0.01, ['lambeth', 'southwark']), Path(sys.argv[1]))"
)


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def column(tables: dict[str, pa.Table], name: str) -> pa.Array:
    return pa.chunked_array(
        [chunk for table in tables.values() for chunk in table.column(name).chunks]
    ).combine_chunks()


@pytest.mark.outside
def test_the_same_seed_gives_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    written = []
    for hash_seed in ("1", "2"):
        folder = tmp_path / hash_seed
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "TZ": "Asia/Tokyo" if hash_seed == "1" else "UTC"}
        subprocess.run([sys.executable, "-c", TINY, str(folder)], check=True, env=environment)
        written.append(digests(folder))
    assert written[0] == written[1]
    assert len(written[0]) == 2 + 2 * (2 + 5 + 3)


def test_another_seed_gives_other_people() -> None:
    one, two = (generate(seed, 0.01, ["lambeth"]).households["lambeth"] for seed in (1, 2))
    assert one.column("child_surname").to_pylist() != two.column("child_surname").to_pylist()


def test_the_order_and_repetition_of_boroughs_does_not_matter() -> None:
    one = generate(3, 0.01, ["southwark", "lambeth"])
    two = generate(3, 0.01, ["lambeth", "southwark", "lambeth"])
    assert one.boroughs == two.boroughs
    assert one.truth.equals(two.truth)


def test_drops_have_exactly_the_contract_s_columns_and_nothing_of_the_truth(london: London) -> None:
    for slug in PILOT:
        assert london.pupils[slug].schema == CONTRACTS["pupils"].arrow_schema()
        assert london.households[slug].schema == CONTRACTS["households"].arrow_schema()


def test_the_contract_rejects_exactly_the_pupil_rows_that_the_truth_calls_invalid(london: London) -> None:
    rejected = {}
    for slug in PILOT:
        validation = validate(london.pupils[slug], CONTRACTS["pupils"], as_of=AS_OF, stale_after_days=120)
        everyone = set(range(london.pupils[slug].num_rows))
        rejected[slug] = everyone - set(validation.accepted.column("row").to_pylist())
    invalid = {slug: set() for slug in PILOT}
    for row in london.truth.filter(london.truth.column("invalid")).to_pylist():
        invalid[row["school_slug"]].add(row["pupil_row"])
    assert rejected == invalid
    assert 0 < sum(map(len, rejected.values())) < 0.01 * london.truth.num_rows


def test_few_household_rows_are_rejected(london: London) -> None:
    for slug in PILOT:
        table = london.households[slug]
        validation = validate(table, CONTRACTS["households"], as_of=AS_OF, stale_after_days=60)
        assert 0 < validation.rows_rejected < 0.01 * table.num_rows


def test_every_upn_holds_and_belongs_to_one_child(london: London) -> None:
    upn = column(london.pupils, "upn")
    assert upns_ok(upn).all()
    people = london.truth.column("person_id").combine_chunks()
    pairs = set(zip(upn.to_pylist(), people.to_pylist(), strict=True))
    assert len(pairs) == len(set(upn.to_pylist())) == len(set(people.to_pylist()))


def test_no_two_children_of_the_whole_city_have_one_upn_or_uln() -> None:
    from local.synth.world import make_world

    world = make_world(4, 0.05, PILOT, 0.25, date(2026, 9, 1), lambda _: None)
    for numbers in (world.upn, world.uln):
        assert len(numbers.unique()) == len(numbers) == len(world.children)
    assert upns_ok(world.upn).all()
    assert ulns_ok(world.uln).all()
    assert pc.sum(pc.match_substring_regex(world.upn, "[A-Z]$")).as_py() > 0  # temporary ones


def test_other_identifiers_hold_where_they_are_not_meant_to_be_damaged(london: London) -> None:
    assert ulns_ok(column(london.pupils, "uln").drop_null()).all()
    nino = column(london.households, "claimant_nino").drop_null()
    assert ninos_ok(nino).all()
    claims = {
        (row["household_ref"], row["claimant_nino"])
        for table in london.households.values()
        for row in table.to_pylist()
    }
    known = [number for _, number in claims if number]
    assert len(known) == len(set(known))
    assert postcodes_ok(london.postcodes.column("postcode").combine_chunks()).all()
    assert len(london.postcodes.column("postcode").unique()) == london.postcodes.num_rows
    share = uprns_ok(column(london.households, "uprn").drop_null()).mean()
    assert 0.97 < share < 1.0


def test_held_upns_and_ulns_lead_to_the_same_child(london: London) -> None:
    held = {}
    for row in london.households["southwark"].to_pylist():
        if row["child_upn"]:
            held[row["child_upn"]] = row["child_dob"]
    assert held
    pupils = {row["upn"]: row["dob"] for table in london.pupils.values() for row in table.to_pylist()}
    both = set(held) & set(pupils)
    assert both
    same = sum(held[upn] == pupils[upn] for upn in both)
    assert same > 0.9 * len(both)


def test_truth_rows_lead_to_the_same_child(london: London) -> None:
    births = {slug: london.households[slug].column("child_dob").to_pylist() for slug in PILOT}
    dobs = {slug: london.pupils[slug].column("dob").to_pylist() for slug in PILOT}
    listed = [row for row in london.truth.to_pylist() if row["household_row"] is not None]
    same = [
        births[row["household_slug"]][row["household_row"]] == dobs[row["school_slug"]][row["pupil_row"]]
        for row in listed
    ]
    assert len(same) > 300
    assert np.mean(same) > 0.95


def test_truth_has_one_row_for_each_pupil_row_in_order(london: London) -> None:
    expected = [(slug, row) for slug in sorted(PILOT) for row in range(london.pupils[slug].num_rows)]
    assert (
        list(
            zip(
                london.truth.column("school_slug").to_pylist(),
                london.truth.column("pupil_row").to_pylist(),
                strict=True,
            )
        )
        == expected
    )


def test_most_household_rows_are_in_no_pupils_drop(london: London) -> None:
    rows = sum(table.num_rows for table in london.households.values())
    assert rows > 3 * london.truth.num_rows > 1000


def test_there_are_siblings_and_twins_with_different_forenames(london: London) -> None:
    table = london.households["lambeth"].to_pandas()
    per_claim = table.groupby("household_ref").size()
    assert (per_claim > 1).mean() > 0.35
    twins = table[table.duplicated(["household_ref", "child_dob"], keep=False) & (table.child_dob.astype(str) > "2000")]
    assert len(twins) > 5
    assert not twins.duplicated(["household_ref", "child_forename"]).any()


def test_every_kind_of_error_occurs_and_most_pairs_have_none_of_the_name() -> None:
    big = generate(seed=2, scale=0.4)
    marks = big.truth.column("marks").to_pylist()
    seen = {mark for text in marks for mark in text.split(",")}
    assert seen >= set(MARKS) - {"invalid_row"}
    spoilt = ("forename", "surname", "names", "dob", "nickname", "known_by")
    clean = [not any(mark.startswith(spoilt) for mark in text.split(",")) for text in marks]
    assert 0.75 < np.mean(clean) < 0.95


def test_refuge_households_are_suppressed(london: London) -> None:
    flags = column(london.households, "suppress_contact")
    assert 0.001 < np.mean(flags.to_numpy(zero_copy_only=False)) < 0.02
    refuge = [
        row
        for row in london.truth.to_pylist()
        if "refuge" in row["marks"].split(",") and row["household_row"] is not None
    ]
    for row in refuge:
        assert london.households[row["household_slug"]].column("suppress_contact")[row["household_row"]].as_py()


def test_some_pupils_live_outside_london_and_have_no_home_slug(london: London) -> None:
    outside = pc.sum(pc.is_null(london.truth.column("home_slug"))).as_py()
    assert 0.005 < outside / london.truth.num_rows < 0.1
    codes = set(london.postcodes.column("ons_code").to_pylist())
    assert "E10000030" in codes
    assert sum(code.startswith("E09") for code in codes) == 33


def test_addresses_stand_in_parts_or_in_lines_and_boroughs_differ(london: London) -> None:
    with_flat_in_saon = {}
    for slug, table in london.households.items():
        parts, lines = table.column("street").is_valid(), table.column("address_line_1").is_valid()
        assert not pc.any(pc.and_(parts, lines)).as_py()
        with_flat_in_saon[slug] = pc.sum(table.column("saon").is_valid()).as_py()
    assert with_flat_in_saon["lewisham"] > 100
    assert with_flat_in_saon["lambeth"] == 0


def test_free_school_meals_are_open_for_some_and_never_end_before_they_start(london: London) -> None:
    start, end = column(london.pupils, "fsm_start_date"), column(london.pupils, "fsm_end_date")
    is_open = pc.and_(start.is_valid(), end.is_null())
    assert 0.2 < pc.mean(is_open).as_py() < 0.5
    assert is_open.to_pylist() == london.truth.column("fsm_open").to_pylist()
    assert not pc.any(pc.less(end, start)).as_py()
    assert pc.max(start).as_py() <= AS_OF


def test_strangers_of_one_name_and_birthday_exist_but_are_rare(london: London) -> None:
    whole = generate(seed=8, scale=0.3, boroughs=["newham", "tower-hamlets"])
    tables = [
        whole.households[slug].select(["child_forename", "child_surname", "child_dob", "household_ref"]).to_pandas()
        for slug in whole.boroughs
    ]
    rows = len(tables[0]) + len(tables[1])
    import pandas as pd

    children = pd.concat(tables)
    children["name"] = (children.child_forename + " " + children.child_surname).str.upper()
    assert children.duplicated(["name", "child_dob"], keep=False).sum() < 0.02 * rows


@pytest.fixture(scope="module")
def every_borough() -> London:
    places = load_places()
    return generate(1, 0.02, [place.slug for place in places.all[: places.boroughs]])


def test_sizes_are_those_of_london(every_borough: London) -> None:
    pupils = sum(table.num_rows for table in every_borough.pupils.values())
    children = sum(table.num_rows for table in every_borough.households.values())
    assert pupils == pytest.approx(0.02 * 145_000, rel=0.12)
    assert children == pytest.approx(0.02 * 600_000, rel=0.06)
    rows = {slug: table.num_rows for slug, table in every_borough.households.items()}
    assert min(rows, key=rows.get) == "city-of-london"
    assert max(rows, key=rows.get) == "southwark"
    assert 2.5 < rows["newham"] / rows["richmond-upon-thames"] < 5


def test_pupils_cross_to_neighbours_first(every_borough: London) -> None:
    pairs = every_borough.truth.group_by(["school_slug", "home_slug"]).aggregate([([], "count_all")]).to_pylist()
    flow = {(row["home_slug"], row["school_slug"]): row["count_all"] for row in pairs}
    assert flow["lambeth", "southwark"] > 5 * flow.get(("lambeth", "harrow"), 0) + 5
    places = load_places()
    assert np.allclose(places.flow.sum(axis=1), 1.0)
    assert (np.diag(places.flow) == 0).all()


def test_name_origins_follow_the_borough(every_borough: London) -> None:
    truth = every_borough.truth.to_pandas()
    share = truth.groupby("home_slug").name_origin.value_counts(normalize=True)
    assert share["tower-hamlets"]["bangladeshi"] > 3 * share["bromley"].get("bangladeshi", 0.0)
    assert truth.name_origin.nunique() == 18


def test_the_school_year_follows_the_day(london: London) -> None:
    assert london.collection == "2026-autumn"
    assert generate(1, 0.005, ["camden"], as_of=date(2027, 2, 1)).collection == "2026-autumn"
    later = generate(1, 0.005, ["camden"], as_of=date(2027, 10, 1))
    assert later.collection == "2027-autumn"
    assert pc.max(later.households["camden"].column("extract_date")).as_py() <= date(2027, 10, 1)


@pytest.mark.parametrize(
    ("seed", "scale", "boroughs"), [(1, 0.1, ["atlantis"]), (1, 0.1, []), (1, 0, ["camden"]), (-1, 0.1, ["camden"])]
)
def test_what_cannot_be_made_is_refused(seed: int, scale: float, boroughs: list[str]) -> None:
    with pytest.raises(InvalidInput):
        generate(seed, scale, boroughs)


def test_progress_is_told(tmp_path: Path) -> None:
    said: list[str] = []
    write(generate(1, 0.005, ["lambeth"], progress=said.append), tmp_path, exports=False, progress=said.append)
    assert said[0] == "families"
    assert said[-1] == "files of lambeth"
    drops = {f"drops/lambeth/{dataset}.parquet" for dataset in ("households", "pupils")}
    assert set(digests(tmp_path)) == drops | {"reference/postcodes.parquet", "truth/truth.parquet"}
