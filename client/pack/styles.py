"""How an extract or a spreadsheet is laid out: data in `styles/*.yaml`, checked on load.

A borough whose files are laid out otherwise describes them in a file of its own, for any dataset, and gives it with
`--style`; `exchange style new` writes the first draft of one. docs/users/styles.md says what its keys mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from client.codes import invalid
from client.contracts import find_contract
from client.disk import check_file
from client.pack.dates import DATE_ORDERS, DATE_SHAPES, DAY_FIRST, PLAIN, Order
from client.pack.names import ORDERS
from client.pack.source import Source, heading
from client.pack.trailer import Trailer, fault_of
from shared.agreements.free_school_meals.contracts import HOUSEHOLDS
from shared.kernel.contract.columns import Contract
from shared.kernel.errors import InvalidInput

FOLDER = Path(__file__).parent / "styles"
_MOST_CHILDREN = 30
"""Enough to know a row of headings by; every numbered group that stands there is read."""

PEOPLE: dict[str, dict[str, dict[str, str]]] = {
    "households": {
        "claimant": {"forename": "claimant_forename", "surname": "claimant_surname", "title": "claimant_title"},
        "partner": {"forename": "partner_forename", "surname": "partner_surname"},
        "child": {"forename": "child_forename", "surname": "child_surname"},
    },
    "pupils": {
        "pupil": {"forename": "forename", "surname": "surname"},
        "contact": {"forename": "contact_forename", "surname": "contact_surname"},
    },
    "decisions": {},
}
"""By dataset, the people whose names it may hold, and the contract's columns for the parts of each name."""


@dataclass(frozen=True)
class FullName:
    """A person's whole name in one column."""

    column: tuple[str, ...]
    order: str
    """One of `names.ORDERS`."""


@dataclass(frozen=True)
class Style:
    """One layout. Headings are compared as `source.heading` gives them: case, spaces and punctuation do not matter."""

    name: str
    title: str
    recognised_by: tuple[str, ...]
    """Headings that this layout has and the others have not, all together."""
    columns: dict[str, tuple[str, ...]]
    """For each contract column the headings it may have. In a wide layout `{n}` stands for the child's number."""
    contract: Contract
    full_names: dict[str, FullName] = field(default_factory=dict)
    """By person (see `PEOPLE`)."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """For each coded column: the supplier's spelling and the contract's code. The contract's own codes always hold."""
    defaults: dict[str, str] = field(default_factory=dict)
    """What a coded column holds where the file says nothing."""
    order: Order = DAY_FIRST
    placeholder_dates: tuple[date, ...] = (date(1900, 1, 1),)
    trailer: str = ""
    """The last line of every extract, with the number of its rows (see `trailer.Trailer`); empty: it has none."""
    layout: Literal["long", "wide"] = "long"
    """`long`: one row per child. `wide`: one row per claim, children side by side, as many as the file has."""


def people_in(contract: Contract) -> dict[str, dict[str, str]]:
    """Of `PEOPLE` those whose names the contract has columns for."""
    known = PEOPLE.get(contract.dataset, {})
    return {person: parts for person, parts in known.items() if set(parts.values()) <= set(contract.names)}


def contract_style(contract: Contract) -> Style:
    """The layout of the template: the contract's own names."""
    return Style("contract", "The contract's own names", (), {name: (name,) for name in contract.names}, contract)


