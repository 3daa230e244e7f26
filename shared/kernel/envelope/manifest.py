"""The manifest: what the sender says a sealed file is, in the blob's metadata, signed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from shared.kernel import names
from shared.kernel.envelope import asks, faults
from shared.kernel.envelope.canonical import canonical, from_text, to_text
from shared.kernel.envelope.limits import METADATA_LIMIT, SIGNATURE_BYTES
from shared.kernel.texts import Collection, Dataset, DropId, Slug, Version

EXCHANGE = "exchange"
"""How the exchange itself is named where a borough is named by its slug."""

MANIFEST_KEY = "exchange_manifest"
SIGNATURE_KEY = "exchange_signature"
CONTEXT = b"borough-exchange manifest 1\n"
"""Goes before the manifest in what is signed, so that no other document passes for one."""


def _utc_seconds(moment: datetime) -> datetime:
    if moment.tzinfo is None or moment.utcoffset() != UTC.utcoffset(None) or moment.microsecond:
        raise ValueError("must be UTC, in whole seconds")
    return moment.replace(tzinfo=UTC)


KeyId = Annotated[
    str,
    StringConstraints(
        max_length=300,
        pattern=rf"^(ring:{names.SLUG}/[a-z]{{1,16}}/[0-9a-f]{{12}}|https://[a-z0-9.:-]{{1,160}}/keys/[a-z0-9-]{{1,80}}/{names.ID})$",
    ),
]
Moment = Annotated[datetime, AfterValidator(_utc_seconds)]


class Manifest(BaseModel):
    """Facts about one sealed file. Every text is a code, an id or a hash: none has room for a personal value."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: Annotated[int, Field(ge=1, le=1)] = 1
    sender: Slug
    receiver: Slug
    """A borough's slug or `exchange`."""
    agreement: Slug
    agreement_version: Version
    dataset: Dataset
    """A dataset or, from the exchange to a borough, a release."""
    collection: Collection
    """Which census the file belongs to: `2026-autumn`."""
    rows: Annotated[int, Field(ge=0, le=2**31 - 1)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """Of the sealed bytes, not of their content: it can be checked without a key."""
    key_id: KeyId
    """The key the file is sealed to. Claimed by the sender, so worth nothing until it is on the receiver's list."""
    signing_key_id: KeyId
    prepared_at: Moment
    """When the sender says it sealed the file; UTC, whole seconds."""
    replaces: DropId | None = None
    """The id of the drop that this file replaces, where its sender has been asked; left out otherwise."""

    @property
    def reference(self) -> str:
        """`fsm@1.0.0`: the agreement under which the file was sealed."""
        return f"{self.agreement}@{self.agreement_version}"

    def document(self) -> bytes:
        """The manifest as it travels: canonical JSON, ASCII."""
        return canonical(self.model_dump(mode="json", exclude_none=True))

    def message(self) -> bytes:
        """The bytes that are signed: the context line, then the JSON."""
        return CONTEXT + self.document()


def to_metadata(manifest: Manifest, signature: bytes) -> dict[str, str]:
    """Blob metadata that carries the manifest and its signature. The names are valid C# identifiers, as Azure asks."""
    return {MANIFEST_KEY: manifest.document().decode("ascii"), SIGNATURE_KEY: to_text(signature)}


def from_metadata(metadata: Mapping[str, str]) -> tuple[Manifest, bytes]:
    """Read the manifest and its signature (64 bytes) back; neither is verified yet.

    Raises `UntrustedDrop`: as `read_manifest`, then as `read_signature`.
    """
    return read_manifest(metadata), read_signature(metadata)


def read_manifest(metadata: Mapping[str, str]) -> Manifest:
    """The manifest in a blob's metadata.

    Raises `UntrustedDrop` (ENV-003) when it is missing, too long or not exactly what `document` would write. Names are
    compared without case, as the service may recase them.
    """
    size = sum(len(_bytes(name)) + len(_bytes(value)) for name, value in metadata.items())
    if size > METADATA_LIMIT:
        raise asks.METADATA_LENGTH.refusal(size=size)
    text = _entry(metadata, MANIFEST_KEY)
    if not text:
        raise asks.MANIFEST_MISSING.refusal()
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise faults.not_a_manifest(text, error) from None
    if manifest.document() != _bytes(text):
        # Another spelling of the same JSON (spaces, order, a name twice) is not what was signed.
        raise faults.not_canonical(text, manifest.document().decode("ascii"))
    return manifest


def read_signature(metadata: Mapping[str, str]) -> bytes:
    """The signature in a blob's metadata. Raises `UntrustedDrop` (ENV-005) when it is missing or malformed."""
    text = _entry(metadata, SIGNATURE_KEY)
    if not text:
        raise asks.SIGNATURE_MISSING.refusal()
    try:
        signature = from_text(text)
    except ValueError:
        raise faults.not_base64url(text) from None
    if len(signature) != SIGNATURE_BYTES:
        raise faults.of_another_length(text, signature)
    return signature


def _entry(metadata: Mapping[str, str], wanted: str) -> str:
    return {name.lower(): value for name, value in metadata.items()}.get(wanted, "")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
