"""The governance pages of any agreement, from its terms, contracts and pipeline alone: annex, record, assessment.

An agreement that has pages of its own (free school meals: `annex`, `record`, `dpia`) has none of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from docs.governance import facts
from docs.governance.influence import checked_by, needed, staged
from docs.governance.markdown import code, listed, page, table
from docs.governance.pages import fill
from shared.agreements.registry import agreement_file, load_agreements
from shared.kernel.contract.columns import Column, Contract
from shared.kernel.parties.model import Party
from shared.kernel.terms.agreements import Agreed
from shared.kernel.terms.model import Agreement

WITH_PAGES_OF_THEIR_OWN = frozenset({"fsm"})
RECEIVERS = {"own": "the party whose work it is", "others": "another party", "any": "any party"}
KINDS = {
    "inbox": "files as they were dropped, sealed to the exchange",
    "staging": "accepted rows by the party whose work they are, and what jobs keep for later; sealed to the exchange",
    "outbox": "what is released, sealed to its receiver; beside it reports, receipts and summaries, which hold counts",
    "pending": "what a decision may come on; sealed to the exchange",
    "decisions": "what was decided, by a keyed pseudonym, with its days; sealed to the exchange",
    "requests": "which work is due",
    "claims": "times fixed once; how a sender's drops stand to each other, by ids and counts",
    "poison": "which event failed five times: container and file name",
    "deadletter": "events that could not be delivered",
}


def pages_of_agreements() -> dict[Path, str]:
    """Every page, by its path below `docs/ig`."""
    every = [agreed for agreed in load_agreements() if agreed.terms.id not in WITH_PAGES_OF_THEIR_OWN]
    return {
        Path(agreed.terms.id) / f"{name}.md": make(agreed)
        for agreed in every
        for name, make in (("annex", annex), ("record-of-processing", record), ("dpia-inputs", inputs))
    }


def annex(agreed: Agreed) -> str:
    """What is shared, why, with whom, for how long, column by column."""
    terms = agreed.terms
    return fill(
        "agreement-annex",
        {
            **_named(terms),
            "file": agreement_file(terms.id).relative_to(facts.ROOT).as_posix(),
            "first": facts.day(terms.in_force.first),
            "last": facts.day(terms.in_force.last),
            "parties": _parties(terms),
            "purposes": table(("purpose", "text"), [(f"`{one.id}`", one.text) for one in terms.purposes]),
            "lawful_basis": table(("basis", "text"), [(one.article, one.text) for one in terms.lawful_basis]),
            "columns": str(len(needed(terms.id))),
            "datasets": str(len(agreed.contracts)),
            "unused_words": _unused(terms.id),
            "dataset_tables": "\n\n".join(_datasets(agreed)),
            "bytes": f"{terms.limits.bytes:,}",
            "rows": f"{terms.limits.rows:,}",
            "jobs": _jobs(agreed),
            "ends": table(("end", "what it means"), [(f"`{end}`", text) for end, text in agreed.pipeline.ends.items()]),
            "releases": _releases(terms),
            "retention": _retention(terms),
            "sweep": str(max(terms.retention.sweep_days.values())),
            "lifecycle": str(terms.retention.lifecycle_days),
            "watchdog": str(terms.retention.watchdog_days),
            "promise": str(terms.retention.promise_days),
            "reminder": str(terms.retention.reminder_days),
            "officers": str(terms.officers_per_party),
            "region": facts.region(),
        },
    )


def record(agreed: Agreed) -> str:
    """The record of processing activities, as far as it is the agreement's own (UK GDPR article 30)."""
    terms = agreed.terms
    return fill(
        "agreement-record",
        {
            **_named(terms),
            **_why(terms),
            "columns": str(len(needed(terms.id))),
            "datasets": str(len(agreed.contracts)),
            "recipients": listed([party.name for party in terms.participants]),
            "region": facts.region(),
            "promise": str(terms.retention.promise_days),
            "ledger_days": str(terms.records.ledger_days),
            "controllers": page(*(_party(terms, party) for party in terms.participants)),
        },
    )


def inputs(agreed: Agreed) -> str:
    """What the system can say towards an assessment."""
    terms = agreed.terms
    senders = dict.fromkeys(slug for dataset in terms.datasets.values() for slug in dataset.dropped_by)
    return fill(
        "agreement-dpia",
        {
            **_named(terms),
            **_why(terms),
            "first": facts.day(terms.in_force.first),
            "last": facts.day(terms.in_force.last),
            "flow": _flow(agreed),
            "jobs": _jobs(agreed),
            "columns": str(len(needed(terms.id))),
            "datasets": str(len(agreed.contracts)),
            "rows": f"{terms.limits.rows:,}",
            "senders": listed([terms.by_slug[slug].name for slug in senders]),
            "promise": str(terms.retention.promise_days),
            "minimised": _minimised(agreed),
            "unused_words": _unused(terms.id),
        },
    )


def _named(terms: Agreement) -> dict[str, str]:
    return {"id": terms.id, "title": terms.title, "reference": terms.reference}


