"""The answer as a page to print: one HTML document that needs nothing else, no script and no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from client.subject.account import Answer
from client.subject.words import HEADINGS, facts, held, verdict

if TYPE_CHECKING:
    from shared.kernel.terms.agreements import Agreements


def render(found: Answer, agreements: Agreements, reference: str) -> str:
    """The page. Cells stand in it only where the answer was made with them."""
    environment = Environment(
        # The look is that of the evidence page: an officer prints both.
        loader=ChoiceLoader([PackageLoader("client.subject"), PackageLoader("client.evidence")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = {slug: party.name for agreed in agreements for slug, party in agreed.terms.by_slug.items()}
    ways = {
        heading: entries
        for way, heading in HEADINGS.items()
        if (entries := [entry for entry in found.entries if entry.way == way])
    }
    return environment.get_template("subject.html").render(
        found=found,
        borough=names.get(found.party, found.party),
        reference=reference,
        verdict=verdict(found),
        held=held(found),
        ways=ways,
        facts=facts,
        has_values=any(entry.values for entry in found.entries),
    )
