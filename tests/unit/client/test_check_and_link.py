"""`check` says what the exchange would say; `link` gives one row per pupil row."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.agreements import copied
from tests.opened import text_in
from tests.world import household, pupil, table, upn

AS_OF = ("--as-of", "2026-11-21")
NAMES = ("Amara", "Thandiwe", "Kwabena")


@pytest.fixture
def pupils(tmp_path: Path) -> Path:
    rows = [pupil(1), pupil(2, forename="Leo", dob=date(2016, 4, 2)), pupil(3, upn="A210234519001", forename="Mia")]
    pq.write_table(table("pupils", rows), tmp_path / "pupils.parquet")
    return tmp_path / "pupils.parquet"


@pytest.fixture
def households(tmp_path: Path) -> Path:
    pq.write_table(
        table("households", [household("H1"), household("H2", child_forename="Zed")]), tmp_path / "h.parquet"
    )
    return tmp_path / "h.parquet"


def test_check_tells_status_and_counts_and_a_partly_accepted_file_is_ok(exchange, pupils):
    said = exchange("check", pupils, "--dataset", "pupils", "--json", *AS_OF)
    assert said.code == 0
    facts = said.json
    assert (facts["status"], facts["rows_in"], facts["rows_rejected"]) == ("partly_accepted", 3, 1)
    assert exchange("check", pupils, "--dataset", "pupils", "--strict", *AS_OF).code == 2
    text = exchange("check", pupils, "--dataset", "pupils", *AS_OF).out
    assert "partly accepted" in text
    assert "PUP-" in text


@pytest.mark.parametrize("suffix", [".json", ".xlsx", ".csv"])
def test_check_writes_the_full_report_without_values(exchange, pupils, tmp_path, suffix):
    report = tmp_path / f"report{suffix}"
    assert exchange("check", pupils, "--dataset", "pupils", "--report", report, *AS_OF).code == 0
    said = text_in(report.read_bytes())
    assert "PUP-" in said
    assert "A210234519001" not in said
    assert exchange("check", pupils, "--dataset", "pupils", "--report", tmp_path / "r.pdf", *AS_OF).code == 2


def test_a_file_that_is_refused_whole_exits_with_2_and_its_code(exchange, tmp_path):
    extra = table("pupils", [pupil(1)]).append_column("ethnicity", pa.array(["WBRI"]))
    pq.write_table(extra, tmp_path / "p.parquet")
    said = exchange("check", tmp_path / "p.parquet", "--dataset", "pupils", "--json", *AS_OF)
    assert (said.code, said.json["status"], said.json["ok"]) == (2, "rejected", False)
    assert "ethnicity" in said.json["findings"][0]["message"]
    assert "FIL-" in exchange("check", tmp_path / "p.parquet", "--dataset", "pupils", *AS_OF).out


def test_link_writes_one_row_per_pupil_row_in_their_order(exchange, pupils, households, tmp_path):
    said = exchange("link", pupils, households, "--out", tmp_path / "links", "--json")
    assert said.code == 0
    links = pq.read_table(tmp_path / "links" / "links.parquet")
    assert links.column("pupil_row").to_pylist() == [0, 1, 2]
    assert {"household_row", "outcome", "rule", "probability", "match_weight", "evidence"} <= set(links.column_names)
    assert links.column("outcome").to_pylist()[0] == "matched"
    assert links.column("household_row").to_pylist()[0] == 0
    assert said.json["outcome"]["matched"] == 1
    assert sum(said.json["outcome"].values()) == 3
    assert "matched" in exchange("link", pupils, households, "--out", tmp_path / "links").out


def test_link_reads_text_dates_timestamps_and_missing_columns(exchange, households, tmp_path):
    few = pa.table(
        {
            "surname": pa.array(["Okafor"]).dictionary_encode(),
            "forename": pa.array(["Amara"], pa.large_string()),
            "dob": ["2015-03-21"],
            "postcode": ["SW2 5SG"],
            "uprn": pa.nulls(1),
            "favourite": ["blue"],
        }
    )
    for dob in (pa.array(["2015-03-21"]), pa.array([datetime(2015, 3, 21)])):  # noqa: DTZ001 - as pandas writes dates
        pq.write_table(few.set_column(2, "dob", dob), tmp_path / "p.parquet")
        said = exchange("link", tmp_path / "p.parquet", households, "--out", tmp_path / "links", "--json")
        assert said.json["outcome"] == {"matched": 1}
        assert said.json["columns_ignored"]["pupils"] == ["favourite"]
        assert "favourite" in said.err


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        ({"dob": ["2015-03-21", "soon"]}, "INP-018", "row 2: dob"),
        ({"dob": [1, 2]}, "INP-019", "dob"),
        ({"surname": [1.5, 2.5]}, "INP-019", "surname"),
        ({"forename": None}, "INP-004", "forename"),
    ],
)
def test_link_refuses_by_row_and_column_and_never_by_value(exchange, households, tmp_path, change, code, named):
    columns = {
        "surname": ["Okafor", "Reid"],
        "forename": ["Amara", "Leo"],
        "dob": ["2015-03-21", "2016-04-02"],
    } | change
    pq.write_table(pa.table({name: cells for name, cells in columns.items() if cells}), tmp_path / "p.parquet")
    said = exchange("link", tmp_path / "p.parquet", households, "--out", tmp_path / "links", "--json")
    assert (said.code, said.json["error"]["code"]) == (2, code)
    assert named in said.json["error"]["message"]
    assert "soon" not in said.out + said.err
    assert not (tmp_path / "links").exists()


def test_link_of_files_without_rows_gives_no_rows_or_no_matches(exchange, pupils, households, tmp_path):
    pq.write_table(pq.read_table(pupils).slice(0, 0), tmp_path / "none.parquet")
    pq.write_table(pq.read_table(households).slice(0, 0), tmp_path / "noh.parquet")
    said = exchange("link", tmp_path / "none.parquet", households, "--out", tmp_path / "a", "--json")
    assert (said.code, said.json["pupils"]) == (0, 0)
    said = exchange("link", pupils, tmp_path / "noh.parquet", "--out", tmp_path / "b", "--json")
    assert said.json["outcome"] == {"unmatched": 3}


def test_nothing_that_check_or_link_says_holds_a_value(exchange, pupils, households, tmp_path):
    told = ""
    for args in (("check", pupils, "--dataset", "pupils"), ("link", pupils, households, "--out", tmp_path / "l")):
        for form in ((), ("--json",)):
            said = exchange(*args, *form)
            told += said.out + said.err
    assert not any(value in told for value in ("Okafor", "Amara", upn(1), "SW2 5SG"))
    assert json.dumps("Okafor") not in told


@pytest.fixture
def unsure(tmp_path: Path) -> tuple[Path, Path]:
    """Three pupils of whom a person has to decide: each may be either of two claims' child."""
    born = [date(2015, 3, 21), date(2014, 5, 2), date(2012, 11, 9)]
    rows = [pupil(number, forename=name, dob=day) for number, name, day in zip((1, 2, 3), NAMES, born, strict=True)]
    claims = [
        household(f"{claim}{name}", child_forename=name, child_dob=day)
        for claim in "HK"
        for name, day in zip(NAMES, born, strict=True)
    ]
    pq.write_table(table("pupils", rows), tmp_path / "unsure.parquet")
    pq.write_table(table("households", claims), tmp_path / "claims.parquet")
    return tmp_path / "unsure.parquet", tmp_path / "claims.parquet"


