"""Why an operation is allowed: one question, asked of a right, of the exchange's own work, or of an agreement's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel.audit.jobs import rules_of
from shared.kernel.audit.places import EXCHANGE, OPERATED, Place
from shared.kernel.audit.report import Way
from shared.kernel.audit.rules import ENDING, REPLAYING, RIGHTS, WORK, Rule

if TYPE_CHECKING:
    from shared.kernel.terms.agreements import Agreements


@dataclass(frozen=True)
class Operation:
    """What decides whether an operation is explained. Every field is one of a few words, so that ten million operations
    are some hundred questions."""

    role: str
    party: str
    """Of the principal; empty for the exchange's."""
    verb: str
    place: Place
    work: str
    """Kind of the chain that it names: ``drop``, ``sweep`` …; empty where it names none that is in the ledger."""
    tenant: str
    """Of the chain."""
    agreement: str
    """Id of the chain's agreement; `exchange` where it is of none."""


@dataclass(frozen=True)
class Explanation:
    """Why, or that nothing says why."""

    way: Way
    by: str
    clause: str
    agreement: str = ""
    """Whose work it was; empty for a right, and for work of none."""


class Rulebook:
    """All rules under which the exchange carries out these agreements."""

    def __init__(self, agreements: Agreements) -> None:
        # A job that an agreement calls `sweep` has a job's rights: the exchange's own work is of no agreement.
        self._app = {(EXCHANGE, kind): rules for kind, rules in WORK.items()}
        for agreed in agreements:
            self._app |= {(agreed.terms.id, kind): rules for kind, rules in rules_of(agreed).items()}
        self._others = {
            "records": {(EXCHANGE, kind): rules for kind, rules in ENDING.items()},
            "operator": {(EXCHANGE, kind): rules for kind, rules in REPLAYING.items()},
        }

    def explain(self, operation: Operation) -> Explanation | None:
        """Why the operation is allowed; `None` when nothing says so."""
        work = self._app if operation.role == "app" else self._others.get(operation.role, {})
        for rule in work.get((operation.agreement, operation.work), ()):
            if _fits(rule, operation, operation.tenant):
                agreement = "" if operation.agreement == EXCHANGE else operation.agreement
                return Explanation("ledger", rule.by, rule.clause, agreement)
        for rule in RIGHTS.get(operation.role, ()):
            if _fits(rule, operation, operation.party):
                return Explanation("right", rule.by, rule.clause)
        return None


def _fits(rule: Rule, operation: Operation, party: str) -> bool:
    place = operation.place
    if rule.container != place.kind or operation.verb not in rule.verbs:
        return False
    if (rule.agreement and rule.agreement != place.agreement) or (rule.folders and place.folder not in rule.folders):
        return False
    if rule.whose in OPERATED:
        return place.owner == rule.whose
    # A listing across all parts of a shared container is a look at none of them in particular.
    if rule.whose == "exchange":
        return place.owner in ("", EXCHANGE, *OPERATED)
    if rule.whose in ("any", "others"):
        others = rule.whose == "any" or (bool(party) and place.owner != party)
        return place.owner not in ("", EXCHANGE, *OPERATED) and others
    return bool(party) and place.owner == party