def load_style(path: Path) -> Style:
    """Read one style. Raises `InvalidInput` INP-001 or INP-011, which names the key that is wrong."""
    import yaml

    from shared.kernel.yaml_once import load_yaml_once

    check_file(path)
    try:
        document = load_yaml_once(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise invalid("INP-011", path=path, key="it is not YAML") from None
    if not isinstance(document, dict):
        raise invalid("INP-011", path=path, key="it must be a mapping of keys")
    if fault := _fault(document):
        raise invalid("INP-011", path=path, key=fault)
    return Style(
        name=path.stem,
        title=document["title"],
        recognised_by=_headings(document.get("recognised_by", [])),
        columns={name: _headings(given) for name, given in document["columns"].items()},
        full_names={
            person: FullName(_headings(given["column"]), given["order"])
            for person, given in document.get("full_names", {}).items()
        },
        codes=document.get("codes", {}),
        defaults=document.get("defaults", {}),
        contract=_contract(document),
        # Day first is what everybody here writes; only month first has to be said, and is then believed.
        order=Order("us", stated=True) if "us" in document.get("dates", ()) else DAY_FIRST,
        placeholder_dates=tuple(document.get("placeholder_dates", (date(1900, 1, 1),))),
        layout=document.get("layout", "long"),
        trailer=document.get("trailer", ""),
    )


@cache
def shipped_styles() -> tuple[Style, ...]:
    """The styles of this package, by name."""
    return tuple(load_style(path) for path in sorted(FOLDER.glob("*.yaml")))


def choose_style(source: Source, path: Path, style: str, contract: Contract = HOUSEHOLDS) -> Style:
    """The style of that name, the one in that file, or for `auto` the one whose headings the file has.

    Raises `InvalidInput` INP-010 when none or more than one fits, 074 when the style is of another dataset.
    """
    if style != "auto":
        chosen = _named(style)
        if chosen.contract is not contract:
            raise invalid("INP-074", path=style, found=chosen.contract.dataset, wanted=contract.dataset)
        return chosen
    fitting = [known for known in shipped_styles() if set(known.recognised_by) <= set(source.table.column_names)]
    if len(fitting) != 1:
        raise invalid("INP-010", path=path, known=", ".join(known.name for known in shipped_styles()))
    return fitting[0]


def known_headings(style: str) -> set[str]:
    """Every heading that this style may have; of `auto` those of all that are shipped."""
    styles = shipped_styles() if style == "auto" else (_named(style),)
    listed = [names for one in styles for names in one.columns.values()]
    listed += [whole.column for one in styles for whole in one.full_names.values()]
    return {name.replace("{n}", str(n)) for names in listed for name in names for n in range(1, _MOST_CHILDREN + 1)}


def stated_trailer(given: str | None, style: str) -> Trailer | None:
    """The trailer that was given with the command, else that of the style. Raises `InvalidInput` INP-122."""
    text = given if given is not None else "" if style in ("", "auto") else _named(style).trailer
    return Trailer.of(text) if text else None


def _named(style: str) -> Style:
    """The shipped style of that name, or the one in that file."""
    named = {known.name: known for known in shipped_styles()}
    return named[style] if style in named else load_style(Path(style))


def _headings(given: Any) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else given
    return tuple(heading(text.replace("{n}", "placeofn")).replace("placeofn", "{n}") for text in listed)


_SHAPES: dict[str, type] = {
    "agreement": str, "dataset": str, "title": str, "recognised_by": list, "columns": dict, "full_names": dict,
    "codes": dict, "defaults": dict, "dates": list, "placeholder_dates": list, "layout": str, "trailer": str,
}  # fmt: skip


def _fault(document: dict[str, Any]) -> str:
    """What is wrong with a style, or nothing."""
    for key, value in document.items():
        if key not in _SHAPES or not isinstance(value, _SHAPES[key]):
            return f"{key}: is not a key of a style, or not of its kind"
    for key in ("title", "columns"):
        if not document.get(key):
            return f"{key}: is missing"
    try:
        contract = _contract(document)
    except InvalidInput as fault:
        return f"dataset: {fault.message} {fault.remedy}"
    return _fault_of_columns(document, contract) or _fault_of_people(document, contract) or _fault_of_layout(document)


def _contract(document: dict[str, Any]) -> Contract:
    """The contract that a style reads into: `agreement` is needed only where several have such a dataset."""
    return find_contract(document.get("dataset", "households"), document.get("agreement")).contract


def _fault_of_columns(document: dict[str, Any], contract: Contract) -> str:
    for part in ("columns", "codes", "defaults"):
        for name, given in document.get(part, {}).items():
            if name not in contract.names:
                return f"{part}.{name}: is not a column of {contract.dataset}"
            texts = [given] if isinstance(given, str) else given
            if part == "columns" and not (texts and all(isinstance(text, str) for text in texts)):
                return f"{part}.{name}: is no heading, nor a list of them"
    for column, spellings in document.get("codes", {}).items():
        known = contract.column(column).codes or ()
        if not isinstance(spellings, dict) or (odd := next((x for x in spellings.values() if x not in known), None)):
            return f"codes.{column}: {odd if isinstance(spellings, dict) else 'it'} is not a code of the contract"
        if not all(isinstance(spelling, str) for spelling in spellings):
            return f"codes.{column}: put spellings in quotes; YAML reads Y, N, on, off and numbers as something else"
    for column, code in document.get("defaults", {}).items():
        if code not in (contract.column(column).codes or ()):
            return f"defaults.{column}: is not a code of the contract"
    return ""


def _fault_of_people(document: dict[str, Any], contract: Contract) -> str:
    known = people_in(contract)
    for person, given in document.get("full_names", {}).items():
        fits = isinstance(given, dict) and given.get("order") in ORDERS and given.get("column")
        if person not in known or not fits:
            people = ", ".join(known) or "nobody"
            return f"full_names.{person}: needs one of {people}, a column and an order out of {', '.join(ORDERS)}"
    return ""


def _fault_of_layout(document: dict[str, Any]) -> str:
    dates = document.get("dates", [])
    if odd := next((shape for shape in dates if shape not in DATE_SHAPES), None):
        return f"dates: {odd} is none of {', '.join(DATE_SHAPES)}"
    if set(DATE_ORDERS) <= set(dates):
        return f"dates: is either {DATE_ORDERS[0]} or {DATE_ORDERS[1]}; {', '.join(PLAIN)} are always read"
    if document.get("layout", "long") not in ("long", "wide"):
        return "layout: is neither long nor wide"
    fault = fault_of(document["trailer"]) if document.get("trailer") else ""
    return f"trailer: {fault}" if fault else ""
