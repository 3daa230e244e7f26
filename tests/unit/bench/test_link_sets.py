"""The sets of the linkage benchmark: sizes as asked, and a truth that points at the same child on both sides."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from bench.link.historical import dates, side
from bench.link.london import moved, one_world
from bench.link.sets import DEVELOPMENT, HELD_OUT, SETS, findable
from bench.link.table import growth
from bench.link.tables import contract_table, truth_table
from shared.agreements.free_school_meals.contracts import HOUSEHOLDS, PUPILS


def test_london_has_the_rows_asked_for_and_true_pairs_are_mostly_born_on_the_same_day() -> None:
    pupils, households, truth = one_world(1, 1000, 1000)
    assert (pupils.num_rows, households.num_rows) == (1000, 1000)
    assert (pupils.column_names, households.column_names) == (list(PUPILS.names), list(HOUSEHOLDS.names))
    own = pupils.column("dob").take(truth.column("pupil_row"))
    theirs = households.column("child_dob").take(truth.column("household_row"))
    assert truth.num_rows > 300
    assert np.mean(np.array(own.to_pylist()) == np.array(theirs.to_pylist())) > 0.95


def test_worlds_one_after_the_other_keep_their_own_rows() -> None:
    truth = truth_table(pa.array([0, 1]), pa.array([3, 4]))
    later = moved(truth, 10, 100)
    assert later.column("pupil_row").to_pylist() == [10, 11]
    assert later.column("household_row").to_pylist() == [103, 104]
    assert later.column("other_household_row").null_count == 2


def test_one_record_can_be_linked_once() -> None:
    assert findable(truth_table(pa.array([0, 1, 2]), pa.array([7, 7, 8]))) == 2


def test_the_held_out_sets_are_febrl_4_and_seed_3() -> None:
    assert {which.seed for which in SETS.values() if which.role == HELD_OUT} == {0, 3}
    assert {name for name, which in SETS.items() if which.role == HELD_OUT and not which.seed} == {"febrl4"}


def test_settings_may_be_chosen_on_febrl_3_and_the_historical_people() -> None:
    assert {name for name, which in SETS.items() if which.role == DEVELOPMENT and not which.seed} == {
        "febrl3",
        "historical",
    }


def test_a_column_that_no_contract_has_is_refused() -> None:
    with pytest.raises(ValueError, match="birth_place"):
        contract_table("pupils", {"birth_place": pa.array(["london"])}, 1)


def test_what_is_no_date_is_null() -> None:
    found = dates(pa.array(["1850-02-28", "1850-02-30", "c. 1850", None, "1100-01-01"]))
    assert found.to_pylist() == [date(1850, 2, 28), None, None, None, date(1100, 1, 1)]


def test_historical_people_are_in_the_contracts_columns() -> None:
    people = pa.table(
        {
            **{"first_name": ["ada", "alan"], "surname": ["king", None], "dob": ["1815-12-10", "1912-06-23"]},
            **{"gender": ["female", "unknown"], "postcode_fake": ["sw1y 4jh", None], "birth_place": ["london", None]},
        }
    )
    found = side(people, "households")
    assert found.column("child_forename").to_pylist() == ["ada", "alan"]
    assert found.column("child_sex").to_pylist() == ["F", None]
    assert found.column("postcode").to_pylist() == ["SW1Y 4JH", None]
    assert found.column("uprn").null_count == 2


def test_time_that_grows_as_the_rows_do_has_exponent_one() -> None:
    assert growth({10_000: 2.0, 100_000: 9.0, 1_000_000: 200.0}) == pytest.approx(1.0)
    assert growth({10_000: 2.0}) is None
