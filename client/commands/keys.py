"""`exchange keys`: a borough's own keys, and the public keys of the others."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client import options
from client.console import answer, note, step, table

if TYPE_CHECKING:
    from client.settings import Settings
    from shared.kernel.envelope.keys import PublicKey, Use

app = typer.Typer(no_args_is_help=True, help="Make, list, rotate, limit, revoke, export and import keys.")

Owner = Annotated[str | None, typer.Option("--owner", help="Whose key: a slug or `exchange`; else your borough.")]
TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]
From = Annotated[
    datetime | None,
    typer.Option("--from", formats=TIMES, help="From when it counts, UTC: nothing dated earlier."),
]
To = Annotated[
    datetime | None, typer.Option("--to", formats=TIMES, help="When it ends, UTC: nothing dated later counts.")
]
Of = Annotated[str | None, typer.Option("--use", help="release, sign, drop or staging; else all that the owner makes.")]


@app.command(epilog="Example: exchange keys new --borough lambeth --keys keys")
def new(
    use: Of = None,
    owner: Owner = None,
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    json: options.Json = False,
) -> None:
    """Make key pairs; for a borough, `release` (results are sealed to it) and `sign`. Private parts stay here.

    What an earlier try left half done is finished: of a set that is there in part, the rest is made.
    """
    from client.codes import invalid
    from client.files import make_folder
    from client.key_folder import mended
    from client.locks import alone
    from client.settings import load_settings

    settings = load_settings(profile, borough=borough, keys=keys)
    whose = _owner(settings, owner)
    uses = _uses(use, whose)
    folder, ring = settings.key_folder(), settings.key_ring()
    make_folder(folder)
    with alone(folder), step("Making keys"):
        finished = [key for key in mended(folder, ring) if any(f"{whose}/{each.value}/" in key for each in uses)]
        there = [each for each in uses if ring.held(whose, each)]
        if len(there) == len(uses) and not finished:
            raise invalid("INP-024", owner=whose, use=there[0].value)
        made = finished + [ring.create_key(whose, each) for each in uses if each not in there]
    _say_ids("made", made, as_json=json)


@app.command("list", epilog="Example: exchange keys list --keys keys")
def show(profile: options.Profile = None, keys: options.Keys = None, json: options.Json = False) -> None:
    """List the keys of the folder: whose, for what, since when, in which time they count, and whether the private part
    is here."""
    from client.key_facts import SHOWN, facts_of_keys
    from client.settings import load_settings

    rows = facts_of_keys(load_settings(profile, keys=keys))
    text = table([name.replace("_", " ") for name in SHOWN], [[row[name] for name in SHOWN] for row in rows])
    answer({"ok": True, "keys": rows}, text, as_json=json)


@app.command(epilog="Example: exchange keys rotate --use release --borough lambeth")
def rotate(
    use: Of = None,
    first: From = None,
    owner: Owner = None,
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    json: options.Json = False,
) -> None:
    """Make the next version of keys that exist. Export the public parts again; earlier results still open.

    With --from the earlier keys are used until then, so that the others have the new ones in time.
    """
    from client.key_folder import mended
    from client.locks import alone
    from client.settings import load_settings
    from shared.kernel.envelope.validity import Validity

    settings = load_settings(profile, borough=borough, keys=keys)
    ring, whose = settings.key_ring(), _owner(settings, owner)
    for each in _uses(use, whose):
        ring.current(whose, each)
    with alone(settings.key_folder()), step("Making keys"):
        mended(settings.key_folder(), ring)
        made = [ring.rotate(whose, each) for each in _uses(use, whose)]
        if first is not None:
            for key in made:
                ring.limit(key, Validity(first=_moment(first)))
    _say_ids("made", made, as_json=json)


@app.command(epilog="Example: exchange keys limit ring:exchange/sign/0a1b2c3d4e5f --from 2026-10-01")
def limit(
    key: Annotated[str, typer.Argument(help="The key's id, as `keys list` shows it.")],
    first: From = None,
    last: To = None,
    profile: options.Profile = None,
    keys: options.Keys = None,
    json: options.Json = False,
) -> None:
    """Say in which time a key counts: what it signed outside of it does not verify, and nothing is sealed to it then.

    A time can be made shorter and never longer. Of a key of yours, export your public keys again and send them; of
    another's key that you have imported, it holds for you. To end a key at once: `exchange keys revoke`.
    """
    from client.codes import invalid
    from client.settings import load_settings, now
    from shared.kernel.envelope.validity import Validity

    if first is None and last is None:
        raise invalid("INP-000", problem="Say --from, --to or both.", command="keys limit")
    bounds = Validity(_moment(first), _moment(last))
    if bounds.is_over(int(now().timestamp())) or (first and last and last < first):
        raise invalid("INP-000", problem="That time is over, or ends before it begins.", command="keys limit")
    load_settings(profile, keys=keys).key_ring().limit(key, bounds)
    _say_ids("limited", [key], as_json=json)


@app.command(epilog="Example: exchange keys revoke ring:lambeth/sign/0a1b2c3d4e5f")
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, as `keys list` shows it.")],
    since: Annotated[
        datetime | None,
        typer.Option(
            "--compromised-since",
            formats=TIMES,
            help="Since when somebody else may have had it, UTC: what is dated then or later does not count.",
        ),
    ] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Though results are lost that only this key opens.")] = False,
    profile: options.Profile = None,
    keys: options.Keys = None,
    json: options.Json = False,
) -> None:
    """Take a key out of use for good: nothing is sealed to it or signed with it any more. There is no way back.

    It stays listed, and what it signed before still verifies, unless it was compromised by then; that may be said later
    too, of a key that was revoked. Export your public keys again and send them: they say so to the others. Results that
    only this key opens are named first.
    """
    from client.key_facts import unread_results
    from client.settings import load_settings
    from shared.kernel.envelope.gates import UNREAD_RESULTS
    from shared.kernel.envelope.validity import Validity
    from shared.kernel.errors import InvalidInput

    settings = load_settings(profile, keys=keys)
    ring = settings.key_ring()
    if since is not None and ring.is_revoked(key):
        ring.limit(key, Validity(compromised=_moment(since)))
        _say_ids("revoked", [key], as_json=json)
        return
    sealed = unread_results(settings, ring.public_key(key))
    if sealed and not anyway:
        told = f"{UNREAD_RESULTS.meaning} They are: {', '.join(sealed)}."
        raise InvalidInput(UNREAD_RESULTS.code, told, UNREAD_RESULTS.remedy)
    ring.revoke(key, compromised=_moment(since))
    if sealed is None:
        note("No outbox is set: whether results that only this key opens lie there was not looked at.")
    _say_ids("revoked", [key], as_json=json)


@app.command(epilog="Example: exchange keys export --borough lambeth --out lambeth-public.json")
def export(
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write (JSON Web Key Set).")],
    use: Of = None,
    owner: Owner = None,
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    json: options.Json = False,
) -> None:
    """Write the public parts of your keys, to hand to the other side. They are no secret; compare ids by telephone.

    Keys that were revoked are among them, with their end: for what they signed before it.
    """
    from client.files import write_bytes
    from client.settings import load_settings
    from shared.kernel.envelope.keys import write_public

    settings = load_settings(profile, borough=borough, keys=keys)
    ring, whose = settings.key_ring(), _owner(settings, owner)
    found: list[PublicKey] = []
    for each in _uses(use, whose):
        ring.current(whose, each)
        found += ring.every(whose, each)
    write_bytes(out, write_public(tuple(found)))
    _say_ids("exported", [key.key_id for key in found], as_json=json, out=str(out))


@app.command("import", epilog="Example: exchange keys import exchange-public.json --keys keys")
def take_in(
    files: Annotated[list[Path], typer.Argument(help="Public keys that another party exported.")],
    profile: options.Profile = None,
    keys: options.Keys = None,
    json: options.Json = False,
) -> None:
    """Add public keys of others. Whoever imports a key trusts it: compare the ids with their owner first."""
    from client.disk import check_file
    from client.settings import load_settings

    ring = load_settings(profile, keys=keys).key_ring()
    imported: list[str] = []
    for file in files:
        check_file(file)
        imported += ring.import_public(file.read_bytes())
    _say_ids("imported", imported, as_json=json)


def _moment(at: datetime | None) -> int | None:
    return int(at.replace(tzinfo=UTC).timestamp()) if at else None


def _owner(settings: Settings, owner: str | None) -> str:
    from client.codes import invalid
    from shared.kernel.envelope.manifest import EXCHANGE

    if owner is None:
        return settings.slug()
    agreement = settings.agreement()
    if owner != EXCHANGE and owner not in agreement.by_slug:
        raise invalid("INP-023", name=owner, known=", ".join(agreement.controllers))
    return owner


def _uses(use: str | None, owner: str) -> tuple[Use, ...]:
    """The use that was named; else those that such an owner makes. A borough's `drop` key is made by the exchange."""
    from client.codes import invalid
    from shared.kernel.envelope.keys import Use
    from shared.kernel.envelope.manifest import EXCHANGE

    if use is None:
        return (Use.STAGING if owner == EXCHANGE else Use.RELEASE, Use.SIGN)
    if use not in tuple(Use):
        raise invalid("INP-025", name=use, known=", ".join(Use))
    return (Use(use),)


def _say_ids(what: str, ids: list[str], *, as_json: bool, **more: str) -> None:
    answer({"ok": True, what: ids, **more}, "\n".join(f"{what}  {key}" for key in ids), as_json=as_json)
