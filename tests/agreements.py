"""Agreements for tests: that of a fixed pilot, whoever is party to what is shipped; and all of them in a folder, as
`--agreements` and `EXCHANGE_AGREEMENTS` take it, to be changed.
"""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path

import yaml

from shared.agreements.free_school_meals.terms import TERMS, FreeSchoolMeals, own_terms
from shared.agreements.registry import PACKAGES, agreement_file, load_agreement

PILOT = ("lambeth", "lewisham", "southwark", "wandsworth")


@cache
def pilot() -> FreeSchoolMeals:
    """The agreement on free school meals between the boroughs of the pilot, and nobody else."""
    terms = yaml.safe_load(of_the_pilot(agreement_file("fsm").read_text(encoding="utf-8")))
    terms["linkage"]["model"] = own_terms(load_agreement("fsm")).linkage.model
    return TERMS.model_validate(terms)


def of_the_pilot(text: str) -> str:
    """The file of an agreement with the pilot's boroughs as its parties."""
    parties = ", ".join(PILOT)
    text = re.sub(r"^(recipients|parties):.*\n(  .*\n)*", "", text, flags=re.MULTILINE)
    return re.sub(r"\b(controllers|dropped_by): \[[^\]]*\]", rf"\1: [{parties}]", text)


def copied(folder: Path) -> Path:
    """Write all agreements into `folder`, which is made, and return it. That on free school meals is the pilot's."""
    folder.mkdir(parents=True, exist_ok=True)
    for id, package in PACKAGES.items():
        text = agreement_file(id).read_text(encoding="utf-8")
        agreement_file(id, folder).write_text(of_the_pilot(text) if id == "fsm" else text, encoding="utf-8")
        for named in package.folder.glob("*.json"):
            if not named.name.endswith(".schema.json"):
                shutil.copy(named, folder / named.name)
    return folder
