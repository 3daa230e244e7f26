"""Synthetic London as the exchange links it: borough by borough, each home borough's pupils with its own households.

`python -m bench.link.boroughs SEED [--folder FOLDER] [--json]`. Every drop is validated, pupils are routed as intake
does, further registrations of a child are set aside as a run does, and each of the 33 pairs is linked by `link` with
the agreement's policy and model. Recall is counted strictly: of all pupils whose child is in the extract to which they
are routed, suppressed households included, in which only a person may decide.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.link.measure import LEAST_IN_A_BAND, Counts, by_group, calibration
from local.synth.london import AS_OF, London, generate
from local.synth.places import load_places
from shared.agreements.free_school_meals.contracts import HOUSEHOLDS, PUPILS
from shared.agreements.free_school_meals.linkage import link_pupils
from shared.agreements.free_school_meals.registrations import second_registrations
from shared.agreements.free_school_meals.whereabouts import route
from shared.agreements.registry import load_agreement
from shared.kernel.contract.validate import validate
from shared.kernel.terms.pipeline import Routed
from shared.methods.linkage.policy import LinkagePolicy

STALE_AFTER = 365


def write_boroughs(seed: int, folder: Path, scale: float = 1.0) -> None:
    """Write `pupils.parquet` and `households.parquet`, whose column `home` says which rows meet.

    `own` and `other` of a pupil are the positions in `households.parquet` of its child, -1 where no run can find one;
    `own_claim` and `other_claim` are the claims that list it, also in a row that is refused.
    """
    agreement = load_agreement("fsm")
    slugs = load_places().inside
    everywhere = agreement.model_copy(update={"controllers": tuple(slugs)})
    world = generate(seed, scale, slugs)
    households, position = _households(world)
    parts, start = [], 0
    for slug, table in world.pupils.items():
        rows = validate(table, PUPILS, as_of=AS_OF, stale_after_days=STALE_AFTER).accepted
        home = _homes(rows, route(rows, world.postcodes, everywhere, school=slug))
        truth = world.truth.slice(start, table.num_rows).take(rows.column("row"))
        own, other = (_at(truth, column, position, home) for column in ("household_row", "other_household_row"))
        facts = {"school_borough": pa.repeat(slug, rows.num_rows), "home": home, "own": own, "other": other}
        for name, column in (("own_claim", "household_row"), ("other_claim", "other_household_row")):
            facts[name] = _claims(truth, column, world, home)
        facts |= {name: truth.column(name) for name in ("name_origin", "marks", "person_id")}
        parts.append(pa.table({name: rows.column(name) for name in rows.column_names} | facts))
        start += table.num_rows
    pupils = pa.concat_tables(parts)
    pupils = pupils.append_column("second", second_registrations(pupils))
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pupils.filter(pc.is_valid(pupils.column("home"))), folder / "pupils.parquet")
    pq.write_table(households, folder / "households.parquet")


def _homes(rows: pa.Table, routed: Routed) -> pa.Array:
    """The borough to which each row goes; null where it goes nowhere."""
    slugs = list(routed.parts)
    number = np.full(int(pc.max(rows.column("row")).as_py() or 0) + 1, -1)
    for place, part in enumerate(routed.parts.values()):
        number[np.asarray(part.column("row"))] = place
    place = number[np.asarray(rows.column("row"))]
    return pa.array(slugs, pa.string()).take(pa.array(place, mask=place < 0))


def _households(world: London) -> tuple[pa.Table, dict[str, np.ndarray]]:
    """The accepted rows of all extracts, and for each extract the position of its rows among them (-1: rejected)."""
    parts, position, start = [], {}, 0
    for slug, table in world.households.items():
        rows = validate(table, HOUSEHOLDS, as_of=AS_OF, stale_after_days=STALE_AFTER).accepted
        place = np.full(table.num_rows, -1)
        place[np.asarray(rows.column("row").combine_chunks())] = start + np.arange(rows.num_rows)
        parts.append(rows.append_column("home", pa.repeat(slug, rows.num_rows)))
        position[slug] = place
        start += rows.num_rows
    return pa.concat_tables(parts), position


def _at(truth: pa.Table, column: str, position: dict[str, np.ndarray], home: pa.Array) -> pa.Array:
    """Where the child of each pupil lies, if it is in the extract of the pupil's home; -1 otherwise."""
    slugs = list(position)
    starts = np.cumsum([0, *(len(place) for place in position.values())])
    every = np.append(np.concatenate(list(position.values())), -1)
    slug = pc.index_in(truth.column("household_slug").combine_chunks(), pa.array(slugs))
    row = truth.column(column).combine_chunks()
    here = pc.fill_null(pc.equal(truth.column("household_slug").combine_chunks(), home), False)
    there = pc.and_(here, pc.and_(pc.is_valid(slug), pc.is_valid(row)))
    raw = starts[np.asarray(pc.fill_null(slug, 0))] + np.asarray(pc.fill_null(row, 0))
    return pa.array(every[np.where(np.asarray(there), raw, -1)])


