"""`exchange vault`: the keys of an exchange in the cloud, for their keepers. On one machine: `exchange keys`.

Secrets of the vault are JSON Web Keys of a form of our own, so no general tool makes them. Whoever runs this is logged
in to Azure and has a keeper's role, which cannot unwrap.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client import options
from client.codes import invalid
from client.console import answer, step, table
from operate import site

if TYPE_CHECKING:
    from operate.site import OperatedSite
    from shared.kernel.envelope.keys import PublicKey, Use

app = typer.Typer(no_args_is_help=True, help="For keepers: make, list, export, import and revoke keys of the vault.")

Owner = Annotated[str, typer.Option(help="Whose key: a slug, or `exchange`.")]
Of = Annotated[str, typer.Option("--use", help="drop (of a borough), staging or sign (of the exchange).")]


@app.command("list", epilog="Example: exchange vault list")
def list_keys(profile: site.Profile = None, json: options.Json = False) -> None:
    """List every enabled version: whose, for what, its id, since when, and whether it is the current one."""
    with step("Asking the vault"):
        rows = list(_rows(site.load_site(profile)))
    text = table(["owner", "use", "key", "made", "current"], [list(row.values()) for row in rows])
    answer({"ok": True, "keys": rows}, text if rows else "The vault has no keys.", as_json=json)


@app.command("new", epilog="Example: exchange vault new --owner exchange --use sign")
def new(owner: Owner, use: Of, profile: site.Profile = None, json: options.Json = False) -> None:
    """Make the first version of a key. Deployment has made `drop` and `staging`; `sign` of the exchange it cannot."""
    chosen = site.load_site(profile)
    keys, whose, what = chosen.vault_keys(), _owner(chosen, owner), _use(use)
    with step("Making a key"):
        if keys.held(whose, what):
            raise invalid("INP-047", owner=whose, use=what.value)
        made = keys.create_key(whose, what)
    _say("made", (made,), as_json=json)


@app.command("pseudonyms", epilog="Example: exchange vault pseudonyms --agreement fsm")
def pseudonyms(
    agreement: Annotated[str, typer.Option(help="The agreement's id.")],
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Make the secret of an agreement's pseudonyms, once and for all: under another, no decision would be known."""
    from shared.agreements.registry import load_agreement
    from shared.kernel.envelope.vault_names import secret_name

    of = load_agreement(agreement).id
    with step("Making a secret"):
        site.load_site(profile).vault_keys().create_secret(of)
    _say("made", (secret_name(of),), as_json=json)


@app.command("rotate", epilog="Example: exchange vault rotate --owner lambeth --use drop")
def rotate(owner: Owner, use: Of, profile: site.Profile = None, json: options.Json = False) -> None:
    """Make the next version of a key. Earlier versions open and verify as before."""
    chosen = site.load_site(profile)
    with step("Making a key"):
        made = chosen.vault_keys().rotate(_owner(chosen, owner), _use(use))
    _say("made", (made,), as_json=json)


@app.command("export", epilog="Example: exchange vault export --owner exchange --use sign --out exchange-sign.json")
def export(
    owner: Owner,
    use: Of,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write (JSON Web Key Set).")],
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Write the public parts of all enabled versions, to hand to a borough or to put into a record."""
    chosen = site.load_site(profile)
    with step("Asking the vault"):
        keys, whose, what = chosen.vault_keys(), _owner(chosen, owner), _use(use)
        document, held = keys.export_public(whose, what), keys.held(whose, what)
    out.write_bytes(document)
    _say("exported", tuple(key.key_id for key in held), as_json=json)


@app.command("import", epilog="Example: exchange vault import hackney-public.json")
def take_in(
    file: Annotated[Path, typer.Argument(help="Public keys that a borough exported.")],
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Store a borough's public keys. Whoever imports a key trusts it: compare the ids by telephone first."""
    if not file.is_file():
        raise invalid("INP-001", path=file)
    with step("Storing"):
        imported = site.load_site(profile).vault_keys().import_public(file.read_bytes())
    _say("imported", imported, as_json=json)


@app.command("revoke", epilog="Example: exchange vault revoke ring:hackney/sign/0a1b2c3d4e5f")
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, as `exchange vault list` shows it.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to write its public part with its end, for old evidence.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--compromised-since",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"],
            help="Since when somebody else may have had it, UTC: what is dated then or later does not count.",
        ),
    ] = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Disable one version: nothing is sealed to it, opened or signed with it any more.

    Keep the file that --out writes with the record's keys: by it what the key signed before its end still verifies.
    Results that only this key opens and that may still lie in the outbox are named, as the ledger has them. Stop what a
    stolen key has brought with `exchange quarantine --key`.
    """
    from operate.revoking import ended as ended_key
    from operate.revoking import sealed_to
    from shared.kernel.envelope.keys import write_public

    chosen = site.load_site(profile)
    with step("Disabling"):
        keys = chosen.vault_keys()
        public = keys.public_key(key)
        keys.revoke(key)
    ended = ended_key(public, site.now(), since.replace(tzinfo=UTC) if since else None)
    if out is not None:
        out.write_bytes(write_public((ended,)))
    sealed = sealed_to(chosen, key, site.now()) if chosen.account else None
    rows = [[line["job"], line["collection"], line["release"], line["gone_after"]] for line in sealed or ()]
    text = f"revoked  {key}"
    if rows:
        text += "\n\nResults that only this key opens, and that may not have been fetched:\n"
        text += table(["job", "collection", "release", "gone after"], rows)
    if sealed is None:
        text += "\n\nNo account is set: whether results are sealed to it was not looked at."
    answer({"ok": True, "revoked": [key], "sealed_to_it": sealed}, text, as_json=json)


def _rows(chosen: OperatedSite) -> Iterator[dict[str, str]]:
    from shared.kernel.envelope.keys import Use
    from shared.kernel.envelope.manifest import EXCHANGE

    keys = chosen.vault_keys()
    wanted = [(EXCHANGE, Use.STAGING), (EXCHANGE, Use.SIGN)]
    wanted += [(slug, use) for slug in chosen.every_agreement().parties for use in (Use.DROP, Use.RELEASE, Use.SIGN)]
    for owner, use in wanted:
        held = keys.held(owner, use)
        yield from (_row(key, key is held[-1]) for key in held)


def _row(key: PublicKey, current: bool) -> dict[str, str]:
    made = datetime.fromtimestamp(key.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "owner": key.owner,
        "use": key.use.value,
        "key": key.key_id,
        "made": made,
        "current": "yes" if current else "no",
    }


def _owner(chosen: OperatedSite, owner: str) -> str:
    from shared.kernel.envelope.manifest import EXCHANGE

    agreements = chosen.every_agreement()
    if owner != EXCHANGE and owner not in agreements.known:
        raise invalid("INP-023", name=owner, known=", ".join(agreements.parties))
    return owner


def _use(use: str) -> Use:
    from shared.kernel.envelope.keys import Use

    if use not in tuple(Use):
        raise invalid("INP-025", name=use, known=", ".join(Use))
    return Use(use)


def _say(what: str, ids: tuple[str, ...], *, as_json: bool) -> None:
    answer({"ok": True, what: list(ids)}, "\n".join(f"{what}  {key}" for key in ids), as_json=as_json)
