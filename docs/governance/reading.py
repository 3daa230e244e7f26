"""Which code reads which column of a contract. Not declared: found by letting the code itself read a watched row.

A rule reads through `Frame.column`, a service through the table that it is handed; both are watched. Linkage turns
columns into fields (`linkage.encode.records.Records`): it is given rows of which one cell alone is filled, and the
fields that then say something of a row are made of that cell. What a release carries is found by rows whose values are
their own origin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from docs.governance.examples import examples, one_cell_each, origins
from docs.governance.facts import agreement
from docs.governance.watching import WatchedFrame, WatchedTable, literals
from shared.agreements.free_school_meals.became import OUTCOMES, outcomes
from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.agreements.free_school_meals.eligibility.assess import assess, exclude_pupils
from shared.agreements.free_school_meals.enrol import with_pupil
from shared.agreements.free_school_meals.linkage import LINKS, SCHEMA
from shared.agreements.free_school_meals.registrations import second_registrations
from shared.agreements.free_school_meals.releases import PENDING_COLUMNS
from shared.agreements.free_school_meals.results import match_refs, pairs
from shared.agreements.free_school_meals.whereabouts import route
from shared.kernel.contract.rules.registry import Context, Rule
from shared.kernel.envelope.pseudonyms import KeyedPseudonyms
from shared.methods.linkage.compare.levels import LEVELS
from shared.methods.linkage.encode.addresses import Addresses
from shared.methods.linkage.encode.fields import Field
from shared.methods.linkage.encode.read import read_records
from shared.methods.linkage.encode.records import Records

RULES = "shared/agreements/free_school_meals/rules"
ROOT = Path(__file__).resolve().parents[2]

COMPARED_IN = {
    "upn": ("upn",),
    "uln": ("uln",),
    "surname": ("surname", "surname_words", "surname_sound", "other_surnames", "parents"),
    "forename": ("forename", "first_name", "further_names", "forename_3", "forename_sound"),
    "dob": ("dob", "unordered_dob", "birth_year", "birthday"),
    "sex": ("sex",),
    "address": ("postcode", "sector", "district", "area", "uprn", "addresses"),
    "contact": ("contact", "other_parents"),
    "family": ("family",),
    "twin": ("family",),
    "suppressed": ("suppressed",),
}
"""For each comparison of `linkage.compare.levels`, and each guard that has fields of its own, the fields that linkage
holds for it (`Records`)."""


OF_ONE_SIDE = {"other_surnames": 0, "other_parents": 1, "parents": 1, "suppressed": 1}
"""Fields that only one side has (0: left, the pupils; 1: right, the households). Any other field that comes in two has
one for each."""


@dataclass(frozen=True, order=True)
class Use:
    """One reason why a column is needed."""

    what: str
    """In plain words, such as `links: surname`."""
    where: str
    """The module that reads it."""


@cache
def uses() -> dict[tuple[str, str], tuple[Use, ...]]:
    """Every use of every column, by dataset and column; none where nothing reads it but a check of its own."""
    found: dict[tuple[str, str], set[Use]] = {
        (dataset, name): set() for dataset, contract in CONTRACTS.items() for name in contract.names
    }
    for dataset, name, use in _everything():
        found[dataset, name].add(use)
    return {key: tuple(sorted(of_it)) for key, of_it in found.items()}


def checks(dataset: str, column: str) -> tuple[str, ...]:
    """The codes of the rules that read the column, but for those that hold for any text or any row alike."""
    contract = CONTRACTS[dataset]
    texts = sum(one.kind == "text" for one in contract.columns)
    fields_of = Counter(rule.code for rule, _ in _rules(dataset))
    return tuple(
        dict.fromkeys(
            rule.code
            for rule, read in _rules(dataset)
            if column in read and len(read) < len(contract.filled_in) and fields_of[rule.code] < texts
        )
    )


@cache
def released_from(release: str) -> dict[str, str]:
    """Where each column of a release comes from: `<dataset>.<column>`, `linkage`, `eligibility` or `the exchange`."""
    sent = agreement().release_terms(release)
    made = _outcomes() if release == OUTCOMES else _enrolments()[0] if release == "enrolments" else _pairs()
    return {name: _origin(made.column(name)[0].as_py()) for name in (sent.columns if sent else ())}


def _everything() -> Iterator[tuple[str, str, Use]]:
    of_rows = (_routing, _eligibility, _registrations, _linkage, _names_of_pairs, _decisions, _officers)
    for read in (*of_rows, _rows_of_reports, _releases):
        yield from read()
    for dataset in CONTRACTS:
        yield from _ruling(dataset)


def _ruling(dataset: str) -> Iterator[tuple[str, str, Use]]:
    """What a rule reads to decide about something else than that very cell: which row stands, whether a value does."""
    for rule, read in _rules(dataset):
        if _asks_for_age(dataset, rule):
            yield (
                dataset,
                rule.field,
                Use(f"keeps evidence fresh: {rule.code}", RULES),
            )
        decides = rule.severity == "error" or rule.instead
        if decides and len(read) < len(CONTRACTS[dataset].filled_in):
            for name in read - {rule.field, *rule.instead}:
                yield dataset, name, Use(f"decides: {rule.code}", RULES)


def _asks_for_age(dataset: str, rule: Rule) -> bool:
    """Whether the rule's verdict hangs on the age that the agreement allows an extract."""
    rows, day = examples(dataset), agreement().in_force.last
    young, old = (rule.check(WatchedFrame(rows, set()), Context(day, days)) for days in (0, 10_000))
    return bool((young != old).any())