def _why(terms: Agreement) -> dict[str, str]:
    return {
        "purposes": " ".join(purpose.text for purpose in terms.purposes),
        "lawful_basis": "; ".join(f"{basis.article}: {basis.text.rstrip('.')}" for basis in terms.lawful_basis),
    }


def _codes(party: Party) -> str:
    codes = (("ONS", party.ons_code), ("DfE", party.dfe_code), ("URN", party.urn))
    return ", ".join(f"{name} `{said}`" for name, said in codes if said) or "-"


def _drops(terms: Agreement, party: Party) -> list[str]:
    return [str(dataset) for dataset, said in terms.datasets.items() if party.slug in said.dropped_by]


def _parties(terms: Agreement) -> str:
    rows = [
        (
            party.name,
            party.kind,
            _codes(party),
            "controller" if party.slug in terms.controllers else "recipient: collects, and drops nothing",
            code(_drops(terms, party)),
        )
        for party in terms.participants
    ]
    return table(("party", "kind", "codes", "as", "may drop"), rows)


def _party(terms: Agreement, party: Party) -> str:
    rows = [
        (
            "(a) who it is",
            f"{party.name} ({_codes(party)}). [[{party.name}: its contact details and those of its data protection "
            "officer]]",
        ),
        ("(c) data that it sends", code(_drops(terms, party))),
        ("data that it receives", code(str(release) for release in terms.releases)),
        (
            "where",
            f"`{party.slug}-inbox`, `{party.slug}-outbox/{terms.id}/`, `{party.slug}/{terms.id}/` in `staging`, "
            "`requests` and `claims`",
        ),
        ("who acts for it", f"its own identity and {terms.officers_per_party} officers at most"),
    ]
    return page(f"### {party.name}", table(("article 30(1)", ""), rows))


def _datasets(agreed: Agreed) -> Iterator[str]:
    for dataset, contract in agreed.contracts.items():
        terms = agreed.terms.terms_of(dataset)
        senders = listed([agreed.terms.by_slug[slug].name for slug in terms.dropped_by])
        yield f"### `{dataset}`"
        yield (
            f"{contract.one_row} May be dropped by {senders}. Purpose: `{terms.purpose}`. Refused when it is more than "
            f"{terms.stale_after_days} days old."
        )
        yield table(
            ("column", "type", "meaning", "needed for", "staged", "checked by"),
            [_column(agreed.terms.id, contract, column) for column in contract.columns],
        )
        if made := [name for name in staged(agreed.terms.id).get(dataset, ()) if name not in (*contract.names, "row")]:
            yield f"Staged beside these, made from them: {code(made)}."


def _column(agreement: str, contract: Contract, column: Column) -> tuple[str, ...]:
    kind = f"{column.kind}: {' '.join(column.codes)}" if column.codes and len(column.codes) < 8 else column.kind
    return (
        f"**`{column.name}`**" if column.required else f"`{column.name}`",
        kind,
        column.description,
        "; ".join(needed(agreement)[contract.dataset, column.name]) or "**not used**",
        "yes" if column.name in staged(agreement).get(contract.dataset, ()) else "no",
        " ".join(checked_by(contract, column.name)) or "-",
    )


def _unused(agreement: str) -> str:
    unused = [f"`{dataset}.{column}`" for (dataset, column), uses in needed(agreement).items() if not uses]
    if not unused:
        return "Every one of them is needed by something."
    return f"**Nothing but a check of their own needs {listed(unused)}**: use them or stop asking for them."


def _minimised(agreed: Agreed) -> str:
    kept = staged(agreed.terms.id)
    left = [
        f"`{dataset}.{name}`"
        for dataset, contract in agreed.contracts.items()
        for name in contract.names
        if name not in kept.get(dataset, ())
    ]
    return f"Never staged, used once and left out: {listed(left)}." if left else "All columns are staged as they came."


def _flow(agreed: Agreed) -> str:
    rows = [
        (f"`{dataset}`", listed([agreed.terms.by_slug[slug].name for slug in terms.dropped_by]), f"`{terms.purpose}`")
        for dataset, terms in agreed.terms.datasets.items()
    ]
    return table(("dataset", "sent by", "for"), rows)


def _jobs(agreed: Agreed) -> str:
    rows = [
        (
            f"`{kind}`",
            code(sorted(rights.reads | rights.looks_up)),
            code(sorted(rights.keeps)),
            code(sorted(rights.sends)),
        )
        for kind, rights in agreed.pipeline.kinds.items()
    ]
    return table(("job", "reads", "keeps for later", "sends"), rows)


def _releases(terms: Agreement) -> str:
    rows = [
        (f"`{release}`", RECEIVERS[said.to], code(said.columns), str(len(said.columns)))
        for release, said in terms.releases.items()
    ]
    return table(("release", "may go to", "columns", "how many"), rows)


def _retention(terms: Agreement) -> str:
    rows = [(f"`{kind}`", KINDS[kind], str(terms.retention.line(kind).sweep)) for kind in terms.retention.kinds]
    rows.append(("`ledger`, `certificates`", "what happened, what was destroyed: counts, codes, hashes; nobody's data",
                 f"{terms.records.ledger_days}, {terms.records.certificate_days}"))  # fmt: skip
    return table(("where", "what", "days"), rows)
