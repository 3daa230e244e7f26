"""Why a pair is in review: the parts of its weight, from a run's collected results, as text, picture or page."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from client.codes import invalid
from client.files import read_parquet
from shared.methods.linkage.explain.pictures import waterfall
from shared.methods.linkage.explain.released import parts_of

BAR = 40
"""Letters of the widest bar."""
_NEEDED = ("match_ref", "rule", "guard", "probability", "sentence", "parts")


@dataclass(frozen=True)
class Explained:
    """One pair in review and the parts of its weight, in bits."""

    reference: str
    rule: str
    guard: str | None
    probability: float
    sentence: str
    parts: tuple[tuple[str, int], ...]

    @property
    def weight(self) -> int:
        """The sum of the parts."""
        return sum(bits for _, bits in self.parts)


def read_pair(folder: Path, reference: str) -> dict[str, Any]:
    """The row of this pair in `review.parquet` of a collected run.

    Raises `InvalidInput` INP-000 (no such pair in review), 001, 002, 004 (which columns are missing), 013.
    """
    path = folder / "review.parquet"
    table = read_parquet(path)
    if missing := sorted(set(_NEEDED) - set(table.column_names)):
        hint = "results of agreements before the parts were released have none."
        raise invalid("INP-004", path=path, columns=", ".join(missing), hint=hint)
    found = table.filter(pc.equal(table.column("match_ref"), reference)).select(list(_NEEDED)).to_pylist()
    if not found:
        problem = (
            f"{path} has no pair of that reference. Pairs that are matched have no parts: nobody has to weigh them."
        )
        raise invalid("INP-000", problem=problem, command="review explain")
    return dict(found[0])


def explained(row: dict[str, Any]) -> Explained:
    """The pair of a row. Raises `InvalidInput` INP-000 where a rule made it and no weight, or its parts are none."""
    try:
        parts = tuple(parts_of(row["parts"] or ""))
    except ValueError:
        problem = "The pair has no parts that can be read: no weight made it, or the file was changed."
        raise invalid("INP-000", problem=problem, command="review explain") from None
    said = (row["match_ref"], row["rule"], row["guard"], row["probability"], row["sentence"])
    return Explained(*said, parts)


def bars(pair: Explained) -> str:
    """The parts as bars of letters, each beginning where the one above ends; + speaks for the pair and - against it."""
    spans, at = [], 0
    for label, bits in pair.parts:
        spans.append((label, at, at + bits))
        at += bits
    spans.append(("in all", 0, at))
    ends = [end for _, *both in spans for end in both]
    least, scale = min(0, *ends), BAR / max(max(0, *ends) - min(0, *ends), 1)
    wide = max(len(label) for label, *_ in spans)
    head = f"{pair.reference}: {pair.rule}, {pair.guard or 'no guard'}, chance {pair.probability:.3f}"
    lines = [head, pair.sentence, ""]
    for label, start, end in spans:
        first, last = (round((each - least) * scale) for each in sorted((start, end)))
        bar = " " * first + ("+" if end >= start else "-") * max(last - first, 1)
        lines.append(f"{label:<{wide}}  {end - start:+4d}  {bar}")
    return "\n".join(lines)


def drawn(pair: Explained, path: Path) -> bytes:
    """The waterfall as an SVG picture or an HTML page, by the ending of `path`. Raises `InvalidInput` INP-015."""
    picture = waterfall(pair.parts, pair.sentence)
    kinds = {
        ".svg": picture,
        ".html": f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(pair.reference)}</title>\n'
        f"<h1>{escape(pair.reference)}</h1>\n{picture}</html>\n",
    }
    if path.suffix.lower() not in kinds:
        raise invalid("INP-015", path=path, known=" or ".join(kinds))
    return kinds[path.suffix.lower()].encode()
