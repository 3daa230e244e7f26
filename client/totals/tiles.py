"""The map of London as tiles: a square for each authority, so that the City can be read as well as Bromley.

SVG made here, without a script. A tile has its number written on it, and a shade; what is left out is hatched and says
so. The same numbers stand in a table beside it: what is suppressed is suppressed in both. The layout is After the
Flood's, which keeps most of the true borders among neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from client.codes import invalid
from shared.agreements.origin_destination.words import MEASURES, SUPPRESSED, SYMBOLS, TOTAL

if TYPE_CHECKING:
    from client.totals.table import Totals

SIDE, GAP, HEAD, FOOT = 84, 6, 12, 44
SHADES = ("#eef3f8", "#c6d9ea", "#8fb5d5", "#4d87b5", "#1d5687")
DARK = 3
"""From this shade on the letters are white."""
RIVER = 4
"""The Thames runs above this row."""


class Tile(NamedTuple):
    """One authority's place."""

    column: int
    row: int
    short: str


TILES: Mapping[str, Tile] = {
    "E09000010": Tile(4, 0, "Enfield"),
    "E09000015": Tile(2, 1, "Harrow"),
    "E09000003": Tile(3, 1, "Barnet"),
    "E09000014": Tile(4, 1, "Haringey"),
    "E09000031": Tile(5, 1, "W Forest"),
    "E09000017": Tile(0, 2, "Hillingdon"),
    "E09000009": Tile(1, 2, "Ealing"),
    "E09000005": Tile(2, 2, "Brent"),
    "E09000007": Tile(3, 2, "Camden"),
    "E09000019": Tile(4, 2, "Islington"),
    "E09000012": Tile(5, 2, "Hackney"),
    "E09000026": Tile(6, 2, "Redbridge"),
    "E09000016": Tile(7, 2, "Havering"),
    "E09000018": Tile(0, 3, "Hounslow"),
    "E09000013": Tile(1, 3, "H & Fulham"),
    "E09000020": Tile(2, 3, "K & Chelsea"),
    "E09000033": Tile(3, 3, "Westm'ster"),
    "E09000001": Tile(4, 3, "City"),
    "E09000030": Tile(5, 3, "T Hamlets"),
    "E09000025": Tile(6, 3, "Newham"),
    "E09000002": Tile(7, 3, "B & Dag'ham"),
    "E09000027": Tile(1, 4, "Richmond"),
    "E09000032": Tile(2, 4, "Wandsw'th"),
    "E09000022": Tile(3, 4, "Lambeth"),
    "E09000028": Tile(4, 4, "Southwark"),
    "E09000023": Tile(5, 4, "Lewisham"),
    "E09000011": Tile(6, 4, "Greenwich"),
    "E09000004": Tile(7, 4, "Bexley"),
    "E09000021": Tile(2, 5, "Kingston"),
    "E09000024": Tile(3, 5, "Merton"),
    "E09000008": Tile(4, 5, "Croydon"),
    "E09000006": Tile(5, 5, "Bromley"),
    "E09000029": Tile(3, 6, "Sutton"),
}

Numbers = Mapping[str, int | str]
"""By name of the authority of residence the number, or the symbol that stands for it."""


def numbers(totals: Totals, measure: str, school: str) -> Numbers:
    """One column of the table: who lives where, of the pupils of `school`. Raises TOT-007 for what is not in it."""
    if measure not in MEASURES:
        raise invalid("TOT-007", what="measure", name=measure, known=", ".join(MEASURES))
    if school not in totals.schools:
        raise invalid("TOT-007", what="school authority", name=school, known=", ".join(totals.schools))
    return {name: value for (name, place), value in totals.cells[measure].items() if place == school}


def title_of(measure: str, school: str, period: str) -> str:
    """What the map shows, in words."""
    where = "all school authorities" if school == TOTAL else school
    return f"{MEASURES[measure]}, by authority of residence: {where}, {period}"


def picture(found: Numbers, codes: Mapping[str, str], title: str) -> Markup:
    """The map as SVG. `codes` has the ONS code of every authority's name."""
    on_tiles = {codes.get(name, ""): value for name, value in found.items()}
    steps = _steps([value for code, value in on_tiles.items() if code in TILES and isinstance(value, int)])
    width, height = 8 * (SIDE + GAP) + GAP, HEAD + 7 * (SIDE + GAP) + FOOT
    parts = [
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" aria-labelledby="map-title '
            'map-words" font-family="system-ui, sans-serif" text-anchor="middle">'
        ).format(width, height),
        Markup('<title id="map-title">{}</title>').format(title),
        Markup('<desc id="map-words">{}</desc>').format(_in_words(found)),
        Markup(
            '<defs><pattern id="left-out" width="8" height="8" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(45)"><rect width="8" height="8" fill="#fff"/><rect width="3" height="8" '
            'fill="#bbb"/></pattern></defs>'
        ),
    ]
    parts += [_tile(tile, on_tiles.get(code, 0), steps) for code, tile in TILES.items()]
    river = HEAD + RIVER * (SIDE + GAP) - GAP / 2
    parts.append(
        Markup(
            '<path d="M0 {0}H{1}" stroke="#2a7fbf" stroke-width="3" fill="none"><title>Thames</title></path>'
        ).format(river, width)
    )
    parts.append(_legend(steps, height))
    return Markup("\n").join([*parts, Markup("</svg>\n")])


