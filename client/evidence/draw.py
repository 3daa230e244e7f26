"""The flows as a picture: each borough on the left as a sender, on the right as a receiver, the exchange between.

SVG that stands in the page itself. A band is as thick as its number of files is great, and has the number beside it, so
that neither colour nor thickness is the only sign. The same numbers stand in a table under it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import wrap

from markupsafe import Markup

from client.evidence.words import counted
from shared.kernel.audit.flows import Flow

WIDTH, ROW, HEAD, FOOT = 480, 56, 32, 70
LABEL = 134
BOX = (194, 286)
"""Left and right edge of the exchange."""
GAP = 10
LINE_OF_NAME = 14
"""Characters."""
LEADING = 17
THICKEST = 24.0


def picture(flows: Sequence[Flow], name: Callable[[str], str], destroyed: int) -> Markup:
    """The flows, from top to bottom in their order; `name` says what a slug is called, `destroyed` counts objects."""
    height = HEAD + ROW * max(len(flows), 1) + FOOT
    bottom = height - FOOT
    scale = _scale(flows)
    parts = [
        Markup('<svg viewBox="0 0 {} {}" role="img" aria-labelledby="flow-title flow-words">').format(WIDTH, height),
        Markup('<title id="flow-title">Files between boroughs and the exchange</title>'),
        Markup('<desc id="flow-words">{}</desc>').format(_in_words(flows, name)),
        _text(0, 16, "dropped", "head"),
        _text(WIDTH - LABEL + GAP, 16, "released", "head"),
        Markup('<rect class="exchange" x="{}" y="{}" width="{}" height="{}" rx="6"/>').format(
            BOX[0], HEAD, BOX[1] - BOX[0], bottom - HEAD
        ),
        _text((BOX[0] + BOX[1]) / 2, (HEAD + bottom) / 2 - 2, "the", "box"),
        _text((BOX[0] + BOX[1]) / 2, (HEAD + bottom) / 2 + 16, "exchange", "box"),
    ]
    into, out = (
        _stacked([f.dropped * scale for f in flows], bottom),
        _stacked([f.released * scale for f in flows], bottom),
    )
    for place, flow in enumerate(flows):
        middle = HEAD + ROW * place + ROW / 2
        parts += [
            *_label(0, middle, name(flow.party), _dropped(flow)),
            *_label(WIDTH - LABEL + GAP, middle, name(flow.party), counted(flow.released, "file")),
        ]
        if flow.dropped:
            parts.append(_band("in", (LABEL, middle), (BOX[0], into[place]), flow.dropped * scale))
        if flow.released:
            parts.append(_band("out", (BOX[1], out[place]), (WIDTH - LABEL, middle), flow.released * scale))
    parts += _destruction(bottom, destroyed)
    return Markup("\n").join([*parts, Markup("</svg>")])


def _scale(flows: Sequence[Flow]) -> float:
    """Points of thickness a file: no band thicker than `THICKEST`, and all of one side fit the exchange's edge."""
    most = max((max(flow.dropped, flow.released) for flow in flows), default=0)
    whole = max(sum(flow.dropped for flow in flows), sum(flow.released for flow in flows), 1)
    return min(THICKEST / max(most, 1), 0.86 * ROW * max(len(flows), 1) / whole)


def _stacked(thicknesses: Sequence[float], bottom: float) -> list[float]:
    """Where on the exchange's edge the middle of each band is: spread evenly over it, in order."""
    gap = (bottom - HEAD - sum(thicknesses)) / (len(thicknesses) + 1)
    middles, at = [], HEAD + gap
    for thickness in thicknesses:
        middles.append(at + thickness / 2)
        at += thickness + gap
    return middles


def _band(side: str, start: tuple[float, float], end: tuple[float, float], thickness: float) -> Markup:
    """A band of one flow, with a point at its end for the direction."""
    (x1, y1), (x2, y2), half = start, end, max(thickness, 1.2) / 2
    x2 -= 7
    mid = (x1 + x2) / 2
    way = (
        f"M{x1:.1f} {y1 - half:.1f}C{mid:.1f} {y1 - half:.1f} {mid:.1f} {y2 - half:.1f} {x2:.1f} {y2 - half:.1f}"
        f"L{x2:.1f} {y2 - half - 3:.1f}L{x2 + 7:.1f} {y2:.1f}L{x2:.1f} {y2 + half + 3:.1f}L{x2:.1f} {y2 + half:.1f}"
        f"C{mid:.1f} {y2 + half:.1f} {mid:.1f} {y1 + half:.1f} {x1:.1f} {y1 + half:.1f}Z"
    )
    return Markup('<path class="{}" d="{}"/>').format(side, way)


def _label(x: float, middle: float, name: str, files: str) -> list[Markup]:
    lines = wrap(name, LINE_OF_NAME)
    top = middle - LEADING * len(lines) / 2 + 5
    texts = [_text(x, top + LEADING * place, line, "name") for place, line in enumerate(lines)]
    return [*texts, _text(x, top + LEADING * len(lines), files, "files")]


def _dropped(flow: Flow) -> str:
    files = counted(flow.dropped, "file")
    return f"{files}, {flow.refused} refused" if flow.refused else files


def _destruction(bottom: float, destroyed: int) -> list[Markup]:
    middle = (BOX[0] + BOX[1]) / 2
    return [
        Markup('<path class="gone" d="M{0} {1}v18M{2} {3}l5 9 5-9z"/>').format(middle, bottom, middle - 5, bottom + 18),
        _text(middle, bottom + 46, "destroyed", "head middle"),
        _text(middle, bottom + 64, counted(destroyed, "object"), "files middle"),
    ]


def _text(x: float, y: float, words: str, style: str) -> Markup:
    return Markup('<text class="{}" x="{:g}" y="{:.1f}">{}</text>').format(style, x, y, words)


def _in_words(flows: Sequence[Flow], name: Callable[[str], str]) -> str:
    return " ".join(
        f"{name(flow.party)} dropped {_dropped(flow)} and was sent {counted(flow.released, 'file')}." for flow in flows
    )
