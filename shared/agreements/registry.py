"""The agreements that the exchange carries out: one line each.

An agreement's terms are the file `agreement.yaml` of its package. A folder that is set instead (`EXCHANGE_AGREEMENTS`,
`--agreements`) has all of them, each as `<id>.yaml`, with the files that they name beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.kernel.documents import wrong
from shared.kernel.errors import InvalidInput
from shared.kernel.names import is_reference
from shared.kernel.terms.agreements import Agreed, Agreements
from shared.kernel.terms.gates import NO_AGREEMENT
from shared.kernel.terms.load import read_terms

if TYPE_CHECKING:
    from pydantic import BaseModel

    from shared.kernel.contract.columns import Contract
    from shared.kernel.terms.model import Agreement
    from shared.kernel.terms.pipeline import Pipeline


@dataclass(frozen=True)
class Package:
    """One agreement's package. What is heavy in it is imported when it is asked for."""

    name: str

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return Path(__file__).with_name(self.name)

    @property
    def terms(self) -> type[Agreement]:
        """The model of its terms."""
        found: type[Agreement] = self._module("terms").TERMS
        return found

    @property
    def file(self) -> type[BaseModel]:
        """The model of its terms as they stand in the file."""
        found: type[BaseModel] = self._module("terms").FILE
        return found

    @property
    def contracts(self) -> Mapping[str, Contract]:
        """Its datasets' contracts."""
        found: Mapping[str, Contract] = self._module("contracts").CONTRACTS
        return found

    @property
    def pipeline(self) -> Pipeline:
        """What it does with rows."""
        found: Pipeline = self._module("pipeline").PIPELINE
        return found

    def _module(self, name: str) -> Any:
        return import_module(f"{__package__}.{self.name}.{name}")


PACKAGES = {
    "fsm": Package("free_school_meals"),
    "origin-destination": Package("origin_destination"),
}
"""By the agreement's id, as manifests, the ledger and folders have it."""


def load_agreements(folder: Path | None = None) -> Agreements:
    """Every agreement. Raises `InvalidAgreement` (AGR-000) that names the file and the key.

    In a folder every agreement has its file, and there is no file of another name: an agreement that is left out by
    mistake would be one that nobody carries out.
    """
    if folder is not None:
        for path in sorted(folder.glob("*.y*ml")):
            if path.suffix != ".yaml" or path.stem not in PACKAGES:
                raise wrong(path, f"is the file of no agreement; there are {', '.join(_files())}.")
    return Agreements(tuple(agreed(load_agreement(id, folder)) for id in PACKAGES))


def load_agreement(id: str, folder: Path | None = None) -> Agreement:
    """The terms of one agreement.

    Raises `InvalidAgreement` (AGR-000) that names the file and the key; `InvalidInput` (AGR-007), which names those
    there are, for another id.
    """
    if id not in PACKAGES:
        raise InvalidInput(
            NO_AGREEMENT.code, f"{NO_AGREEMENT.meaning} There are: {', '.join(PACKAGES)}.", NO_AGREEMENT.remedy
        )
    return read_terms(agreement_file(id, folder), PACKAGES[id].terms, id=id)


def agreement_file(id: str, folder: Path | None = None) -> Path:
    """Where an agreement's terms are read from."""
    return PACKAGES[id].folder / "agreement.yaml" if folder is None else folder / f"{id}.yaml"


def agreement_files(folder: Path | None = None) -> dict[str, Path]:
    """Where every agreement's terms are read from, by its id."""
    return {id: agreement_file(id, folder) for id in PACKAGES}


def earlier_files(folder: Path | None = None) -> dict[str, Path]:
    """Where the terms of earlier versions are kept, by reference (`id@version`): the folder `versions` beside the file
    that there is now has each as ``<id>@<version>.yaml``. They are for evidence; nothing is carried out by them."""
    found: dict[str, Path] = {}
    for id in PACKAGES:
        for path in sorted(agreement_file(id, folder).with_name("versions").glob(f"{id}@*.yaml")):
            if is_reference(path.stem):
                found[path.stem] = path
    return found


def agreed(terms: Agreement) -> Agreed:
    """An agreement with what its package brings."""
    return Agreed(terms, PACKAGES[terms.id])


def _files() -> tuple[str, ...]:
    return tuple(f"{id}.yaml" for id in PACKAGES)
