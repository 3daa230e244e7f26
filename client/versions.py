"""Which version this is: of the package, of the agreement it was made for, of the format it writes. What is missing."""

from __future__ import annotations

from importlib.metadata import version

NAME = "borough-exchange"
_EXCHANGE_ONLY = {
    "azure.functions",
    "azure.storage.queue",
    "azure.keyvault.secrets",
    "azurefunctions",
    "pandas",
    "rapidfuzz",
}
"""What the exchange runs on and a sender does not need: the extra `exchange` of the package."""


def version_facts() -> dict[str, str]:
    """Version of the package, of the agreement that is shipped with it, and of the manifest that it writes."""
    from shared.agreement.load import load_agreement
    from shared.envelope.manifest import Manifest

    format_version = Manifest.model_fields["version"].default
    return {
        "version": version(NAME),
        "agreement": load_agreement().reference,
        "format": f"exchange manifest {format_version}",
    }


def version_line() -> str:
    """The same in a line."""
    facts = version_facts()
    return f"exchange {facts['version']} (agreement {facts['agreement']}, {facts['format']})"


def how_to_install(part: str) -> str:
    """What to type so that a part which is missing is there."""
    roots = {part, part.partition(".")[0]}
    extra = "client,exchange" if roots & _EXCHANGE_ONLY or part.startswith("azure.") else "client"
    return f"Install it: pip install '{NAME}[{extra}]'; in a clone, `make setup`."
