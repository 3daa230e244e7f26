"""The watchdog: what the agreement promises, compared with what the account holds and how it is set up. Pure.

The codes are data, so that the operators' page can be held to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from shared.kernel.disposal.account import Account
from shared.kernel.disposal.certificate import due
from shared.kernel.disposal.lifecycle import RECORDS, SHARED, is_wrong, uncovered
from shared.kernel.disposal.objects import HELD, HeldObject
from shared.kernel.disposal.stopped import is_kept
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.terms.agreements import Agreements

if TYPE_CHECKING:
    from shared.kernel.storage.management import LifecycleRule

SWEPT_WITHIN_DAYS = 1
"""A sweep that was finished neither today nor yesterday is late."""
LIFECYCLE_RUN_WITHIN = timedelta(hours=72)


@dataclass(frozen=True)
class Code:
    """One thing that the watchdog says. `unknown` is no alarm: it cannot be seen from here, so somebody has to look."""

    code: str
    severity: Literal["alarm", "unknown"]
    meaning: str
    remedy: str


def _alarm(number: int, meaning: str, remedy: str) -> Code:
    return Code(f"DSP-{number:03d}", "alarm", meaning, remedy)


MISSING = _alarm(1, "An object went before its day, and no sweep deleted it.", "Ask the storage logs who deleted it.")
TOO_OLD = _alarm(
    2, "An object has reached the day of the alarm, or has no date.", "Find out what kept the sweep; delete it today."
)
LEASED = _alarm(3, "A lease bars the deletion of an object that is past its day.", "Find its holder, break the lease.")
ON_HOLD = _alarm(
    4, "A legal hold or an immutability policy lies where personal data is.", "Find out who set it; lift it."
)
SOFT_DELETE = _alarm(5, "Deleted blobs or containers are kept (soft delete).", "Turn soft delete off.")
VERSIONS = _alarm(
    6, "Versions, restore points or replicas are kept of what is deleted.", "Turn them off; delete what they kept."
)
NOT_SWEPT = _alarm(7, "No sweep was finished today or yesterday.", "Look for `timer.failed`; run the sweep.")
NOT_COVERED = _alarm(8, "No enabled lifecycle rule covers a container.", "Add it to the policy, with a `/` at its end.")
WRONG_RULE = _alarm(
    9,
    "A lifecycle rule has days that are wrong for an agreement it reaches, a prefix without `/` at its end, or reaches "
    "records that must be kept.",
    "Correct the policy. Agreements of other days want rules of their own, for each agreement's folders.",
)
LIFECYCLE_LATE = _alarm(
    10,
    "The lifecycle policy reported no run for 72 hours though there was something to delete, or its last one left "
    "objects.",
    "Look at its errors in the storage logs.",
)
UNKNOWN_PLACE = _alarm(
    11, "There is a container, or a part of one, that no sweep reaches.", "Find out who made it; empty it."
)
NOT_SEEN = Code(
    "DSP-012", "unknown", "A part of the set-up cannot be seen from here.", "Look at the account's settings yourself."
)
NOT_REPORTED = Code(
    "DSP-013",
    "unknown",
    "The lifecycle policy reported no run for 72 hours, and there was nothing for it to delete.",
    "Nothing while sweeps are done: whether Azure reports a run that deletes nothing is not documented.",
)
UNDER_HOLD = Code(
    "DSP-014",
    "unknown",
    "Objects are kept beyond their day, because a hold wants them.",
    "See `exchange hold list`. End the hold when whoever wanted it has what they need.",
)
CLOCK = _alarm(
    15,
    "The clock of the machine and the storage service's do not agree: nothing is swept (CLK-001), and nothing else "
    "that goes by days can be told.",
    "Set the machine's clock (its time service), today.",
)
CODES = (
    *(MISSING, TOO_OLD, LEASED, ON_HOLD, SOFT_DELETE, VERSIONS, NOT_SWEPT, NOT_COVERED, WRONG_RULE, LIFECYCLE_LATE),
    *(UNKNOWN_PLACE, NOT_SEEN, NOT_REPORTED, UNDER_HOLD, CLOCK),
)


@dataclass(frozen=True)
class Finding:
    """Something that is not as the agreement promises. Holds codes and counts only."""

    code: Code
    owner: str
    """A party's slug, or `exchange` for what concerns the whole account."""
    where: str
    """A kind of container, or a setting."""
    count: int = 1


