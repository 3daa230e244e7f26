"""recordlinkage: blocks, Jaro–Winkler and exact features, its unsupervised ECM classifier, greedy one-to-one."""

import time

BEGAN = time.perf_counter()

import warnings  # noqa: E402

import duckdb  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import recordlinkage  # noqa: E402

from bench.link.contestants.clean import prepare  # noqa: E402
from bench.link.contestants.race import KEEP_FROM, enter, greedy  # noqa: E402

IMPORTED = time.perf_counter() - BEGAN
ALIKE = 0.88
TEXT, EXACT = ("forename", "surname"), ("dob", "sex", "postcode", "uprn", "number")
# Not postcode and surname, which Splink has: with so many siblings among the pairs, ECM takes them for the matches.
BLOCKS = (
    *(("dob", "surname"), ("dob", "forename"), ("dob", "sector"), ("postcode", "forename")),
    *(("uprn", "forename"), ("surname", "forename", "dob_year")),
)


def main() -> None:
    """Run, and hand in."""
    warnings.simplefilter("ignore")
    entry = enter(IMPORTED)
    with entry.stage("read"):
        connection = duckdb.connect()
        filled, _ = prepare(connection, entry.folder)
        pupils, households = (
            connection.execute(f"select * from {table}").fetchdf().set_index("unique_id")
            for table in ("a_pupils", "b_households")
        )
    with entry.stage("link"):
        index = recordlinkage.Index()
        for columns in BLOCKS:
            if set(columns) <= filled:
                index.block(list(columns), list(columns))
        pairs = index.index(pupils, households)
        features = compare(pairs, pupils, households, filled)
    with entry.stage("train"):
        classifier = recordlinkage.ECMClassifier()
        classifier.fit(features)
    with entry.stage("link"):
        log = classifier.kernel.predict_log_proba(features)
        probability, score = np.exp(log[:, 1]), log[:, 1] - log[:, 0]
    with entry.stage("assign"):
        rows = [np.asarray(pairs.get_level_values(side), dtype=np.int64) for side in (0, 1)]
        kept = greedy(*rows, score)
        kept = kept[probability[kept] >= KEEP_FROM]
        probability, score = probability[kept], score[kept]
    entry.finish(rows[0][kept], rows[1][kept], probability, score, probability >= entry.threshold)


def compare(pairs: pd.MultiIndex, pupils: pd.DataFrame, households: pd.DataFrame, filled: set[str]) -> pd.DataFrame:
    """Binary features, as its ECM wants them. A missing value agrees with nothing."""
    comparer = recordlinkage.Compare()
    for column in TEXT:
        if column in filled:
            comparer.string(column, column, method="jarowinkler", threshold=ALIKE, label=column)
    for column in EXACT:
        if column in filled:
            comparer.exact(column, column, label=column)
    features = comparer.compute(pairs, pupils, households).astype(int)
    # Its ECM gives no number where a feature is the same for all pairs.
    return features.loc[:, features.nunique() > 1]


if __name__ == "__main__":
    main()
