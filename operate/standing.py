"""Does every party's drop find its function? Agreement, functions and event subscriptions, compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from operate.replaying import feeds_of
from shared.kernel.storage.dead_letters import POLICY_RUNS

if TYPE_CHECKING:
    from shared.kernel.storage.deployment import AppFunction, AppState, Subscription
    from shared.kernel.terms.agreements import Agreements

State = Literal["wrong", "not known", "noted"]
BESIDE = ("disposal", "watchdog", "records", "reconcile", "queues", "health")
"""Functions that no event calls."""
_CONTAINERS = "/blobServices/default/containers"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be, or that cannot be seen from here."""

    code: str
    state: State
    where: str
    """A feed, function, subscription, queue or setting. No blob's name."""
    what: str

    def row(self) -> dict[str, str]:
        """As it is shown."""
        return {"state": self.state, "code": self.code, "where": self.where, "what": self.what}


def compare(
    agreements: Agreements,
    app: AppState | None,
    functions: tuple[AppFunction, ...] | None,
    subscriptions: tuple[Subscription, ...] | None,
) -> Iterator[Finding]:
    """Everything that keeps a drop of a party from its function. `None` is what may not be seen: said as such."""
    feeds = feeds_of(agreements)
    if app is None or functions is None:
        yield Finding("EVT-020", "not known", "functions", "The app may not be looked at with this identity.")
    if app is not None and not app.running:
        yield Finding("EVT-016", "wrong", "app", "The app is stopped: no event is taken.")
    if functions is not None:
        yield from _functions({one.name: one for one in functions}, (*feeds.values(), *BESIDE))
    if subscriptions is None:
        yield Finding("EVT-020", "not known", "subscriptions", "The topic may not be looked at with this identity.")
        return
    names = None if functions is None else {one.name for one in functions}
    by_name = {one.name: one for one in subscriptions}
    for feed, function in feeds.items():
        if feed not in by_name:
            yield Finding("EVT-015", "wrong", feed, "It has no event subscription: no function is told of its blobs.")
        else:
            yield from _feed(feed, function, by_name[feed], app)
    for one in subscriptions:
        yield from _names(one, feeds, names)


def _functions(found: Mapping[str, AppFunction], wanted: tuple[str, ...]) -> Iterator[Finding]:
    for name in wanted:
        if name not in found:
            yield Finding("EVT-017", "wrong", name, "The app does not have this function.")
        elif found[name].disabled:
            yield Finding(
                "EVT-016",
                "wrong",
                name,
                "The function is disabled: no timer calls it, and an event for it is dropped in silence.",
            )


def _feed(feed: str, function: str, one: Subscription, app: AppState | None) -> Iterator[Finding]:
    """Whether the subscription of a feed carries its events to its function."""
    if not one.in_force:
        yield Finding("EVT-018", "wrong", one.name, "Azure has not finished making this subscription, or failed to.")
    if feed != POLICY_RUNS:
        container = "requests" if feed == "request" else f"{feed.removeprefix('drop-')}-inbox"
        if one.subject != f"{_CONTAINERS}/{container}/blobs/":
            yield Finding("EVT-018", "wrong", one.name, f"Its filter is not that of the container {container}.")
    if one.queue:
        if one.queue != feed:
            yield Finding("EVT-018", "wrong", one.name, "It fills another queue than its own.")
    elif one.function is None:
        yield Finding("EVT-020", "not known", one.name, "Which function it calls may not be seen with this identity.")
    elif one.function != function:
        yield Finding("EVT-018", "wrong", one.name, "It calls another function than its own.")
    elif app is not None and one.host != app.host:
        yield Finding("EVT-018", "wrong", one.name, "It calls another app.")


def _names(one: Subscription, feeds: Mapping[str, str], names: set[str] | None) -> Iterator[Finding]:
    """Whether what a subscription calls is there, and whether an agreement knows it."""
    called = feeds.get(one.queue) if one.queue else one.function
    if called is not None and names is not None and called not in names:
        yield Finding("EVT-014", "wrong", one.name, "It names a function that the app does not have.")
    if one.name not in feeds:
        yield Finding("EVT-019", "wrong", one.name, "No party of an agreement has this subscription: delete it.")
