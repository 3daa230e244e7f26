"""The same rows give the same links, to the letter: what a move of code must not change.

Every digest was taken when the household became what is linked (ADR 74). Who changes the method on
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
    "shipped": (_shipped, "258e5d238fcfb83fc144da705cb705c66c23c1aca6581233e579e488249f449f"),
    "generated": (_generated, "33c87d7a5cba039e42beae98c2daef0d5eb6f73c65216fa22bee6ce990d6e99e"),
    "crowded": (_crowded, "a653583b6d483c0a598cdd3e3757ef13bc7456d1a26e6091eb26b553cd62ef58"),
    "bare": (_bare, "28a97d9332628437b0b321d4fb92b6319920b52671ac1ebea91d4d93731bd385"),
}
WITHOUT_MODEL = "09d2baf4f429d223e020ba6b15a348560359009cabff3d96d4de7684d6d10720"
TRAINED = "bd22bb17544562b21cc9b1720233119aa10938f48cceffe6781e8620a46f1e48"


@pytest.mark.parametrize("name", LINKS)
def test_the_same_rows_give_the_same_links(name: str) -> None:
    tables: Callable[[], Tables]
    tables, digest = LINKS[name]
    pupils, households = tables()
    links = link_main_registrations(pupils, second_registrations(pupils), households, POLICY)
    assert _digest(links) == digest


def test_the_cascade_alone_gives_the_same_links() -> None:
    pupils, households = _crowded()
    cascade = POLICY.model_copy(update={"model": None})
    links = link_main_registrations(pupils, second_registrations(pupils), households, cascade)
    assert _digest(links) == WITHOUT_MODEL


def test_the_same_rows_train_the_same_model() -> None:
    model = train([_generated()], SCHEMA, POLICY, name="own", version="1.0.0", trained_on="own files")
    learned = model.model_dump(include={"found", "comparisons", "repeats", "siblings"})
    assert hashlib.sha256(json.dumps(learned, sort_keys=True).encode()).hexdigest() == TRAINED
