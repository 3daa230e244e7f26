"""Pictures as SVG text: the waterfall of one pair, and the weights of a model."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap

WIDTH, LABEL, LINE = 760, 320, 24
TITLE = 96
"""Characters of the title that fit on one line."""
FOR, AGAINST, WHOLE = "#1d70b8", "#d4351c", "#505a5f"


def waterfall(parts: Sequence[tuple[str, float]], title: str) -> str:
    """The parts of a weight (label, bits) as bars that begin where the one above ends, and the sum below."""
    ends, at = [], 0.0
    for _, bits in parts:
        ends.append((at, at + bits))
        at += bits
    bars = [(label, *span, _sign(bits)) for (label, bits), span in zip(parts, ends, strict=True)]
    return _chart([*bars, ("in all", 0.0, at, WHOLE)], title)


def levels_chart(weights: Sequence[tuple[str, float]], title: str) -> str:
    """Weights by level (label, bits) as bars from zero: for on the right, against on the left."""
    return _chart([(label, 0.0, bits, _sign(bits)) for label, bits in weights], title)


def _sign(bits: float) -> str:
    return FOR if bits >= 0 else AGAINST


def _chart(bars: Sequence[tuple[str, float, float, str]], title: str) -> str:
    least = min(0.0, *(min(start, end) for _, start, end, _ in bars))
    most = max(0.0, *(max(start, end) for _, start, end, _ in bars))
    scale = (WIDTH - LABEL - 70) / max(most - least, 1.0)
    head = wrap(title, TITLE) or [""]
    height = LINE * (len(bars) + 1 + len(head))
    zero = LABEL - least * scale
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        *(
            f'<text x="8" y="{17 + LINE * place}" font-weight="bold">{escape(text)}</text>'
            for place, text in enumerate(head)
        ),
        f'<line x1="{zero:.1f}" y1="{LINE * len(head)}" x2="{zero:.1f}" y2="{height - LINE // 2}" stroke="#b1b4b6"/>',
    ]
    for place, (label, start, end, colour) in enumerate(bars, len(head)):
        top, left = place * LINE + 6, LABEL + (min(start, end) - least) * scale
        wide = max(abs(end - start) * scale, 1.0)
        lines += [
            f'<text x="8" y="{top + 12}">{escape(label)}</text>',
            f'<rect x="{left:.1f}" y="{top}" width="{wide:.1f}" height="{LINE - 8}" fill="{colour}"/>',
            f'<text x="{left + wide + 4:.1f}" y="{top + 12}">{end - start:+.1f}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])
