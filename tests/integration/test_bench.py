"""The benchmarks run: what nobody runs for a month still works when somebody does."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import data
from bench.__main__ import table
from bench.growth import exponent, growth_table, middle
from bench.stages import STAGES

ROWS = 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bench")
    data.write(made, [ROWS])
    return made / str(ROWS)


@pytest.mark.parametrize("stage", list(STAGES))
def test_a_stage_does_its_work(stage: str, folder: Path) -> None:
    STAGES[stage](folder)()


def test_there_is_something_to_link_and_to_release(folder: Path) -> None:
    assert data.read_table(folder / "pupils.arrow").num_rows == ROWS
    assert data.read_table(folder / "households.arrow").num_rows == ROWS
    links = data.read_table(folder / "links.arrow")

    assert links.column("outcome").to_pylist().count("matched") > ROWS / 20


def test_the_table_shows_every_stage() -> None:
    measured = {"rows": 1000, "first_seconds": 1.0, "seconds": 0.5, "peak_mb": 100.0, "loaded_mb": 90.0}
    report = {
        "python": "3.13.0",
        "machine": "a machine",
        "import_function_app": {"seconds": 0.5, "cpu_seconds": 0.4},
        "stages": [{"stage": stage, **measured} for stage in STAGES],
        "growth": [term(8, 10.0), term(33, 50.0)],
    }

    text = table(report)

    assert "2,000" in text
    assert all(stage in text for stage in STAGES)
    assert "at most 1.1: does NOT hold" in text


def term(boroughs: int, cpu_seconds: float) -> dict[str, float]:
    rest = dict.fromkeys(("seconds", "jobs", "unwraps", "requests", "peak_mb"), float(boroughs))
    return {"boroughs": boroughs, "cpu_seconds": cpu_seconds, **rest}


def test_the_middle_term_of_three_counts() -> None:
    assert middle([term(8, 9.0), term(8, 2.0), term(8, 3.0)])["cpu_seconds"] == 3


def test_work_that_grows_as_the_boroughs_do_has_the_exponent_1() -> None:
    assert exponent(term(8, 2.0), term(32, 8.0)) == pytest.approx(1)
    assert exponent(term(8, 2.0), term(32, 32.0)) == pytest.approx(2)
    assert "at most 1.1: holds" in growth_table([term(8, 2.0), term(32, 9.0)])