@cache
def _rules(dataset: str) -> tuple[tuple[Rule, frozenset[str]], ...]:
    day = agreement().in_force.first
    rows = examples(dataset)
    found = []
    for rule in CONTRACTS[dataset].rules:
        frame = WatchedFrame(rows, set())
        rule.check(frame, Context(day, 60))
        found.append((rule, frozenset(frame.read)))
    return tuple(found)


def _routing() -> Iterator[tuple[str, str, Use]]:
    directory = pa.table({"postcode": ["SW2 5SG"], "ons_code": ["E09000022"]})

    def find(rows: WatchedTable) -> None:
        rows.table = rows.table.append_column("row", pa.array(range(rows.num_rows), pa.int32()))
        route(rows, directory, agreement(), school="southwark")

    read = _watch("pupils", find)
    yield from _of("pupils", read, Use("finds the home borough", "shared/agreements/free_school_meals/whereabouts.py"))


def _eligibility() -> Iterator[tuple[str, str, Use]]:
    terms = agreement()
    rules, day = terms.eligibility.rule_set, terms.in_force.first
    read = _watch("pupils", lambda rows: exclude_pupils(rows, rule_set=rules, as_of=day))
    yield from _of(
        "pupils", read, Use("says who is left out", "shared/agreements/free_school_meals/eligibility/assess.py")
    )
    read = _watch("households", lambda rows: assess(rows, rule_set=rules, as_of=day))
    yield from _of(
        "households", read, Use("gives the tier", "shared/agreements/free_school_meals/eligibility/assess.py")
    )


def _registrations() -> Iterator[tuple[str, str, Use]]:
    def add(rows: WatchedTable) -> None:
        rows.table = rows.table.append_column("school_borough", pa.array(["southwark"] * rows.num_rows))
        rows.table = rows.table.append_column("row", pa.array(range(rows.num_rows)))
        second_registrations(rows)

    use = Use("counts a child once", "shared/agreements/free_school_meals/registrations.py")
    yield from _of("pupils", _watch("pupils", add), use)


def _linkage() -> Iterator[tuple[str, str, Use]]:
    records = read_records(one_cell_each("pupils"), one_cell_each("households"), SCHEMA)
    known = {field for held in COMPARED_IN.values() for field in held}
    if strangers := {field.name for field in fields(Records)} - known:
        raise LookupError(f"docs/governance/reading.py: COMPARED_IN does not say what {strangers} is held for")
    for what, names in COMPARED_IN.items():
        use = Use(f"{'links' if what in LEVELS else 'guard'}: {what}", "shared/agreements/free_school_meals/linkage.py")
        for name in names:
            for side, dataset in enumerate(("pupils", "households")):
                if OF_ONE_SIDE.get(name, side) == side:
                    held = getattr(records, name)
                    if isinstance(held, tuple) and name not in OF_ONE_SIDE:
                        held = held[side]
                    yield from _of(dataset, {CONTRACTS[dataset].names[row] for row in _said(held, side)}, use)


