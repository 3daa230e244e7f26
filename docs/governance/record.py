"""The record of processing activities of each controller and of the processor (UK GDPR article 30)."""

from __future__ import annotations

from docs.governance import facts
from docs.governance.markdown import code, listed, page, table
from docs.governance.pages import fill
from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.kernel.parties.model import Party


def record_page() -> str:
    """The whole page."""
    terms = facts.agreement()
    return fill(
        "record-of-processing",
        {
            "purposes": " ".join(purpose.text for purpose in terms.purposes),
            "lawful_basis": "; ".join(basis.article for basis in terms.lawful_basis),
            "columns": str(sum(len(contract.columns) for contract in CONTRACTS.values())),
            "datasets": str(len(CONTRACTS)),
            "region": facts.region(),
            "promise": str(terms.retention.promise_days),
            "chain": str(facts.longest_chain()),
            "pending_days": str(terms.retention.pending_days),
            "decision_days": str(terms.retention.decisions_days),
            "ledger_days": str(terms.records.ledger_days),
            "workspace_days": str(facts.workspace_days()),
            "controllers": page(*(_controller(borough) for borough in facts.parties())),
            "controller_names": listed([borough.name for borough in facts.parties()]),
            "rights": table(("role", "allows"), [(right.name, right.allows) for right in facts.rights()]),
        },
    )


def _controller(borough: Party) -> str:
    sends = facts.drops_of(borough.slug)
    others = listed([other.name for other in facts.parties() if other != borough])
    gets = facts.agreement().releases
    return page(
        f"### {borough.name}",
        table(
            ("article 30(1)", ""),
            [
                (
                    "(a) the controller",
                    f"the council of {borough.name} (ONS `{borough.ons_code}`, DfE `{borough.dfe_code}`). "
                    f"[[{borough.name}: its contact details and those of its data protection officer]]",
                ),
                ("(c) data that it sends", code(sends)),
                (
                    "(d) recipients of what it sends",
                    f"{others}, as home or school borough of a child it shares with them; the processor",
                ),
                (
                    "data that it receives",
                    "; ".join(f"`{release}` as the {facts.SIDES[sent.to]} borough" for release, sent in gets.items()),
                ),
                (
                    "where",
                    f"`{borough.slug}-inbox`, `{borough.slug}-outbox`, `{borough.slug}/` in `staging`, "
                    "`pending`, `decisions`, `requests`, `claims`, `certificates`",
                ),
                (
                    "who acts for it",
                    f"its own identity and {facts.officers_named()[borough.slug]} named officers, of "
                    f"{facts.agreement().officers_per_party} at most",
                ),
                ("everything else", "[in common](#what-all-controllers-have-in-common)"),
            ],
        ),
    )