def test_link_draws_so_many_pairs_in_review_and_says_how_many(exchange, unsure, tmp_path):
    out = tmp_path / "links"
    said = exchange("link", *unsure, "--out", out, "--pictures", 2, "--json")
    assert (said.code, said.json["outcome"], said.json["pictures"]) == (0, {"review": 3}, 2)
    drawn = sorted((out / "pictures").iterdir())
    assert [path.name for path in drawn] == ["pupil-row-0.svg", "pupil-row-1.svg"]
    sentences = pq.read_table(out / "links.parquet").column("sentence").to_pylist()
    for path, sentence in zip(drawn, sentences[:2], strict=True):
        picture = ElementTree.fromstring(path.read_bytes())
        texts = [text.text or "" for text in picture.iter("{http://www.w3.org/2000/svg}text")]
        assert picture.findtext("{http://www.w3.org/2000/svg}title") == sentence
        assert {"dob exact", "surname exact", "in all"} <= set(texts)
        assert max(map(len, texts)) <= 96
        assert not {"+nan", "+inf", "-inf"} & set(texts)
    text = exchange("link", *unsure, "--out", out, "--pictures", 20).out
    assert "pictures            3" in text
    assert len(list((out / "pictures").iterdir())) == 3


def test_link_draws_the_pair_of_any_row_that_is_asked_for(exchange, pupils, households, tmp_path):
    out = tmp_path / "links"
    said = exchange("link", pupils, households, "--out", out, "--row", 0, "--row", 99, "--json")
    assert (said.code, said.json["pictures"]) == (0, 1)
    assert pq.read_table(out / "links.parquet").column("outcome")[0].as_py() == "matched"
    (picture,) = (out / "pictures").iterdir()
    assert (picture.name, "stated by the agreement for upn" in picture.read_text()) == ("pupil-row-0.svg", False)
    assert "stated by the agreement for dob-surname-forename" in picture.read_text()
    said = exchange("link", pupils, households, "--out", tmp_path / "none", "--row", 99)
    assert (said.code, "these rows have no pair" in said.err) == (0, True)
    assert not (tmp_path / "none" / "pictures").exists()


