"""The data flow as a picture, drawn from the agreement: who drops what, what is held, what is released to whom."""

from __future__ import annotations

from docs.governance import facts

SIDES = {"pupils": "school", "households": "home", "decisions": "home"}
"""On which side of a child a borough stands when it drops a dataset."""


def flow() -> str:
    """A mermaid flowchart."""
    terms = facts.agreement()
    days = terms.retention.sweep_days
    lines = ["flowchart LR", "  S[school borough]", "  H[home borough]"]
    for dataset in terms.datasets:
        side = SIDES[str(dataset)]
        lines.append(f"  {side[0].upper()} -->|sealed {dataset}| {side}In[({side} inbox: {days['inbox']} days)]")
    lines += [
        "  schoolIn --> X{{functions: rows in memory only}}",
        "  homeIn --> X",
        f"  X <-->|sealed to the exchange| ST[(staging: {days['staging']} days)]",
    ]
    for release, sent in terms.releases.items():
        lines.append(
            f"  X -->|{release}: {len(sent.columns)} columns, sealed to that borough| "
            f"{facts.SIDES[sent.to]}Out[({facts.SIDES[sent.to]} outbox: {days['outbox']} days)]"
        )
    lines += [
        "  homeOut --> H",
        "  schoolOut --> S",
        f"  X -.->|counts, codes, hashes| L[(ledger: {terms.records.ledger_days} days)]",
        f"  D{{{{nightly sweep}}}} -.->|what was destroyed| C[(certificates: {terms.records.certificate_days} days)]",
    ]
    return "```mermaid\n" + "\n".join(dict.fromkeys(lines)) + "\n```"
