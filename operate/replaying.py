"""What both replays have in common: what was given is recorded and then removed; what stays is listed with its reason.

An event is given first, then its removal is recorded, then it is removed. Whatever breaks in between, it is given once
too often and never lost, and nothing is removed unrecorded.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import typer

from client.console import answer, note, table
from client.exits import Exit, exit_of
from operate import site
from operate.webhook import NotTaken
from shared.kernel.errors import ExchangeError, Missing
from shared.kernel.storage.dead_letters import POLICY_RUNS

if TYPE_CHECKING:
    from operate.site import OperatedSite
    from shared.kernel.storage.storage import Storage
    from shared.kernel.terms.agreements import Agreements

Row = dict[str, Any]
NOT_ASKED = "It was not asked for."


class Stays(ExchangeError):
    """An event that stays where it is: it cannot be read (EVT-011), nobody takes it (EVT-012, EVT-016), or its removal
    cannot be recorded (EVT-013)."""


def unreadable() -> Stays:
    """The event is none of ours."""
    return Stays("EVT-011", "It cannot be read.", "Look at it where it lies, and delete it there.")


def unknown(name: str) -> Stays:
    """Nobody takes its events: the host would answer 202, and drop it."""
    return Stays("EVT-012", f"The app has no function {name}.", "Deploy the agreement that has it, or delete it there.")


def disabled(function: str) -> Stays:
    """It is there and takes nothing: the host would answer 202, and drop the event."""
    return Stays("EVT-016", f"The function {function} is disabled.", "Enable it, and replay again.")


def feeds_of(agreements: Agreements) -> dict[str, str]:
    """Every feed of events (as its queue is called), with the function that takes them."""
    feeds = (*(f"drop-{slug}" for slug in agreements.senders), "request", POLICY_RUNS)
    return {feed: feed.replace("-", "_") for feed in feeds}


@dataclass(frozen=True)
class Takers:
    """Who takes which events: as the agreements have it and, where Azure can be asked, as the app is."""

    feeds: dict[str, str]
    """Every feed with its function."""
    missing: frozenset[str] = frozenset()
    """Functions that the app does not have."""
    disabled: frozenset[str] = frozenset()

    @classmethod
    def of(cls, chosen: OperatedSite) -> Takers:
        """Those of the site. Azure is asked where the site names app and topic; no answer stops nothing."""
        feeds = feeds_of(chosen.every_agreement())
        if not (chosen.app_id and chosen.topic_id):
            return cls(feeds)
        deployment = chosen.deployment()
        try:
            found = deployment.functions()
        except ExchangeError as error:
            note(f"{error.code}: whether the app has its functions is not known. {error.message}")
            found = None
        finally:
            deployment.close()
        if found is None:
            return cls(feeds)
        names = {one.name for one in found}
        return cls(feeds, frozenset(feeds.values()) - names, frozenset(one.name for one in found if one.disabled))

    def check(self, function: str, called: str) -> None:
        """Raise `Stays` (EVT-012, EVT-016) where an event for the function would be dropped in silence."""
        if function not in self.feeds.values() or function in self.missing:
            raise unknown(called)
        if function in self.disabled:
            raise disabled(function)


@dataclass(frozen=True)
class Given:
    """What the app, or its queue, has now."""

    feed: str
    rows: tuple[Row, ...]
    """As they are shown; several where one dead letter holds several events."""
    remove: Callable[[str], None]
    """Remove it where it lay, under a request id."""


@dataclass
class Replay:
    """One replay: what was given, and what stays where it was and why."""

    source: str
    """``poison`` or ``deadletter``."""
    given: list[Given] = field(default_factory=list)
    done: list[Row] = field(default_factory=list)
    left: list[Row] = field(default_factory=list)
    _exits: set[Exit] = field(default_factory=set)

    def pass_over(self, *rows: Row) -> None:
        """These were not asked for."""
        self.left += [row | {"code": "", "why": NOT_ASKED} for row in rows]

    def keep(self, error: ExchangeError, *rows: Row) -> None:
        """These stay, for this reason."""
        self.left += [row | {"code": error.code, "why": f"{error.message} {error.remedy}".rstrip()} for row in rows]
        self._exits.add(_exit_of(error))

    def settle(self, chosen: OperatedSite, storage: Storage) -> None:
        """Record what was given, and remove it where it lay."""
        from shared.kernel.envelope.manifest import EXCHANGE
        from shared.kernel.ledger.chain import Ledger

        if not self.given:
            return
        ledger = Ledger(storage.ledger(), clock=site.now)
        subject = f"replay:{site.now():%Y%m%d}-{secrets.token_hex(16)}"
        feeds = Counter(given.feed for given in self.given)
        try:
            ledger.record(
                subject, "given", service="replay", tenant=EXCHANGE, counts={**feeds, self.source: len(self.given)}
            )
        except ExchangeError as error:
            for given in self.given:
                self.keep(_unrecorded(error), *given.rows)
            return
        removed = 0
        for given in self.given:
            try:
                with suppress(Missing):  # somebody else has removed it meanwhile
                    given.remove(subject)
            except ExchangeError as error:
                self.keep(error, *given.rows)
            else:
                removed += 1
                self.done += given.rows
        counts = {"removed": removed, "left": len(self.given) - removed}
        try:
            ledger.record(subject, "done", service="replay", tenant=EXCHANGE, counts=counts)
        except ExchangeError as error:
            note(f"{error.code}: all is done, but the end of {subject} could not be recorded.")

    def say(self, *, as_json: bool) -> None:
        """Say what became of each, and end with the code that means it."""
        text = f"Replayed: {len(self.done)}. Left: {len(self.left)}."
        stayed = Counter((row["code"], row["why"]) for row in self.left if row["code"])
        if stayed:
            text += "\n" + table(["left", "code", "why"], [[count, *reason] for reason, count in stayed.items()])
        answer({"ok": not stayed, "replayed": self.done, "left": self.left}, text, as_json=as_json)
        if code := self.exit:
            raise typer.Exit(code)

    @property
    def exit(self) -> Exit:
        """What all of it amounts to."""
        if not self._exits:
            return Exit.DONE
        return Exit.PARTLY if self.done or len(self._exits) > 1 else next(iter(self._exits))


def _unrecorded(error: ExchangeError) -> Stays:
    remedy = "It was given, and is done; give yourself the role on the ledger, and replay again."
    return Stays("EVT-013", f"Its removal could not be recorded ({error.code}), so it was not removed.", remedy)


def _exit_of(error: ExchangeError) -> Exit:
    if isinstance(error, NotTaken):
        return error.exit
    return Exit.REFUSED if isinstance(error, Stays) else exit_of(error)
