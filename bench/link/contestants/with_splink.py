"""Splink 5 on DuckDB, as a competent user would set it up for these columns, with greedy one-to-one on its scores.

Variants: `trained` estimates its model in the run and saves it to `--model` where that is given; `saved` loads
it from there.
"""

import time

BEGAN = time.perf_counter()

import logging  # noqa: E402
import warnings  # noqa: E402
from pathlib import Path  # noqa: E402

import duckdb  # noqa: E402
import numpy as np  # noqa: E402
from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # noqa: E402
from splink.internals.splink_dataframe import SplinkDataFrame  # noqa: E402

from bench.link.contestants.clean import prepare  # noqa: E402
from bench.link.contestants.race import KEEP_FROM, Floats, Ints, enter, greedy  # noqa: E402
from bench.link.contestants.splink_model import DETERMINISTIC, TRAINING, blocking, comparisons  # noqa: E402

IMPORTED = time.perf_counter() - BEGAN
LINKABLE_BY_RULES = 0.75
"""Recall that Splink is told its deterministic rules have: about what they truly have on London."""
SEED = 1
RANDOM_PAIRS = 1e6
"""Ten times as many took three times as long and gave the same links (development sets)."""
TRAINING_PAIRS = 1e6


def main() -> None:
    """Run, and hand in."""
    warnings.simplefilter("ignore")
    logging.getLogger("splink").setLevel(logging.ERROR)
    entry = enter(IMPORTED)
    connection = duckdb.connect()
    with entry.stage("read"):
        filled, rows = prepare(connection, entry.folder)
        api = DuckDBAPI(connection=connection)
        tables = [api.register(name, dataset_display_name=name) for name in ("a_pupils", "b_households")]
    with entry.stage("train"):
        saved = entry.variant == "saved"
        linker = reload(tables, entry.model, filled, rows) if saved else train(tables, filled, rows)
    if entry.variant == "trained" and entry.model is not None:
        linker.misc.save_model_to_json(str(entry.model), overwrite=True)
    with entry.stage("link"):
        found = linker.inference.predict(threshold_match_probability=KEEP_FROM)
    with entry.stage("assign"):
        pupils, households, probability, weight = pairs(connection, found.physical_name)
        kept = greedy(pupils, households, weight)
        pupils, households, probability, weight = (each[kept] for each in (pupils, households, probability, weight))
    entry.finish(pupils, households, probability, weight, probability >= entry.threshold)


def train(tables: list[SplinkDataFrame], filled: set[str], rows: int) -> Linker:
    """Prior from deterministic rules, u from random pairs, m by EM over several blocks."""
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=comparisons(filled),
        blocking_rules_to_generate_predictions=blocking(filled, rows),
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )
    linker = Linker(tables, settings, log_level=logging.ERROR, validate_settings=False)
    estimate_prior(linker, filled)
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED, num_chunks=1)
    for columns in TRAINING:
        if set(columns) <= filled:
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*columns), estimate_without_term_frequencies=True, max_pairs=TRAINING_PAIRS
            )
    return linker


def reload(tables: list[SplinkDataFrame], model: Path, filled: set[str], rows: int) -> Linker:
    """A saved model; blocks and prior are those of this set, since both depend on its size."""
    settings = SettingsCreator.from_path_or_dict(model)
    settings.blocking_rules_to_generate_predictions = blocking(filled, rows)
    linker = Linker(tables, settings, log_level=logging.ERROR, validate_settings=False)
    estimate_prior(linker, filled)
    return linker


def estimate_prior(linker: Linker, filled: set[str]) -> None:
    """How likely two random rows are one person, from what deterministic rules find."""
    rules = [block_on(*columns) for columns in DETERMINISTIC if set(columns) <= filled]
    linker.training.estimate_probability_two_random_records_match(rules, recall=LINKABLE_BY_RULES)


def pairs(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[Ints, Ints, Floats, Floats]:
    """Pupil row, household row, probability and weight of every pair that was scored high enough."""
    columns = "unique_id_l, unique_id_r, match_probability, match_weight"
    found = connection.execute(f"select {columns} from {table}").fetchnumpy()
    pupils, households, probability, weight = (np.asarray(column) for column in found.values())
    return pupils, households, probability, weight


if __name__ == "__main__":
    main()
