"""`exchange synth`: writes synthetic boroughs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from client.console import answer, note, table


def synth(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write into.")],
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 1,
    scale: Annotated[
        float, typer.Option("--scale", help="1 is a whole London term; 0.35 is 4,000 pupils of the pilot.")
    ] = 0.35,
    boroughs: Annotated[
        str, typer.Option("--boroughs", help="Slugs with commas between them, `pilot` (the four) or `all` (the 33).")
    ] = "pilot",
    exports: Annotated[
        bool, typer.Option("--exports/--no-exports", help="Write census tables and suppliers' extracts as well.")
    ] = True,
    json: Annotated[bool, typer.Option("--json", help="Answer in JSON on standard output.")] = False,
) -> None:
    """Make synthetic boroughs: drops, census and benefit exports, a postcode directory, and the truth apart from them.

    Nobody in them is real. Writes drops/, census/, households_csv/, reference/ and truth/ under the folder; what is
    there already under these names is overwritten.
    """
    from local.synth.files import write
    from local.synth.london import PILOT, generate
    from local.synth.places import load_places

    places = load_places()
    every = [place.slug for place in places.all[: places.boroughs]]
    named = {"pilot": list(PILOT), "all": every}.get(boroughs, [slug.strip() for slug in boroughs.split(",")])
    london = generate(seed, scale, named, progress=_progress)
    files = write(london, out, exports=exports, progress=_progress)
    drops = {
        slug: {"pupils": london.pupils[slug].num_rows, "households": london.households[slug].num_rows}
        for slug in london.boroughs
    }
    facts = {"out": str(out), "seed": seed, "scale": scale, "collection": london.collection, "drops": drops}
    shown = [(slug, rows["pupils"], rows["households"]) for slug, rows in drops.items()]
    text = table(("borough", "pupils", "household children"), shown)
    where = f"{len(files)} files in {out}; who is who stands in truth/truth.parquet, for evaluation only."
    answer({"ok": True, **facts, "files": len(files)}, f"{text}\n\n{where}", as_json=json)


def _progress(doing: str) -> None:
    note(f"{doing} …")