def _claims(truth: pa.Table, column: str, world: London, home: pa.Array) -> pa.Array:
    """The claim of the extract of the pupil's home that lists its child, whether or not the row was accepted."""
    claims = {slug: table.column("household_ref").to_pylist() for slug, table in world.households.items()}
    rows = zip(
        *(each.to_pylist() for each in (truth.column("household_slug"), truth.column(column), home)), strict=True
    )
    found = [claims[slug][row] if slug == here and row is not None else None for slug, row, here in rows]
    return pa.array(found, pa.string())


def link_boroughs(folder: Path, policy: LinkagePolicy) -> pa.Table:
    """The links of all boroughs over the main registrations, with `right`, `expected` and the facts of the truth."""
    pupils, households = (pq.read_table(folder / f"{side}.parquet") for side in ("pupils", "households"))
    pupils = pupils.filter(pc.invert(pupils.column("second")))
    parts = []
    for slug in pupils.column("home").unique().to_pylist():
        mine = pupils.filter(pc.equal(pupils.column("home"), slug)).combine_chunks()
        theirs = np.flatnonzero(np.asarray(pc.equal(households.column("home"), slug)))
        links = link_pupils(mine, households.take(pa.array(theirs)).combine_chunks(), policy)
        row = links.column("household_row").combine_chunks()
        place = np.where(np.asarray(row.is_valid()), theirs[np.asarray(row.fill_null(0))], -2)
        own, other = (np.asarray(mine.column(name).combine_chunks()) for name in ("own", "other"))
        facts = {"right": (place == own) | (place == other), "expected": own >= 0, "place": place}
        facts["family"] = np.asarray(_of_the_family(households, place, mine))
        facts |= {"suppressed": np.asarray(_suppressed(households, own))}
        for name in ("own", "other", "name_origin", "marks", "person_id", "home"):
            facts[name] = mine.column(name)
        for name, column in facts.items():
            links = links.append_column(name, pa.array(column) if isinstance(column, np.ndarray) else column)
        parts.append(links)
    return pa.concat_tables(parts)


def _of_the_family(households: pa.Table, place: np.ndarray, pupils: pa.Table) -> pa.Array:
    """Whether the claim that is linked is the pupil's own, whichever of its children the row is. Of a pupil who is on
    no claim but whose family has one, it is where the marks say so: its home is where the pupil was sent to."""
    rows = pa.array(place, mask=place < 0)
    linked = households.column("household_ref").combine_chunks().cast(pa.string()).take(rows)
    own = [pc.equal(linked, pupils.column(f"{name}_claim").combine_chunks()) for name in ("own", "other")]
    unlisted = pc.and_(pc.match_substring(pupils.column("marks").combine_chunks(), "not_on_claim"), rows.is_valid())
    return reduce(pc.or_, [pc.fill_null(each, False) for each in (*own, unlisted)])


def _suppressed(households: pa.Table, rows: np.ndarray) -> pa.Array:
    said = households.column("suppress_contact").combine_chunks()
    return pc.fill_null(said.take(pa.array(rows, mask=rows < 0)), False)


