"""Facts that several governance pages state, each taken from the agreement or the templates and never typed again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import yaml

from docs.governance.markdown import listed, table
from shared.agreements.free_school_meals.terms import FreeSchoolMeals, own_terms
from shared.agreements.registry import load_agreement
from shared.kernel.parties.model import Party
from shared.kernel.terms.retention import Container, Lasting

ROOT = Path(__file__).resolve().parents[2]
BICEP = ROOT / "infra" / "bicep"

REGIONS = {"uksouth": "UK South (London), United Kingdom"}
"""What a region's name in the templates means."""


@cache
def agreement() -> FreeSchoolMeals:
    """The agreement that the exchange obeys."""
    return own_terms(load_agreement("fsm"))


def day(of: date) -> str:
    """`1 September 2026`."""
    return f"{of.day} {of:%B %Y}"


def name(slug: str) -> str:
    """What a borough is called."""
    return agreement().by_slug[slug].name


def names(slugs: tuple[str, ...]) -> str:
    """What boroughs are called; `every party` where it is all of them."""
    return "every party" if set(slugs) == set(agreement().controllers) else listed([name(slug) for slug in slugs])


def region() -> str:
    """The one region that the templates deploy to."""
    found = re.findall(r"@allowed\(\[([^\]]*)\]\)\nparam location string", (BICEP / "main.bicep").read_text("utf-8"))
    [region] = re.findall(r"'([a-z]+)'", found[0])
    return REGIONS[region]


def officers_named() -> dict[str, int]:
    """How many officers each party has named so far."""
    boroughs = yaml.safe_load((BICEP / "principals.yaml").read_text("utf-8"))["boroughs"]
    return {slug: len(boroughs.get(slug, {}).get("officers", [])) for slug in agreement().controllers}


def officers_named_words() -> str:
    """The same in words."""
    return listed([f"{name(slug)} {number}" for slug, number in officers_named().items() if number]) or "nobody"


def workspace_days() -> int:
    """How long logs for looking at are kept; the audit account keeps its own as long as the ledger."""
    [days] = re.findall(r"retentionInDays: (\d+)", (BICEP / "modules" / "monitoring.bicep").read_text("utf-8"))
    return int(days)


@dataclass(frozen=True)
class Right:
    """A role of the exchange's own."""

    name: str
    allows: str


def rights() -> tuple[Right, ...]:
    """The custom roles that the templates define."""
    text = (BICEP / "modules" / "roles.bicep").read_text("utf-8")
    found = re.findall(r"name: 'Exchange: ([^']+)'\n\s+description: '([^']+)'", text)
    return tuple(Right(*one) for one in found)


@dataclass(frozen=True)
class Held:
    """What is kept in one kind of container."""

    what: str
    about: str
    """Whose data, or `nobody`."""
    sealed: str
    read_by: str


SIDES = {"own": "home", "others": "school"}
"""Who a release goes to, in this agreement's words."""

HELD: dict[Container | Lasting, Held] = {
    "inbox": Held(
        "files as they were dropped",
        "children, parents, officers",
        "the exchange's `drop` key of that borough",
        "the exchange; not the sender, who can only put files in",
    ),
    "staging": Held(
        "accepted rows by home borough; in a sender's own part the UPNs or claim "
        "references of each of its files, which tell whether one replaces another",
        "children, parents, officers",
        "the exchange's `staging` key",
        "the exchange",
    ),
    "outbox": Held(
        "results, review, enrolments; beside them reports, receipts and summaries, which hold counts and no values",
        "children, parents",
        "that borough's own `release` key (reports, receipts, summaries: not sealed)",
        "that borough alone; the exchange cannot open a result again",
    ),
    "pending": Held(
        "what a decision may come on: of each pair its name (`match_ref`), UPN, school and tier",
        "children",
        "the exchange's `staging` key",
        "the exchange",
    ),
    "decisions": Held(
        "what was decided on a pair, by a keyed pseudonym of it; the day, and the day on which that is forgotten. "
        "Nothing else",
        "children, parents, under pseudonyms",
        "the exchange's `staging` key",
        "the exchange",
    ),
    "requests": Held("which work is due", "nobody", "not sealed", "the exchange"),
    "claims": Held(
        "times fixed once; how a sender's drops stand to each other, by ids and counts; the sweep's own notes",
        "nobody",
        "not sealed",
        "the exchange",
    ),
    "poison": Held(
        "which event failed five times: container and file name",
        "nobody, unless a sender named a file after somebody",
        "not sealed",
        "the exchange, operators",
    ),
    "deadletter": Held(
        "events that could not be delivered",
        "nobody, unless a sender named a file after somebody",
        "not sealed",
        "the exchange, operators",
    ),
}
"""By kind of container, as the agreement's `retention` names them."""