def test_link_explains_every_pair_by_bits_that_add_up_to_its_weight(exchange, unsure, tmp_path):
    sure = [pupil(4, forename="Zuri", surname="Adeyemi"), *pq.read_table(unsure[0]).to_pylist()]
    claims = [household("S1", child_forename="Zuri", child_surname="Adeyemi"), *pq.read_table(unsure[1]).to_pylist()]
    files = tmp_path / "p.parquet", tmp_path / "h.parquet"
    for path, dataset, rows in zip(files, ("pupils", "households"), (sure, claims), strict=True):
        pq.write_table(table(dataset, rows), path)
    assert exchange("link", *files, "--out", tmp_path / "links", "--explain").code == 0
    assert not (tmp_path / "links" / "pictures").exists()
    links = pq.read_table(tmp_path / "links" / "links.parquet").to_pylist()
    parts = pq.read_table(tmp_path / "links" / "explanation.parquet").to_pylist()
    assert {line["outcome"] for line in links} == {"matched", "review"}
    for line in links:
        of_pair = [part for part in parts if part["pupil_row"] == line["pupil_row"]]
        assert sum(part["bits"] for part in of_pair) == pytest.approx(line["match_weight"])
        assert "how common it is" in {part["says"] for part in of_pair}
        weighed = line["rule"] == "probabilistic"
        stated = {part["says"] for part in of_pair if part["part"] == "stated by the agreement for"}
        assert stated == (set() if weighed else {line["rule"]})


def test_the_same_files_draw_the_same_pictures_without_a_value(exchange, unsure, tmp_path):
    folders = [tmp_path / name / "pictures" for name in ("one", "two")]
    told = ""
    for folder in folders:
        said = exchange("link", *unsure, "--out", folder.parent, "--pictures", 3)
        told += said.out + said.err
    first, second = ({path.name: path.read_text("utf-8") for path in folder.iterdir()} for folder in folders)
    assert first == second
    told = (told + "".join(first.values())).lower()
    cells = ("Okafor", "Ngozi", "SW2", "5SG", "Acre", "2015", "Hamara", "Kamara", upn(1), *NAMES)
    assert not [cell for cell in cells if cell.lower() in told]


def test_link_draws_nothing_unasked_and_says_why_nothing_could_be_drawn(exchange, unsure, households, tmp_path):
    assert exchange("link", *unsure, "--out", tmp_path / "a", "--json").json["pictures"] == 0
    assert not (tmp_path / "a" / "pictures").exists()
    pq.write_table(table("pupils", [pupil(1)]), tmp_path / "sure.parquet")
    said = exchange("link", tmp_path / "sure.parquet", households, "--out", tmp_path / "b", "--pictures", 5, "--json")
    assert (said.code, said.json["pictures"]) == (0, 0)
    assert "no pair is in review" in said.err
    folder = copied(tmp_path / "agreements")
    terms = (folder / "fsm.yaml").read_text(encoding="utf-8")
    (folder / "fsm.yaml").write_text(terms.replace("  model: model-1.3.0.json\n", ""), encoding="utf-8")
    said = exchange("link", *unsure, "--out", tmp_path / "c", "--pictures", 5, "--agreements", folder)
    assert said.code == 0
    assert "names no model" in said.err


def test_link_refuses_fewer_than_no_pictures_and_a_file_as_its_folder(exchange, unsure, tmp_path):
    for args in (("--out", tmp_path / "a", "--pictures", -1), ("--out", unsure[0])):
        said = exchange("link", *unsure, *args, "--json")
        assert (said.code, said.json["error"]["code"]) == (64, "INP-000")
    assert not (tmp_path / "a").exists()