def _said(held: Any, side: int) -> set[int]:
    """The rows of one side of which a field of linkage says something, in whatever form it keeps it."""
    if isinstance(held, Addresses):
        return _said(held.house_numbers(np.arange(held.places.shape[1]))[0], side)
    if isinstance(held, Field):
        return _said((held.left, held.right)[side], side)
    if isinstance(held, np.ndarray):
        return set(np.flatnonzero(held if held.dtype == np.bool_ else held >= 0).tolist())
    return set().union(*(_said(part, side) for part in held))


def _names_of_pairs() -> Iterator[tuple[str, str, Use]]:
    use = Use("names the pair", "shared/agreements/free_school_meals/results.py")
    pupils, children = (
        WatchedTable(origins(dataset, (*CONTRACTS[dataset].names, "school_borough")), set())
        for dataset in ("pupils", "households")
    )
    match_refs("lambeth", pupils, children, KeyedPseudonyms(bytes(32)))
    for dataset, watched in (("pupils", pupils), ("households", children)):
        yield from _of(dataset, watched.read & set(CONTRACTS[dataset].names), use)


def _decisions() -> Iterator[tuple[str, str, Use]]:
    read = _enrolments()[1]
    yield from _of("decisions", read, Use("enrols the child", "shared/agreements/free_school_meals/enrol.py"))


def _rows_of_reports() -> Iterator[tuple[str, str, Use]]:
    for dataset, contract in CONTRACTS.items():
        if contract.numbered_by:
            yield dataset, contract.numbered_by, Use("names the row in reports", "shared/kernel/contract/report.py")


def _officers() -> Iterator[tuple[str, str, Use]]:
    path = "shared/agreements/free_school_meals/pipeline.py"
    read = set(CONTRACTS["decisions"].names) & literals(ROOT / path, "check")
    yield from _of("decisions", read, Use("counts the officers", path))


def _releases() -> Iterator[tuple[str, str, Use]]:
    for release in agreement().releases:
        for name, origin in released_from(release).items():
            dataset, _, column = origin.partition(".")
            if dataset in CONTRACTS:
                shown = "" if name == column else f" as `{name}`"
                yield dataset, column, Use(f"released: `{release}`{shown}", "shared/kernel/work")


@cache
def _pairs() -> pa.Table:
    terms = agreement()
    tiers = assess(examples("households"), rule_set=terms.eligibility.rule_set, as_of=terms.in_force.first).column_names
    return pairs(
        pa.array(["the exchange"]),
        origins("pupils", (*CONTRACTS["pupils"].names, "school_borough")),
        origins("households", CONTRACTS["households"].names),
        origins("linkage", tuple(LINKS.names)),
        origins("eligibility", tuple(tiers)),
    )


@cache
def _enrolments() -> tuple[pa.Table, frozenset[str]]:
    """What a decision becomes, and what is read of it."""
    pending = _pairs().select(PENDING_COLUMNS[1:]).append_column("match_ref", pa.array(["decisions.match_ref"]))
    decisions = WatchedTable(origins("decisions", CONTRACTS["decisions"].names), set())
    made = with_pupil(decisions, pending).append_column("status", pa.array(["the exchange"]))
    return made, frozenset(decisions.read)


@cache
def _outcomes() -> pa.Table:
    """What is told of each decision."""
    became = outcomes(origins("decisions", CONTRACTS["decisions"].names), ["excluded.objected"])
    for name in ("became", "why", "code"):
        place = became.schema.get_field_index(name)
        became = became.set_column(place, name, pa.array(["the exchange"]))
    return became


def _origin(said: str) -> str:
    where, _, column = said.partition(".")
    if where in CONTRACTS and column in CONTRACTS[where].names:
        return said
    return where if where in ("linkage", "eligibility") else "the exchange"


def _watch(dataset: str, read: Callable[[Any], object]) -> set[str]:
    rows = WatchedTable(examples(dataset), set())
    read(rows)
    return rows.read & set(CONTRACTS[dataset].names)


def _of(dataset: str, names: Sequence[str] | set[str] | frozenset[str], use: Use) -> Iterator[tuple[str, str, Use]]:
    return ((dataset, name, use) for name in names)
