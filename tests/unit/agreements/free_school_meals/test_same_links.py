"""The same rows give the same links, to the letter: what a move of code must not change.

Every digest was taken before `methods/linkage` was made to know no agreement (issue 10). Who changes the method on
purpose takes them anew and says in CHANGELOG what changed; who only moves or renames leaves them as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from bench.link.london import london_set
from local.synth.london import London, generate
from local.synth.shipped import HOME_BOROUGH, SCALE, SCHOOL_BOROUGH, SEED
from shared.agreements.free_school_meals.linkage import SCHEMA
from shared.agreements.free_school_meals.registrations import link_main_registrations, second_registrations
from shared.agreements.registry import load_agreement
from shared.methods.linkage.model.train import train

Tables = tuple[pa.Table, pa.Table]
POLICY = load_agreement("fsm").linkage


@cache
def _shipped() -> Tables:
    """What the sample in `local/synth/sample` is written from, before any supplier's spelling."""
    london: London = generate(SEED, SCALE, (SCHOOL_BOROUGH, HOME_BOROUGH), elsewhere=0.1)
    return london.pupils[SCHOOL_BOROUGH], london.households[HOME_BOROUGH]


@cache
def _generated() -> Tables:
    pupils, households, _ = london_set(4, 3_000, 4_000)
    return pupils, households


def _crowded() -> Tables:
    """The generated rows twice over: further registrations, twins, ties and claims that somebody else has taken."""
    pupils, households = _generated()
    few, claims = pupils.slice(0, 600), households.slice(0, 1_500)
    cousin = claims.set_column(claims.column_names.index("child_forename"), "child_forename", _next(claims))
    return pa.concat_tables([few, few.slice(0, 300)]), pa.concat_tables([claims, cousin, claims.slice(0, 400)])


def _next(claims: pa.Table) -> pa.ChunkedArray:
    """The forename of the row below."""
    return claims.column("child_forename").take(pa.array(np.roll(np.arange(claims.num_rows), -1)))


def _bare() -> Tables:
    """Names and birthdays with little else, as an analyst's files may be: no identifier, no claim, no address text."""
    pupils, households = _generated()
    return (
        pupils.select(["surname", "forename", "dob", "postcode"]).slice(0, 1_500),
        households.select(["child_surname", "child_forename", "child_dob", "postcode"]).slice(0, 2_000),
    )


def _digest(links: pa.Table) -> str:
    """Pairs, outcome, rule, guard, evidence and sentence of every row, and its numbers to nine digits."""
    rows = zip(*(column.to_pylist() for column in links.columns), strict=True)
    said = "\n".join("\t".join(_text(cell) for cell in row) for row in rows)
    return hashlib.sha256(said.encode()).hexdigest()


def _text(cell: object) -> str:
    return f"{cell:.9f}" if isinstance(cell, float) else str(cell)


LINKS = {
    "shipped": (_shipped, "61e78112367d3a63f621b103c3492712ab350a7300398eaa1cc4f4e9801c317f"),
    "generated": (_generated, "9aacaafc5ed38d717adba93c1366f7cc0d87e7be7a869c94564009cc402a9035"),
    "crowded": (_crowded, "fa21370656b641a07f38a96d6eddf6f71396f027ed4144af45038d5c4c049d01"),
    "bare": (_bare, "86da4013b7bffd78aa2762ec8155db7c7db87460a421efae56ba654bc11baf21"),
}
WITHOUT_MODEL = "c585cf7ca872eea4473460c890047087c874b1d3990deb1d5efeab93df862612"
TRAINED = "1cb46f9f14b53723b4410da303b94cd9f80ad34883ea4b9ab51a96f3b7561a02"


@pytest.mark.parametrize("name", LINKS)
def test_the_same_rows_give_the_same_links(name: str) -> None:
    tables: Callable[[], Tables]
    tables, digest = LINKS[name]
    pupils, households = tables()
    links = link_main_registrations(pupils, second_registrations(pupils), households, POLICY)
    assert _digest(links) == digest


def test_the_cascade_alone_gives_the_same_links() -> None:
    pupils, households = _crowded()
    cascade = POLICY.model_copy(update={"model": None, "unlisted": None})
    links = link_main_registrations(pupils, second_registrations(pupils), households, cascade)
    assert _digest(links) == WITHOUT_MODEL


def test_the_same_rows_train_the_same_model() -> None:
    model = train([_generated()], SCHEMA, POLICY, name="own", version="1.0.0", trained_on="own files")
    learned = model.model_dump(include={"found", "comparisons", "repeats", "siblings"})
    assert hashlib.sha256(json.dumps(learned, sort_keys=True).encode()).hexdigest() == TRAINED
