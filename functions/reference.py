"""What a blob trigger is handed: which blob it is, without its bytes and without a client for it.

An SDK-type binding makes the host send `{Connection, ContainerName, BlobName}` instead of the content, so a 200 MB
drop is not copied through the host and the worker before anyone has looked at it. Microsoft's own `BlobClient` binding
builds a storage client and a credential per event, which nothing here would use (`shared/kernel/storage` reads, under
its own conditions), and doubles the time that it takes to import the app.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from azurefunctions.extensions.base import InConverter, SdkType

from shared.kernel.json_once import loads_once


@dataclass(frozen=True)
class BlobReference(SdkType):
    """One blob, as the host names it. `name` is the path within the container."""

    container: str
    name: str
    or_named: tuple[str, ...] = ()
    """Other names that the event has for it. The host's own reference has one name."""

    def get_sdk_type(self) -> BlobReference:
        """What the trigger's parameter is: this itself, no client made from it."""
        return self


class BlobReferenceConverter(InConverter, binding="blob", trigger="blobTrigger"):
    """Makes a `BlobReference` of what the host sends; the worker finds this class by the names of the bindings."""

    @classmethod
    def check_input_type_annotation(cls, pytype: type) -> bool:
        """Whether a trigger's parameter may be declared so."""
        return issubclass(pytype, BlobReference)

    @classmethod
    def decode(cls, data: Any, *, trigger_metadata: Any, pytype: type | None = None) -> BlobReference:
        """Read the reference. Bytes instead of a reference mean that the host did not see the SDK type: raised."""
        if data is None or data.type != "model_binding_data":
            raise ValueError("the host sent no blob reference")
        content = loads_once(data.value.content)
        return BlobReference(container=content["ContainerName"], name=content["BlobName"])