def measure_boroughs(links: pa.Table) -> dict[str, Any]:
    """Counts at the automatic threshold, by guard, by band of stated probability and by group of name origin."""
    column = {name: links.column(name).combine_chunks() for name in links.column_names}
    right, expected, suppressed = (np.asarray(column[name]) for name in ("right", "expected", "suppressed"))
    matched = np.asarray(pc.equal(column["outcome"], "matched"))
    to_claims = np.asarray(pc.fill_null(pc.equal(column["rule"], "unlisted"), False))
    review = np.asarray(pc.equal(column["outcome"], "review")) & ~to_claims
    offered = matched | review
    probability = np.asarray(column["probability"].fill_null(0.0))
    of_family = np.asarray(column["family"])
    bands = calibration(probability[offered], of_family[offered])
    guards = np.array(column["guard"].fill_null("").to_pylist(), dtype=object)
    groups = np.array(column["name_origin"].to_pylist(), dtype=object)
    found = matched & right
    open_to_all = expected & ~suppressed
    return {
        "automatic": Counts(int(matched.sum()), int(found.sum()), int(expected.sum())).as_dict(),
        "wrong_family": int((matched & ~of_family).sum()),
        "wrong_child": int((matched & of_family & ~right).sum()),
        "recall_by_family": float((matched & of_family)[expected & ~suppressed].mean()),
        "without_suppressed": {"expected": int(open_to_all.sum()), "recall": float(found[open_to_all].mean())},
        "review": {"rows": int(review.sum()), "right": int((review & right).sum())},
        "unlisted": {"rows": int(to_claims.sum()), "right": int((to_claims & of_family).sum())},
        "guards": {
            str(code or "none"): [int((rows & (guards == code)).sum()) for rows in (review, review & right)]
            for code in sorted(set(guards[review]))
        },
        "bands": [asdict(band) | {"error": band.error} for band in bands],
        "worst_band_error": max((band.error for band in bands if band.links >= LEAST_IN_A_BAND), default=None),
        "by_group": by_group(groups[expected], found[expected]),
    }


def main() -> int:
    """Link and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.link.boroughs", description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--folder", type=Path, help="keep the boroughs here, and use those that are there already")
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (asked.folder or Path(temporary)) / f"boroughs-seed{asked.seed}"
        if not (folder / "households.parquet").is_file():
            write_boroughs(asked.seed, folder)
        measured = measure_boroughs(link_boroughs(folder, load_agreement("fsm").linkage))
    print(json.dumps(measured, indent=2) if asked.json else lines(measured))
    return 0


def lines(measured: dict[str, Any]) -> str:
    """The same for people."""
    counts, others, review = measured["automatic"], measured["without_suppressed"], measured["review"]
    unlisted = measured["unlisted"]
    recalls = [group["recall"] for group in measured["by_group"].values()]
    said = [
        f"matched {counts['links']:,}, false {counts['false']}, of {counts['expected']:,}: precision "
        f"{counts['precision']:.5f}, recall {counts['recall']:.4f} (suppressed left out: {others['recall']:.4f})",
        f"wrong family {measured['wrong_family']}, wrong child of the right family {measured['wrong_child']}, "
        f"recall by family without suppressed {measured['recall_by_family']:.4f}",
        f"review {review['rows']:,}, right {review['right']:,}",
        f"claims that do not list the pupil {unlisted['rows']:,}, of the pupil's family {unlisted['right']:,}",
        *(f"  {code:<14} {rows:>6,} right {right:>6,}" for code, (rows, right) in measured["guards"].items()),
        *(
            f"stated {band['low']:<5} to {band['high']:<5} {band['links']:>7,}: {band['stated']:.4f}, "
            f"right {band['observed']:.4f}"
            for band in measured["bands"]
        ),
        *(f"{name:<16} {group['expected']:>6,} {group['recall']:.4f}" for name, group in measured["by_group"].items()),
        f"widest gap {max(recalls) - min(recalls):.4f}",
    ]
    return "\n".join(said)


if __name__ == "__main__":
    sys.exit(main())
