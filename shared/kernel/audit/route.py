"""Each operation that nothing explains is the business of one check: this says which, and in which words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from shared.kernel.audit.people import Person
from shared.kernel.audit.places import Place
from shared.kernel.audit.rulebook import Explanation, Operation, Rulebook
from shared.kernel.audit.schema import SET_UP, VAULT_OTHER, VERBS

_ENTRA = "OAuth"


@dataclass(frozen=True)
class Kind:
    """What operations of one kind have in common."""

    operation: str
    outcome: str
    authentication: str
    place: Place
    person: Person
    out_of_time: bool
    """Whether the person was not, at that time, who the register says."""
    work: str
    tenant: str
    agreement: str
    """Of the work that it names."""
    event: str
    """Id of the event that a key's use names; empty otherwise."""
    rulebook: Rulebook = field(compare=False, repr=False)

    @cached_property
    def verb(self) -> str:
        """What it does, in our words."""
        return VERBS.get(self.operation, VAULT_OTHER if self.place.kind == "vault" else SET_UP)

    @cached_property
    def explanation(self) -> Explanation | None:
        """Why it is allowed; `None` when nothing says so. A key's use may still turn out to name no event."""
        if self.outcome == "denied":
            return None if self.verb != "authenticate" else self._explained("anybody")
        if self.out_of_time:
            return None
        return self._explained("anybody" if self.verb == "authenticate" else self.person.role)

    @property
    def is_in_doubt(self) -> bool:
        """Whether its lines are to be kept."""
        return self.explanation is None or bool(self.event)

    def why(self, events: set[str]) -> Explanation | None:
        """The explanation, now that all events are known."""
        if not self.event or self.event in events or self.explanation is None:
            return self.explanation
        return replace(self, work="", event="").explanation

    @property
    def check(self) -> str:
        """The code of the check that names it when nothing explains it."""
        if self.outcome == "denied":
            return "AUD-004"
        if self.place.kind == "vault":
            return "AUD-015"
        if self._comes_without_identity:
            return "AUD-002"
        if self.person.role == "unknown" or self.out_of_time:
            return "AUD-003"
        return _BY_VERB.get(self.verb, "AUD-017")

    @property
    def _comes_without_identity(self) -> bool:
        if self.person.role.endswith("pass"):
            # Azure keeps a pass to its container: used elsewhere or out of its time, it is not what was issued.
            box = self.person.role.split()[0]
            elsewhere = (self.place.kind, self.place.owner) != (box, self.person.party)
            return self.person.role == "unknown pass" or self.out_of_time or elsewhere
        return self.person.role == "nobody"

    @property
    def what(self) -> str:
        """The exception as a sentence."""
        if self.check == "AUD-002" and self.person.role.endswith("pass") and self.out_of_time:
            return "A pass was used outside the time for which it was issued."
        if self.check == "AUD-003" and self.out_of_time:
            return "A principal acted on a day on which the register does not name it."
        if self.check in ("AUD-001", "AUD-017") and self.person.role == "app":
            did = _NOUN.get(self.verb, "operation")
            return f"The app's own {did}, for no work that the ledger records for that party and agreement."
        if self.check == "AUD-005" and self.place.kind in ("ledger", "certificates"):
            return "A record was deleted, and not by whoever ends records when their days are over."
        return _SAID[self.check]

    def _explained(self, role: str) -> Explanation | None:
        operation = Operation(role, self.person.party, self.verb, self.place, self.work, self.tenant, self.agreement)
        return self.rulebook.explain(operation)


_BY_VERB = {
    **dict.fromkeys(("read", "list", "look", "peek", "survey"), "AUD-001"),
    **dict.fromkeys(("delete", "take", "batch"), "AUD-005"),
    "copy": "AUD-011",
    **dict.fromkeys(("set up", "make", "delegate"), "AUD-016"),
}
_NOUN = {"read": "read", "list": "listing", "look": "look", "create": "write"}
_SAID = {
    "AUD-001": "A read that no right and no work in the ledger explains.",
    "AUD-002": "Access without an identity: an account key, nobody, or a pass that was not issued for this.",
    "AUD-003": "A principal that the register does not name.",
    "AUD-004": "Turned away.",
    "AUD-005": "A deletion that neither the sweep, the lifecycle policy nor an operator's right explains.",
    "AUD-011": "A copy, or a read for one.",
    "AUD-015": "A key was used or kept by somebody who may not, or for no work in the ledger.",
    "AUD-016": "The account's set-up was changed, or a key to sign passes with was asked for.",
    "AUD-017": "A write that no right and no work in the ledger explains.",
}
