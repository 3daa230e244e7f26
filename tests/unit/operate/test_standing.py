"""What keeps a party's drop from its function is found, each for what it is; what cannot be seen is never fine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from operate.replaying import feeds_of
from operate.standing import BESIDE, compare
from shared.agreements.registry import load_agreements
from shared.kernel.storage.deployment import AppFunction, AppState, Subscription
from shared.kernel.terms.agreements import Agreements
from shared.kernel.terms.model import Agreement

ROOT = Path(__file__).resolve().parents[3]
AGREEMENTS = load_agreements()
FEEDS = feeds_of(AGREEMENTS)
HOST = "func-bx-0a1b.azurewebsites.net"
APP = AppState(True, HOST)
BLOBS = "/blobServices/default/containers"


def functions() -> dict[str, AppFunction]:
    return {name: AppFunction(name, False) for name in (*FEEDS.values(), *BESIDE)}


def container(feed: str) -> str:
    return "requests" if feed == "request" else f"{feed.removeprefix('drop-')}-inbox"


def pushed() -> dict[str, Subscription]:
    """The subscriptions of `events.bicep` where Event Grid calls the app."""
    made = {
        feed: Subscription(feed, True, f"{BLOBS}/{container(feed)}/blobs/", "", function, HOST)
        for feed, function in FEEDS.items()
    }
    return made | {"policy-runs": Subscription("policy-runs", True, "", "policy-runs", None, None)}


def queued() -> dict[str, Subscription]:
    """Those of the private variant."""
    return {name: replace(one, queue=name, function=None, host=None) for name, one in pushed().items()}


Parts = tuple[AppState | None, dict[str, AppFunction] | None, dict[str, Subscription] | None]


def found(parts: Parts) -> set[tuple[str, str, str]]:
    app, known, subscribed = parts
    return {
        (one.code, one.state, one.where)
        for one in compare(
            AGREEMENTS,
            app,
            None if known is None else tuple(known.values()),
            None if subscribed is None else tuple(subscribed.values()),
        )
    }


@pytest.mark.parametrize("subscribed", [pushed, queued])
def test_what_the_templates_deploy_is_well(subscribed: Callable[[], dict[str, Subscription]]) -> None:
    assert found((APP, functions(), subscribed())) == set()


@pytest.mark.outside
def test_the_functions_that_are_asked_for_are_those_of_the_app() -> None:
    # In a process of its own: an app tells its functions once.
    code = "import function_app; print(*(one.get_function_name() for one in function_app.app.get_functions()))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    names = set(said.stdout.split())

    assert names | {"reconcile"} == {*FEEDS.values(), *BESIDE}


def without(feed: str) -> Parts:
    subscribed = pushed()
    del subscribed[feed]
    return APP, functions(), subscribed


def lacking(name: str, subscribed: Callable[[], dict[str, Subscription]] = pushed) -> Parts:
    known = functions()
    del known[name]
    return APP, known, subscribed()


def disabled(name: str) -> Parts:
    return APP, functions() | {name: AppFunction(name, True)}, pushed()


def changed(feed: str, subscribed: Callable[[], dict[str, Subscription]] = pushed, **facts: object) -> Parts:
    all_of_them = subscribed()
    return APP, functions(), all_of_them | {feed: replace(all_of_them[feed], **facts)}  # type: ignore[arg-type]


def left_over(name: str = "drop-hackney", function: str | None = "drop_hackney", queue: str = "") -> Parts:
    subject = f"{BLOBS}/hackney-inbox/blobs/"
    return APP, functions(), pushed() | {name: Subscription(name, True, subject, queue, function, HOST)}


WRONG: dict[str, tuple[Parts, set[tuple[str, str]]]] = {
    "a party without a subscription": (without("drop-lambeth"), {("EVT-015", "drop-lambeth")}),
    "requests without one": (without("request"), {("EVT-015", "request")}),
    "runs of the policy without one": (without("policy-runs"), {("EVT-015", "policy-runs")}),
    "a function that the app does not have": (
        lacking("drop_lambeth"),
        {("EVT-014", "drop-lambeth"), ("EVT-017", "drop_lambeth")},
    ),
    "a queue whose function the app does not have": (
        lacking("request", queued),
        {("EVT-014", "request"), ("EVT-017", "request")},
    ),
    "no reconciliation": (lacking("reconcile"), {("EVT-017", "reconcile")}),
    "a function that is disabled": (disabled("drop_southwark"), {("EVT-016", "drop_southwark")}),
    "a timer that is disabled": (disabled("disposal"), {("EVT-016", "disposal")}),
    "an app that is stopped": ((replace(APP, running=False), functions(), pushed()), {("EVT-016", "app")}),
    "a subscription of a borough that has left": (
        left_over(),
        {("EVT-014", "drop-hackney"), ("EVT-019", "drop-hackney")},
    ),
    "a stranger's webhook": (left_over("audit", "", ""), {("EVT-014", "audit"), ("EVT-019", "audit")}),
    "another borough's function": (
        changed("drop-lambeth", function="drop_southwark"),
        {("EVT-018", "drop-lambeth")},
    ),
    "a function in other letters": (
        changed("drop-lambeth", function="Drop_Lambeth"),
        {("EVT-014", "drop-lambeth"), ("EVT-018", "drop-lambeth")},
    ),
    "a webhook of another app": (changed("drop-lambeth", host="old.azurewebsites.net"), {("EVT-018", "drop-lambeth")}),
    "a filter without its slash": (
        changed("drop-lambeth", subject=f"{BLOBS}/lambeth-inbox"),
        {("EVT-018", "drop-lambeth")},
    ),
    "a filter over everything": (changed("request", subject=""), {("EVT-018", "request")}),
    "another borough's queue": (changed("drop-lambeth", queued, queue="drop-southwark"), {("EVT-018", "drop-lambeth")}),
    "a subscription that is not finished": (changed("drop-lambeth", in_force=False), {("EVT-018", "drop-lambeth")}),
}


@pytest.mark.parametrize("name", WRONG)
def test_each_mistake_is_found_for_what_it_is(name: str) -> None:
    parts, expected = WRONG[name]

    assert found(parts) == {(code, "wrong", where) for code, where in expected}


def test_what_may_not_be_seen_is_not_known_and_never_fine() -> None:
    unseen = "not known"
    assert found((None, functions(), pushed())) == {("EVT-020", unseen, "functions")}
    assert found((APP, None, pushed())) == {("EVT-020", unseen, "functions")}
    assert found((APP, functions(), None)) == {("EVT-020", unseen, "subscriptions")}
    assert found((None, None, None)) == {("EVT-020", unseen, "functions"), ("EVT-020", unseen, "subscriptions")}
    assert found(changed("drop-lambeth", function=None, host=None)) == {("EVT-020", unseen, "drop-lambeth")}


def _with(terms: Agreement, *more: str) -> Agreement:
    """The agreement with further parties, which may drop what the others may."""
    datasets = {
        name: dataset.model_copy(update={"dropped_by": (*dataset.dropped_by, *more)})
        for name, dataset in terms.datasets.items()
    }
    return terms.model_copy(update={"controllers": (*terms.controllers, *more), "datasets": datasets})


def test_a_party_that_the_app_does_not_know_yet_is_found_by_its_own_name() -> None:
    """The agreement has a fifth party, the app and the topic are as they were."""
    further = {"kensington-and-chelsea"}
    wider = Agreements(tuple(replace(each, terms=_with(each.terms, *further)) for each in AGREEMENTS))

    findings = list(compare(wider, APP, tuple(functions().values()), tuple(pushed().values())))

    assert {(one.code, one.where) for one in findings} == {
        ("EVT-017", "drop_kensington_and_chelsea"),
        ("EVT-015", "drop-kensington-and-chelsea"),
    }
