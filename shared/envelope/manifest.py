"""The manifest: what the sender says a sealed file is, in the blob's metadata, signed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from shared.envelope.canonical import canonical, from_text, to_text
from shared.envelope.gates import MANIFEST, SIGNED, refuse

EXCHANGE = "exchange"
"""How the exchange itself is named where a borough is named by its slug."""

MANIFEST_KEY = "exchange_manifest"
SIGNATURE_KEY = "exchange_signature"
METADATA_LIMIT = 8 * 1024
"""Bytes of all names and values of a blob's metadata together, as Azure counts them."""

SIGNATURE_BYTES = 64
"""Ed25519."""

_CONTEXT = b"borough-exchange manifest 1\n"


def _utc_seconds(moment: datetime) -> datetime:
    if moment.tzinfo is None or moment.utcoffset() != UTC.utcoffset(None) or moment.microsecond:
        raise ValueError("must be UTC, in whole seconds")
    return moment.replace(tzinfo=UTC)


Party = Annotated[str, StringConstraints(pattern=r"^[a-z](-?[a-z]){1,56}$")]
KeyId = Annotated[
    str,
    StringConstraints(
        max_length=300,
        pattern=r"^(ring:[a-z-]{2,64}/[a-z]{1,16}/[0-9a-f]{12}|https://[a-z0-9.:-]{1,160}/keys/[a-z0-9-]{1,80}/[0-9a-f]{32})$",
    ),
]
Moment = Annotated[datetime, AfterValidator(_utc_seconds)]


class Manifest(BaseModel):
    """Facts about one sealed file. Every text is a code, an id or a hash: none has room for a personal value."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: Annotated[int, Field(ge=1, le=1)] = 1
    sender: Party
    receiver: Party
    """A borough's slug or `exchange`."""
    agreement: Party
    agreement_version: Annotated[str, StringConstraints(pattern=r"^\d{1,6}\.\d{1,6}\.\d{1,6}$")]
    dataset: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,31}$")]
    """A dataset or, from the exchange to a borough, a release."""
    collection: Annotated[str, StringConstraints(pattern=r"^\d{4}-[a-z]{1,16}$")]
    """Which census the file belongs to: `2026-autumn`."""
    rows: Annotated[int, Field(ge=0, le=2**31 - 1)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """Of the sealed bytes, not of their content: it can be checked without a key."""
    key_id: KeyId
    """The key the file is sealed to. Claimed by the sender, so worth nothing until it is on the receiver's list."""
    signing_key_id: KeyId
    prepared_at: Moment
    """When the sender says it sealed the file; UTC, whole seconds."""
    replaces: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")] | None = None
    """The id of the drop that this file replaces, where its sender has been asked; left out otherwise."""

    @property
    def reference(self) -> str:
        """`fsm@1.0.0`: the agreement under which the file was sealed."""
        return f"{self.agreement}@{self.agreement_version}"

    def document(self) -> bytes:
        """The manifest as it travels: canonical JSON, ASCII."""
        return canonical(self.model_dump(mode="json", exclude_none=True))

    def message(self) -> bytes:
        """The bytes that are signed: a context line, so that no other document passes for a manifest, then the JSON."""
        return _CONTEXT + self.document()


def to_metadata(manifest: Manifest, signature: bytes) -> dict[str, str]:
    """Blob metadata that carries the manifest and its signature. The names are valid C# identifiers, as Azure asks."""
    return {MANIFEST_KEY: manifest.document().decode("ascii"), SIGNATURE_KEY: to_text(signature)}


def from_metadata(metadata: Mapping[str, str]) -> tuple[Manifest, bytes]:
    """Read the manifest and its signature (64 bytes) back; neither is verified yet.

    Raises `UntrustedDrop`: ENV-003 when the manifest is missing, too long or not exactly what `document` would write;
    ENV-005 when the signature is missing or malformed. Names are compared without case, as the service may recase them.
    """
    if sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items()) > METADATA_LIMIT:
        raise refuse(MANIFEST)
    fields = {name.lower(): value for name, value in metadata.items()}
    manifest = _read(fields.get(MANIFEST_KEY, ""))
    try:
        signature = from_text(fields.get(SIGNATURE_KEY, ""))
    except ValueError:
        raise refuse(SIGNED) from None
    if len(signature) != SIGNATURE_BYTES:
        raise refuse(SIGNED)
    return manifest, signature


def _read(text: str) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        # Only the names of fields that exist: an unknown name, and every value, is the sender's text.
        named = {str(part["loc"][0]) for part in error.errors() if part["loc"]} & set(Manifest.model_fields)
        raise refuse(MANIFEST, f"Wrong: {', '.join(sorted(named))}." if named else "") from None
    if manifest.document() != text.encode():
        # Another spelling of the same JSON (spaces, order, a name twice) is not what was signed.
        raise refuse(MANIFEST)
    return manifest