def page(totals: Totals, measure: str, school: str) -> str:
    """A page with the map and the same numbers as a table; it loads nothing."""
    found = numbers(totals, measure, school)
    title = title_of(measure, school, totals.period)
    order = sorted(found.items(), key=lambda line: (line[0] == TOTAL, line[0]))
    rows = Markup("\n").join(
        Markup('<tr><th scope="row">{}</th><td>{}</td></tr>').format(name, value) for name, value in order
    )
    legend = Markup("; ").join(Markup("<b>{}</b> {}").format(*symbol) for symbol in SYMBOLS.items())
    return Markup(
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>{title}</title>\n"
        "<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}}"
        "td{{text-align:right}}th{{text-align:left;font-weight:400}}table{{border-collapse:collapse}}"
        "td,th{{border-bottom:1px solid #ccc;padding:.15rem .8rem .15rem 0}}</style>\n"
        "<h1>{title}</h1>\n{map}\n<table><caption>The same numbers</caption><thead><tr><th>Residence</th>"
        "<th>{measure}</th></tr></thead>\n<tbody>\n{rows}\n</tbody></table>\n<p>{legend}. A residence that is not "
        "in the table has none.</p>\n</html>\n"
    ).format(
        title=title,
        map=picture(found, totals.codes, title),
        measure=measure.replace("_", " "),
        rows=rows,
        legend=legend,
    )


def _steps(values: list[int]) -> list[int]:
    """From which number on each shade begins: fifths of the numbers that are shown and not 0."""
    some = sorted(value for value in values if value)
    return [some[len(some) * place // len(SHADES)] for place in range(len(SHADES))] if some else []


def _shade(value: int, steps: list[int]) -> int:
    return max(sum(value >= step for step in steps) - 1, 0)


def _tile(tile: Tile, value: int | str, steps: list[int]) -> Markup:
    x, y = GAP + tile.column * (SIDE + GAP), HEAD + tile.row * (SIDE + GAP)
    shade = _shade(value, steps) if isinstance(value, int) and value else 0
    fill = "url(#left-out)" if value == SUPPRESSED else SHADES[shade] if value and value not in SYMBOLS else "#fff"
    ink = "#fff" if fill in SHADES[DARK:] else "#111"
    shown = f"{value:,}" if isinstance(value, int) else value
    return Markup(
        '<g><rect x="{x}" y="{y}" width="{side}" height="{side}" rx="4" fill="{fill}" stroke="#777"/>'
        '<text x="{middle}" y="{above}" font-size="13" fill="{ink}">{name}</text>'
        '<text x="{middle}" y="{below}" font-size="18" font-weight="600" fill="{ink}">{shown}</text></g>'
    ).format(
        x=x,
        y=y,
        side=SIDE,
        fill=fill,
        ink=ink,
        middle=x + SIDE / 2,
        above=y + 34,
        below=y + 60,
        name=tile.short,
        shown=shown,
    )


def _legend(steps: list[int], height: int) -> Markup:
    parts = [
        Markup('<rect x="{}" y="{}" width="18" height="18" fill="{}" stroke="#777"/>').format(
            GAP + 76 * place, height - 30, SHADES[place]
        )
        + Markup('<text x="{}" y="{}" font-size="13" text-anchor="start">{} +</text>').format(
            GAP + 76 * place + 24, height - 16, f"{step:,}"
        )
        for place, step in enumerate(steps)
    ]
    left = GAP + 76 * len(SHADES)
    parts.append(
        Markup(
            '<rect x="{}" y="{}" width="18" height="18" fill="url(#left-out)" stroke="#777"/>'
            '<text x="{}" y="{}" font-size="13" text-anchor="start">c: left out</text>'
        ).format(left, height - 30, left + 24, height - 16)
    )
    return Markup("").join(parts)


def _in_words(found: Numbers) -> str:
    return " ".join(
        f"{name}: {value}." for name, value in sorted(found.items(), key=lambda line: (line[0] == TOTAL, line))
    )