def retention_table() -> str:
    """How long each kind of container keeps what, and who can read it."""
    terms = agreement().retention
    rows = [
        (f"`{kind}`", held.what, held.about, held.sealed, held.read_by, str(terms.line(kind).sweep))
        for kind, held in HELD.items()
        if kind in terms.kinds
    ]
    records = agreement().records
    rows += [
        ("`ledger`", "what happened: counts, codes, hashes", "nobody", "not sealed; hash-chained",
         "the exchange, operators, auditors", str(records.ledger_days)),
        ("`certificates`", "what was destroyed: ids, hashes, counts", "nobody", "signed",
         "the exchange, operators, auditors", str(records.certificate_days)),
        ("`reference`", "the public postcode directory", "nobody", "not sealed", "the exchange, operators", "-"),
        ("queues of events", "which file arrived; what the lifecycle policy did. Taken within minutes, or given up "
         "into `poison`", HELD["poison"].about, "not sealed", "the exchange, operators", "-"),
        ("audit account", "logs of every read, write, deletion and use of a key", "officers, operators, keepers: "
         "object ids, addresses, times; names of files", "append-only", "auditors, operators",
         str(records.ledger_days)),
        ("log workspace", "the same, for alarms and for looking at", "the same", "-", "operators",
         str(workspace_days())),
    ]  # fmt: skip
    header = ("where", "what", "about", "sealed to", "who can read it", "days")
    return table(header, rows)


def longest_chain() -> int:
    """Days from a drop to the end of the last that can come of it: staged rows, then what awaits a decision, then an
    enrolment. Pseudonyms last longer and are told apart.

    What is past its day goes in the night after, so each may last a day longer than its days.
    """
    terms = agreement().retention
    return sum(terms.line(kind).sweep + 1 for kind in ("staging", "pending", "outbox"))


def retention_words() -> str:
    """How the days of personal data are counted."""
    terms = agreement().retention
    days = sorted(set(terms.sweep_days.values()))
    return (
        f"Days are counted from when each object was written. The sweep destroys on day {max(days)} at the latest, "
        f"the storage account's own lifecycle policy is the backstop on day {terms.lifecycle_days}, a watchdog alarms "
        f"on day {terms.watchdog_days}, and {terms.promise_days} days is the promise for every object, but for two "
        f"kinds with days of their own. What a decision may come on is kept for {terms.pending_days} days, since "
        f"families have time to answer; what was decided for {terms.decisions_days}, by a keyed pseudonym and nothing "
        "else. It is no promise about a child: a result may be written as long as the rows behind it are there, and an "
        "enrolment as long as the result's reference is, each with days of its own. **Something of one drop can be "
        f"there for up to {longest_chain()} days after it arrived.** Results that nobody has collected by day "
        f"{terms.reminder_days} are named."
    )


def purpose_of(dataset: str) -> str:
    """The purpose that a dataset is dropped for."""
    wanted = agreement().terms_of(dataset).purpose
    [text] = [purpose.text for purpose in agreement().purposes if purpose.id == wanted]
    return text


def drops_of(slug: str) -> tuple[str, ...]:
    """The datasets that a borough may drop."""
    return tuple(str(dataset) for dataset, terms in agreement().datasets.items() if slug in terms.dropped_by)


def parties() -> tuple[Party, ...]:
    """The boroughs that are party to the agreement."""
    return agreement().participants
