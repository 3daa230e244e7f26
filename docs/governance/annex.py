"""The annex to the data sharing agreement: what is shared, why, with whom, for how long, column by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from docs.governance import facts
from docs.governance.columns import SENSITIVITY, UNREAD, about, special
from docs.governance.markdown import code, table
from docs.governance.pages import fill
from docs.governance.reading import Use, checks, released_from, uses
from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.kernel.contract.columns import Column
from shared.kernel.terms.model import ReleaseTerms

WHO_SENDS = {
    "pupils": "the school borough: one row for each pupil on roll who lives elsewhere",
    "households": "the home borough: one row for each child of a claim",
    "decisions": "the home borough, after its officers have looked: one row for each match",
}


def annex_page() -> str:
    """The whole page."""
    terms = facts.agreement()
    policy = terms.linkage
    found = uses()
    unused = sum(not of_it for of_it in found.values())
    return fill(
        "annex",
        {
            "title": terms.title,
            "reference": terms.reference,
            "first": facts.day(terms.in_force.first),
            "last": facts.day(terms.in_force.last),
            "parties": _parties(),
            "purposes": table(("purpose", "text"), [(f"`{one.id}`", one.text) for one in terms.purposes]),
            "lawful_basis": table(("basis", "text"), [(one.article, one.text) for one in terms.lawful_basis]),
            "columns": str(len(found)),
            "datasets": str(len(CONTRACTS)),
            "required": str(sum(column.required for one in CONTRACTS.values() for column in one.columns)),
            "used": str(len(found) - unused),
            "unused": str(unused),
            "dataset_tables": "\n\n".join(_datasets()),
            "unused_table": _unread(),
            "sensitivity": _sensitivity(),
            "recipients": _releases(),
            "retention": facts.retention_table(),
            "retention_words": facts.retention_words(),
            "cascade": _cascade(),
            "model": f"Then a trained model (`{policy.model.version}`) weighs the rest. " if policy.model else "",
            "automatic": str(policy.automatic),
            "review": str(policy.review),
            "guards": code(policy.guards),
            "unlisted": _UNLISTED if policy.links_families else "",
            "officers": str(terms.officers_per_party),
            "named": facts.officers_named_words(),
            "region": facts.region(),
        },
    )


_UNLISTED = (
    "What is linked is the household: a pair is automatic when its claim is certain, whichever of the claim's children "
    "it is. A pupil whom no claim lists is shown to a person with the claim of the same home and surname, if there is "
    "one: the home borough then learns of a pupil who is not on its claims. "
)


def _parties() -> str:
    header = ("borough", "ONS code", "DfE code", "may drop")
    return table(
        header,
        [
            (borough.name, f"`{borough.ons_code}`", f"`{borough.dfe_code}`", code(facts.drops_of(borough.slug)))
            for borough in facts.parties()
        ],
    )


def _datasets() -> Iterator[str]:
    for dataset, contract in CONTRACTS.items():
        terms = facts.agreement().terms_of(dataset)
        yield f"### `{dataset}`"
        yield (
            f"Sent by {WHO_SENDS[dataset]}. May be dropped by {facts.names(terms.dropped_by)}. Purpose: "
            f"`{terms.purpose}`. Refused when it is more than {terms.stale_after_days} days old."
        )
        yield table(
            ("column", "type", "meaning", "about", "needed for", "checked by", "special category"),
            [_column(dataset, column) for column in contract.columns],
        )


def _column(dataset: str, column: Column) -> tuple[str, ...]:
    kind = f"{column.kind}: {' '.join(column.codes)}" if column.codes and len(column.codes) < 8 else column.kind
    needed = uses()[dataset, column.name]
    return (
        f"**`{column.name}`**" if column.required else f"`{column.name}`",
        kind,
        column.description,
        about(dataset, column.name),
        _needed(needed) if needed else "**not used yet**",
        " ".join(checks(dataset, column.name)) or "-",
        special(dataset, column.name),
    )


def _needed(found: tuple[Use, ...]) -> str:
    """Uses in one cell, those of a kind together: `links: surname; released: matches, review`."""
    kinds: dict[str, list[str]] = {}
    for use in found:
        kind, _, what = use.what.partition(": ")
        kinds.setdefault(kind, []).append(what)
    return "; ".join(f"{kind}: {', '.join(filter(None, what))}" if any(what) else kind for kind, what in kinds.items())


def _unread() -> str:
    rows = [
        (f"`{dataset}.{column}`", about(dataset, column), " ".join(checks(dataset, column)) or "-", meant)
        for (dataset, column), meant in UNREAD.items()
    ]
    return table(("column", "about", "checked by", "what it is meant for"), rows)


def _sensitivity() -> str:
    rows = [(f"`{dataset}.{column}`", how, why) for (dataset, column), (how, why) in SENSITIVITY.items()]
    return table(("column", "special category", "why"), rows)


def _releases() -> str:
    releases = facts.agreement().releases
    names = dict.fromkeys(name for terms in releases.values() for name in terms.columns)
    header = (
        "column",
        "comes from",
        *(f"`{release}` (to the {facts.SIDES[terms.to]} borough)" for release, terms in releases.items()),
    )
    return table(header, [_carried(name, releases) for name in names])


def _carried(name: str, releases: Mapping[str, ReleaseTerms]) -> tuple[str, ...]:
    origins = {released_from(str(release))[name] for release, terms in releases.items() if name in terms.columns}
    said = [f"`{origin}`" if "." in origin else origin for origin in sorted(origins)]
    return (f"`{name}`", ", ".join(said), *("yes" if name in terms.columns else "-" for terms in releases.values()))


def _cascade() -> str:
    tiers = facts.agreement().linkage.cascade
    rows = [(f"`{tier.rule}`", code(tier.keys), str(tier.probability)) for tier in tiers]
    return table(("rule", "agrees on", "stated chance"), rows)
