"""`exchange register`: the register of who is who in the logs, from the reviewed file of principals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from client import options
from client.console import answer

app = typer.Typer(help="Make the register that says who is who in the logs.")


@app.command(
    epilog="Example: exchange register infra/bicep/principals.yaml --app 0a1b2c3d-… --account stexchange "
    "--vault kv-exchange --records 4e5f6071-… --out record/register.yaml"
)
def register(
    principals: Annotated[Path, typer.Argument(help="infra/bicep/principals.yaml, as it was in the period.")],
    identity: Annotated[str, typer.Option("--app", help="Object id of the function app's identity.")],
    account: Annotated[list[str], typer.Option(help="Name of the exchange's storage account.")],
    out: Annotated[Path, typer.Option(help="Where to write it.")],
    vault: Annotated[list[str] | None, typer.Option(help="Name of the key vault.")] = None,
    records: Annotated[str, typer.Option(help="Object id of who ends records; without it nobody may.")] = "",
    events: Annotated[str, typer.Option(help="Object id of Event Grid's topic, which writes dead letters.")] = "",
    signing: Annotated[
        list[Path] | None,
        typer.Option(help="A borough's own copy of the exchange's public keys; again for each. Binds them."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Write register.yaml. Deploying prints the object ids (`azd env get-values`). Add by hand what neither knows: who
    deploys (`deployers`), passes that were issued, and days (`from`, `to`) of those who left."""
    import yaml

    from client.disk import check_file
    from shared.kernel.audit.questions import REGISTER
    from shared.kernel.audit.register import register_from
    from shared.kernel.yaml_once import load_yaml_once

    check_file(principals)
    try:
        document = register_from(
            load_yaml_once(principals.read_text(encoding="utf-8")),
            app=identity,
            accounts=account,
            vaults=vault or [],
            records=records,
            events=events,
            signing_keys=_fingerprints(signing or []),
        )
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError):
        raise REGISTER.refusal(f"{principals.name} is no file of principals, or an id is none.") from None
    out.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
    answer({"ok": True, "register": str(out)}, f"Written: {out}", as_json=json)


def _fingerprints(files: list[Path]) -> list[str]:
    """Of the exchange's signing keys in these files, each once."""
    from client.codes import invalid
    from client.disk import check_file
    from shared.kernel.audit.trust import signing
    from shared.kernel.envelope.keys import read_public

    found: dict[str, None] = {}
    for path in files:
        check_file(path)
        keys = signing(read_public(path.read_bytes()))
        if not keys:
            raise invalid("INP-046", path=path)
        found |= dict.fromkeys(key.fingerprint for key in keys)
    return list(found)
