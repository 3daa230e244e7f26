"""Where an event meets a service: what the host may see of the outcome.

Four outcomes. The service returns: done, including a drop that was rejected with a report. It raises `RefusedEvent`:
recorded, and a retry would be refused again, so the event is done. It raises a fault that will pass: the event is done,
too, and its blob is left to reconciliation, since the host tries five times within seconds and no setting spaces these
tries. It raises anything else, a defect: raised on, so that the host tries again and, after the fifth time, puts the
event on the poison queue.

The host writes the text of an exception, and of every exception behind it, to the logs. Texts of this product's errors
hold no value from a row; those of other libraries do (`could not convert 'Okafor'`), so they stop here.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from functions.journal import say, shown
from functions.reference import BlobReference
from shared.kernel.errors import ExchangeError, RefusedEvent

if TYPE_CHECKING:
    from shared.kernel.reconcile.attend import Ended

Facts = Mapping[str, str | int | None]
"""What a line says beside its event."""
_HERE = Path(__file__).resolve().parents[1]


class Unexpected(ExchangeError):
    """A defect of ours: what kind and where, without its text."""

    @classmethod
    def of(cls, error: Exception) -> Unexpected:
        """The same failure, fit for a log."""
        where = _where(error)
        return cls(
            "SYS-001",
            f"{type(error).__name__} at {where}.",
            "Mend the defect: reconciliation tries what it hinders again, at once when the version is another.",
        ).with_traceback(error.__traceback__)


def deliver(trigger: str, blob: BlobReference, work: Callable[[], Ended]) -> None:
    """Do the `work` of one event and journal its outcome, and what came of it, under the trigger's name."""
    facts = {"trigger": trigger, "container": blob.container, "blob": shown(blob.name)}
    _attempt("event", lambda: work().facts, left=True, **facts)


def on_message(trigger: str, work: Callable[[], object]) -> None:
    """Do the `work` of one message of a queue that is about no single blob, and journal its outcome.

    The message is all that there is of it: a fault that will pass is raised, too.
    """
    _attempt("event", _telling_nothing(work), trigger=trigger)


def on_time(trigger: str, work: Callable[[], object], *, comes_soon: bool = False) -> None:
    """Do the `work` of a timer and journal its outcome under the trigger's name.

    `comes_soon`: its hour comes again within minutes, so a fault that will pass is left to the next time.
    """
    _attempt("timer", _telling_nothing(work), left=comes_soon, trigger=trigger)


def attempted(trigger: str, blob: BlobReference, end: Ended | Exception) -> None:
    """Journal what came of the work on one blob that no event brought about; a defect is told with its place."""
    facts = {"trigger": trigger, "container": blob.container, "blob": shown(blob.name)}
    if not isinstance(end, Exception):
        say("event.done", level=logging.INFO, **facts, **end.facts)
    elif isinstance(end, RefusedEvent):
        say("event.refused", level=logging.WARNING, code=end.code, **facts)
    elif isinstance(end, ExchangeError) and end.will_pass:
        say("event.left", level=logging.WARNING, code=end.code, **facts)
    else:
        code = end.code if isinstance(end, ExchangeError) else Unexpected.of(end).code
        say("event.failed", level=logging.ERROR, code=code, where=_where(end), **facts)


def _telling_nothing(work: Callable[[], object]) -> Callable[[], Facts]:
    def done() -> Facts:
        work()
        return {}

    return done


def _attempt(kind: str, work: Callable[[], Facts], *, left: bool = False, **facts: str) -> None:
    started = time.monotonic()
    fault: ExchangeError
    try:
        came = work()
    except RefusedEvent as refusal:
        _note(f"{kind}.refused", started, level=logging.WARNING, code=refusal.code, **facts)
        return
    except ExchangeError as error:
        fault = error
    except Exception as error:  # noqa: BLE001 - raised below, outside, so that it is not the context of what is raised
        fault = Unexpected.of(error)
    else:
        _note(f"{kind}.done", started, level=logging.INFO, **facts, **came)
        return
    if left and fault.will_pass:
        _note(f"{kind}.left", started, level=logging.WARNING, code=fault.code, **facts)
        return
    _note(f"{kind}.failed", started, level=logging.ERROR, code=fault.code, where=_where(fault), **facts)
    fault.__cause__ = fault.__context__ = None
    raise fault


def _note(event: str, started: float, *, level: int, **facts: str | int | None) -> None:
    say(event, level=level, milliseconds=round((time.monotonic() - started) * 1000), **facts)


def _where(error: BaseException) -> str:
    """File and line of the innermost frame in this product: `shared/kernel/contract/validate.py:88`."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if file.is_relative_to(_HERE) and "site-packages" not in file.parts:
            return f"{file.relative_to(_HERE).as_posix()}:{frame.lineno}"
    return "outside the product"
