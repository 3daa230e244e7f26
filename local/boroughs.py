"""Which boroughs a local exchange has, and the agreements that have them: those that are shipped, for other parties."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml

from client.codes import invalid
from local.synth.london import PILOT
from local.synth.places import load_places
from shared.agreements.registry import agreement_files
from shared.kernel.yaml_once import load_yaml_once

ALL = "all"
OF_PILOT = "pilot"
AGREEMENTS = "agreements"
"""Within the folder of a local exchange: its agreements, where they are not those that are shipped."""


def chosen(named: str) -> tuple[str, ...]:
    """The slugs that are meant by ``pilot``, ``all`` or slugs with commas between them, in the order of the alphabet.

    Raises `InvalidInput` for a borough that there is not (INP-140) and for one alone (INP-141).
    """
    boroughs = load_places().inside
    if named in (ALL, OF_PILOT):
        return tuple(sorted(boroughs if named == ALL else PILOT))
    slugs = {slug.strip() for slug in named.split(",")} - {""}
    if unknown := sorted(slugs - set(boroughs)):
        raise invalid("INP-140", names=", ".join(unknown), known=", ".join(sorted(boroughs)))
    if len(slugs) < 2:
        raise invalid("INP-141")
    return tuple(sorted(slugs))


def write_agreements(slugs: Sequence[str], site: Path) -> Path | None:
    """Write the shipped agreements for these controllers into the folder of a local exchange; the folder of them.

    `None` where nothing is to be written: the shipped agreements are between these very boroughs.
    """
    if set(slugs) == set(PILOT):
        return None
    folder = site / AGREEMENTS
    folder.mkdir(parents=True, exist_ok=True)
    for id, path in agreement_files().items():
        terms = load_yaml_once(path.read_text(encoding="utf-8"))
        shipped = terms["controllers"]
        terms["controllers"] = list(slugs)
        for dataset in terms["datasets"].values():
            if dataset["dropped_by"] == shipped:
                dataset["dropped_by"] = list(slugs)
        written = yaml.safe_dump(terms, sort_keys=False, allow_unicode=True)
        (folder / f"{id}.yaml").write_text(written, encoding="utf-8")
        for beside in path.parent.glob("*.json"):
            if not beside.name.endswith(".schema.json"):
                shutil.copyfile(beside, folder / beside.name)
    return folder
