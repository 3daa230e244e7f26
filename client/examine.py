"""Everything that a drop needs, looked at one by one. Nothing is sent, and no secret is in what it says."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from client import connect, versions
from client.beforehand import agreement_of, check_agreement
from client.exits import Exit, exit_of
from client.passes import INBOX, OUTBOX, Box, read_pass
from client.settings import Settings, load_settings, today
from shared.kernel.errors import ExchangeError

if TYPE_CHECKING:
    from shared.kernel.storage.access import BoroughDoor

_ROOM = 500 * 2**20
"""Bytes: two files of the largest that the agreement takes, and what is made from them."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    what: str
    holds: bool
    found: str
    code: str = ""
    remedy: str = ""
    exit: Exit = Exit.DONE

    def shown(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"what": self.what, "ok": self.holds, "found": self.found, "code": self.code, "remedy": self.remedy}


def examine(profile: Path | None, **options: Any) -> list[Check]:
    """Look at each, and go on after one that is wrong wherever the next can still be looked at."""
    found = [_looked("version", _version)]
    settings: Settings | None = None

    def profile_said() -> str:
        nonlocal settings
        settings = load_settings(profile, **options)
        return f"of {settings.slug()}"

    found.append(_looked("profile", profile_said))
    if settings is None:
        return found
    held = settings
    found += [
        _looked("agreement", lambda: _agreement(held)),
        _looked("keys", lambda: _keys(held)),
        _looked("disk", _disk),
        _looked("trusted certificates", lambda: connect.trusted(held.certificate)[1]),
        _looked("proxy", lambda: connect.check_proxies() or "none is set"),
        _looked("inbox pass", lambda: _pass(held, INBOX)),
        _looked("outbox pass", lambda: _pass(held, OUTBOX)),
    ]
    return [*found, *_of_the_exchange(held)]


def _looked(what: str, look: Callable[[], str]) -> Check:
    try:
        return Check(what, True, look())
    except ExchangeError as error:
        return Check(what, False, error.message, error.code, error.remedy, exit_of(error))
    except ModuleNotFoundError as error:
        part = str(error.name)
        problem = f"The part {part} is not installed."
        return Check(what, False, problem, "CLI-002", versions.how_to_install(part), Exit.OUR_FAULT)


def _version() -> str:
    facts = versions.version_facts()
    return f"{facts['version']}, {facts['format']}, Python {platform.python_version()}, {platform.system()}"


def _agreement(settings: Settings) -> str:
    from shared.kernel.terms.gates import NOT_IN_FORCE

    agreement = settings.agreement()
    if not agreement.in_force.covers(today()):
        raise NOT_IN_FORCE.refusal()
    return f"{agreement.reference}, in force until {agreement.in_force.last}"


def _keys(settings: Settings) -> str:
    from client.key_folder import check_private
    from shared.kernel.envelope.keys import Use

    ring, slug = settings.key_ring(), settings.slug()
    for use in (Use.RELEASE, Use.SIGN):
        check_private(settings.key_folder(), ring, slug, use)
    return f"seals to {ring.current(slug, Use.DROP)}, signs with {ring.current(slug, Use.SIGN)}"


def _disk() -> str:
    from client.codes import invalid

    free = shutil.disk_usage(Path.cwd()).free
    if free < _ROOM:
        raise invalid("INP-080", path=f"{Path.cwd()} ({free // 2**20} MB are free, {_ROOM // 2**20} are wanted)")
    return f"{free // 2**30} GB free in {Path.cwd()}"


def _pass(settings: Settings, box: Box) -> str:
    if settings.account_url:
        return "none is needed: an Entra account is used"
    connect.check_passes(settings, box)
    until = read_pass(settings.url(box.setting), box).until
    return f"holds until {until:%Y-%m-%dT%H:%M:%SZ}" if until else "no pass: an Entra account is used"


def _of_the_exchange(settings: Settings) -> Iterator[Check]:
    """What only the exchange can say: that it can be reached, its clock, and which agreement it goes by."""
    door: BoroughDoor | None = None

    def reached() -> str:
        nonlocal door
        door = connect.door_of(settings)
        door.greet()
        return "it answers"

    check = _looked("exchange", reached)
    yield check
    if door is None or not check.holds:
        return
    opened = door
    with opened:
        yield _looked("outbox", lambda: _outbox(opened))
        yield _looked("clock", lambda: _clock(opened))
        yield _looked(
            "agreement of the exchange",
            lambda: check_agreement(settings.agreement(), agreement_of(opened, settings.agreement())),
        )


def _outbox(door: BoroughDoor) -> str:
    return f"{sum(1 for _ in door.list())} files to collect"


def _clock(door: BoroughDoor) -> str:
    difference = connect.ahead(door)
    connect.check_clock(difference)
    return "not known" if difference is None else f"{connect.how_far(difference)} by the exchange's"