def check(agreements: Agreements, account: Account, now: datetime) -> tuple[Finding, ...]:
    """Every finding, in a fixed order. `now` is aware."""
    found: list[Finding] = []
    for owner, objects in account.objects.items():
        found += _objects(agreements, owner, objects, now)
        swept = account.swept.get(owner)
        if swept is None or (now.date() - swept).days > SWEPT_WITHIN_DAYS:
            found.append(Finding(NOT_SWEPT, owner, "sweep"))
    found += _places(account)
    found += _configuration(agreements, account, now)
    return tuple(found)


def _objects(agreements: Agreements, owner: str, objects: tuple[HeldObject, ...], now: datetime) -> Iterator[Finding]:

    def is_too_old(held: HeldObject) -> bool:
        days = agreements.retention_of(held.agreement).line(held.kind).watchdog
        return not is_kept(held) and (held.since is None or held.since <= now - timedelta(days=days))

    late = due(objects, now, agreements)
    questions: tuple[tuple[Code, tuple[HeldObject, ...], Callable[[HeldObject], bool]], ...] = (
        (TOO_OLD, objects, is_too_old),
        (LEASED, late, lambda held: held.bar == "leased"),
        (ON_HOLD, objects, lambda held: held.bar in ("legal_hold", "immutable")),
        (SOFT_DELETE, objects, lambda held: held.state == "deleted"),
        (VERSIONS, objects, lambda held: held.state == "version"),
        (UNDER_HOLD, objects, is_kept),
    )
    for code, among, concerned in questions:
        for kind, count in sorted(Counter(held.kind for held in among if concerned(held)).items()):
            yield Finding(code, owner, kind, count)


def _places(account: Account) -> Iterator[Finding]:
    boxes = {f"{owner}-{box}" for owner in account.objects for box in ("inbox", "outbox")}
    unknown = account.containers - boxes - {*SHARED, *RECORDS, HELD}
    if unknown:
        yield Finding(UNKNOWN_PLACE, EXCHANGE, "account", len(unknown))
    for container, count in sorted(account.strays.items()):
        if count:
            yield Finding(UNKNOWN_PLACE, EXCHANGE, container, count)


def _configuration(agreements: Agreements, account: Account, now: datetime) -> Iterator[Finding]:
    configuration = account.configuration
    for name, setting in sorted(vars(configuration).items()):
        if setting is None:
            yield Finding(NOT_SEEN, EXCHANGE, name)
    for name, days in (
        ("soft_delete_days", configuration.soft_delete_days),
        ("container_soft_delete_days", configuration.container_soft_delete_days),
    ):
        if days:
            yield Finding(SOFT_DELETE, EXCHANGE, name, days)
    for name in ("versioning", "point_in_time_restore", "object_replication"):
        if getattr(configuration, name):
            yield Finding(VERSIONS, EXCHANGE, name)
    if held := (configuration.held_containers or frozenset()) - set(RECORDS):
        yield Finding(ON_HOLD, EXCHANGE, "held_containers", len(held))
    if configuration.lifecycle is not None:
        yield from _lifecycle(agreements, account, configuration.lifecycle)
    yield from _lifecycle_run(agreements, account, now)


def _lifecycle(agreements: Agreements, account: Account, rules: tuple[LifecycleRule, ...]) -> Iterator[Finding]:
    if bare := uncovered(rules, account.containers, account.objects, agreements):
        yield Finding(NOT_COVERED, EXCHANGE, "lifecycle", len(bare))
    if wrong := [rule for rule in rules if rule.enabled and is_wrong(rule, agreements)]:
        yield Finding(WRONG_RULE, EXCHANGE, "lifecycle", len(wrong))


def _lifecycle_run(agreements: Agreements, account: Account, now: datetime) -> Iterator[Finding]:
    """What the last reported run says. As a rule it had nothing to do, since the sweep comes before it."""
    configuration = account.configuration
    if configuration.lifecycle_errors:
        yield Finding(LIFECYCLE_LATE, EXCHANGE, "lifecycle", configuration.lifecycle_errors)
        return
    ended = configuration.lifecycle_completed
    if ended is None or now - ended <= LIFECYCLE_RUN_WITHIN:
        return
    waiting = sum(
        held.since is not None
        and held.since <= now - timedelta(days=agreements.retention_of(held.agreement).line(held.kind).lifecycle)
        for objects in account.objects.values()
        for held in objects
    )
    yield Finding(LIFECYCLE_LATE if waiting else NOT_REPORTED, EXCHANGE, "lifecycle_completed", waiting or 1)
