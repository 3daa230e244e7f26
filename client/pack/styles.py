"""How a supplier's extract is laid out: data in `styles/*.yaml`, checked on load.

A borough whose supplier writes something else describes it in a file of its own and gives it with `--style`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from client.codes import invalid
from client.pack.cells import DATE_SHAPES
from client.pack.names import ORDERS
from client.pack.source import Source, heading
from shared.contract.datasets import HOUSEHOLDS

FOLDER = Path(__file__).parent / "styles"
_MOST_CHILDREN = 30
_PEOPLE = ("claimant", "partner", "child")


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
    full_names: dict[str, FullName] = field(default_factory=dict)
    """By person (`claimant`, `partner`, `child`)."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """For each coded column: the supplier's spelling and the contract's code. The contract's own codes always hold."""
    defaults: dict[str, str] = field(default_factory=dict)
    """What a coded column holds where the file says nothing."""
    dates: tuple[str, ...] = ("uk", "iso")
    placeholder_dates: tuple[date, ...] = (date(1900, 1, 1),)
    layout: Literal["long", "wide"] = "long"
    """`long`: one row per child. `wide`: one row per claim, children side by side."""
    children: int = 1
    """How many children a wide row has room for."""


def load_style(path: Path) -> Style:
    """Read one style. Raises `InvalidInput` INP-001 or INP-011, which names the key that is wrong."""
    import yaml

    if not path.is_file():
        raise invalid("INP-001", path=path)
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise invalid("INP-011", path=path, key="it is not YAML") from None
    if not isinstance(document, dict):
        raise invalid("INP-011", path=path, key="it must be a mapping of keys")
    if fault := _fault(document):
        raise invalid("INP-011", path=path, key=fault)
    return Style(
        name=path.stem,
        title=document["title"],
        recognised_by=_headings(document["recognised_by"]),
        columns={name: _headings(given) for name, given in document["columns"].items()},
        full_names={
            person: FullName(_headings(given["column"]), given["order"])
            for person, given in document.get("full_names", {}).items()
        },
        codes=document.get("codes", {}),
        defaults=document.get("defaults", {}),
        dates=tuple(document.get("dates", ("uk", "iso"))),
        placeholder_dates=tuple(document.get("placeholder_dates", (date(1900, 1, 1),))),
        layout=document.get("layout", "long"),
        children=document.get("children", 1),
    )


@cache
def shipped_styles() -> tuple[Style, ...]:
    """The styles of this package, by name."""
    return tuple(load_style(path) for path in sorted(FOLDER.glob("*.yaml")))


def choose_style(source: Source, path: Path, style: str) -> Style:
    """The style of that name, the one in that file, or for `auto` the one whose headings the file has.

    Raises `InvalidInput` INP-010 when none or more than one fits.
    """
    if style != "auto":
        named = {known.name: known for known in shipped_styles()}
        return named[style] if style in named else load_style(Path(style))
    fitting = [known for known in shipped_styles() if set(known.recognised_by) <= set(source.table.column_names)]
    if len(fitting) != 1:
        raise invalid("INP-010", path=path, known=", ".join(known.name for known in shipped_styles()))
    return fitting[0]


def known_headings(style: str) -> set[str]:
    """Every heading that this style may have; of `auto` those of all that are shipped."""
    named = {known.name: known for known in shipped_styles()}
    styles = shipped_styles() if style == "auto" else (named[style] if style in named else load_style(Path(style)),)
    listed = [names for one in styles for names in one.columns.values()]
    listed += [whole.column for one in styles for whole in one.full_names.values()]
    return {name.replace("{n}", str(n)) for names in listed for name in names for n in range(1, _MOST_CHILDREN + 1)}


def _headings(given: Any) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else given
    return tuple(heading(text.replace("{n}", "placeofn")).replace("placeofn", "{n}") for text in listed)


_SHAPES: dict[str, type] = {
    "title": str, "recognised_by": list, "columns": dict, "full_names": dict, "codes": dict, "defaults": dict,
    "dates": list, "placeholder_dates": list, "layout": str, "children": int,
}  # fmt: skip


def _fault(document: dict[str, Any]) -> str:
    """What is wrong with a style, or nothing."""
    for key, value in document.items():
        if key not in _SHAPES or not isinstance(value, _SHAPES[key]):
            return f"{key}: is not a key of a style, or not of its kind"
    for key in ("title", "recognised_by", "columns"):
        if not document.get(key):
            return f"{key}: is missing"
    for part in ("columns", "codes", "defaults"):
        for name in document.get(part, {}):
            if name not in HOUSEHOLDS.names:
                return f"{part}.{name}: is not a column of households"
    for column, spellings in document.get("codes", {}).items():
        known = HOUSEHOLDS.column(column).codes or ()
        if odd := next((code for code in [*spellings.values()] if code not in known), None):
            return f"codes.{column}: {odd} is not a code of the contract"
    for person, given in document.get("full_names", {}).items():
        if person not in _PEOPLE or given.get("order") not in ORDERS or not given.get("column"):
            return f"full_names.{person}: needs a column and an order out of {', '.join(ORDERS)}"
    if odd := next((shape for shape in document.get("dates", []) if shape not in DATE_SHAPES), None):
        return f"dates: {odd} is none of {', '.join(DATE_SHAPES)}"
    return "" if document.get("layout", "long") in ("long", "wide") else "layout: is neither long nor wide"
