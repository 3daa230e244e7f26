"""Which version this is: of the package, of the agreement it was made for, of the format it writes. What is missing."""

from __future__ import annotations

from importlib.metadata import version

NAME = "borough-exchange"
_EXCHANGE_ONLY = {"azure.functions", "azurefunctions", "azure.storage.queue", "azure.keyvault.secrets", "pandas"}
"""What the exchange runs on and a sender does not need: the extra `exchange` of the package."""


def version_facts() -> dict[str, str]:
    """Version of the package, of the agreement that is shipped with it, and of the manifest that it writes."""
    from shared.agreements.registry import load_agreement
    from shared.kernel.envelope.manifest import Manifest

    format_version = Manifest.model_fields["version"].default
    return {
        "version": version(NAME),
        "agreement": load_agreement("fsm").reference,
        "format": f"exchange manifest {format_version}",
    }


def version_line() -> str:
    """The same in a line."""
    facts = version_facts()
    return f"exchange {facts['version']} (agreement {facts['agreement']}, {facts['format']})"


def how_to_install(part: str) -> str:
    """What to type so that a part which is missing is there."""
    of_exchange = any(part == known or part.startswith(f"{known}.") for known in _EXCHANGE_ONLY)
    extra = "client,exchange" if of_exchange else "client"
    return f"Install it: pip install '{NAME}[{extra}]'; in a clone, `make setup`."
