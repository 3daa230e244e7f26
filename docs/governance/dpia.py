"""The data protection impact assessment, as far as the system itself can fill it in."""

from __future__ import annotations

from docs.governance import facts
from docs.governance.columns import SENSITIVITY, SPECIAL
from docs.governance.flow import flow
from docs.governance.markdown import listed, page, table
from docs.governance.pages import decisions_in, fill
from docs.governance.reading import uses
from docs.governance.risks import RISKS, Risk, overall
from docs.governance.threats import Threat, threats
from shared.agreements.free_school_meals.contracts import CONTRACTS


def dpia_page() -> str:
    """The whole page."""
    terms = facts.agreement()
    return fill(
        "dpia",
        {
            "title": terms.title,
            "reference": terms.reference,
            "first": facts.day(terms.in_force.first),
            "last": facts.day(terms.in_force.last),
            "flow": flow(),
            "parties": listed([borough.name for borough in facts.parties()]),
            "party_count": str(len(facts.parties())),
            "columns": str(len(uses())),
            "datasets": str(len(CONTRACTS)),
            "unused": str(sum(not found for found in uses().values())),
            "revealing": str(sum(how == SPECIAL for how, _ in SENSITIVITY.values())),
            "rows": f"{terms.limits.rows:,}",
            "promise": str(terms.retention.promise_days),
            "chain": str(facts.longest_chain()),
            "pending_days": str(terms.retention.pending_days),
            "decision_days": str(terms.retention.decisions_days),
            "ledger_days": str(terms.records.ledger_days),
            "region": facts.region(),
            "purposes": " ".join(purpose.text for purpose in terms.purposes),
            "lawful_basis": "; ".join(f"{basis.article}: {basis.text.rstrip('.')}" for basis in terms.lawful_basis),
            "risks": table(
                ("risk", "what may happen to people", "threats", "likelihood", "severity", "overall"),
                [(risk.id, risk.harm, " ".join(risk.threats), *risk.before, overall(*risk.before)) for risk in RISKS],
            ),
            "measures": page(*(_measures(risk) for risk in RISKS)),
            "open_decisions": str(decisions_in("dpia")),
        },
    )


def _measures(risk: Risk) -> str:
    of_it = [_threat(number) for number in risk.threats]
    before, after = (f"{overall(*judged)} ({judged[0]}, {judged[1]})" for judged in (risk.before, risk.after))
    rows = [(one.id, one.threat, one.control, "**open**" if one.open else "") for one in of_it]
    return page(
        f"### {risk.id}",
        f"{risk.harm} Before: {before}. Left, as proposed: **{after}**. {risk.because}",
        table(("threat", "what", "what stands against it", ""), rows),
    )


def _threat(number: str) -> Threat:
    [found] = [one for one in threats() if one.id == number]
    return found
