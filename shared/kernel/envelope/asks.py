"""What is asked of a sealed file before it is opened: how it arrives, its manifest and signature, how it is locked."""

from __future__ import annotations

from shared.kernel.envelope import gates
from shared.kernel.envelope.ask import Ask
from shared.kernel.envelope.limits import (
    DATA_KEY_BYTES,
    METADATA_LIMIT,
    MOST_CLEAR_BYTES,
    MOST_FILE_ID_BYTES,
    MOST_FOOTER_BYTES,
    SIGNATURE_BYTES,
)

_RESEAL = "one data key, wrapped once, inside the file"

# --- what arrives, and from whom (ENV-002, 004, 006, 008, 009) --------------------------------------------------------

NOT_SEALED = Ask(
    gates.SEALED,
    "{found}",
    "a file that begins and ends with PARE, as it does whose footer is encrypted too",
    "footer_key set, plaintext_footer=False, and encryption_properties given to the writer",
    "parquet.crypto.factory.class, parquet.encryption.uniform.key and parquet.encryption.plaintext.footer=false; "
    "without Spark: ParquetWriter.Builder.withEncryption, and not withPlaintextFooter",
)
ADDRESSED = Ask(
    gates.ADDRESS,
    "another {members} in the manifest",
    "as sender the slug of the inbox, {sender}; as receiver {receiver}; as dataset what was asked for, if any was",
)
SIGNER = Ask(
    gates.SIGNER,
    "a signing_key_id that names no sign key of {sender} which the operators have taken in",
    "the kid of your sign key as you sent it to them: ring:{sender}/sign/ and the first 12 hexadecimal digits of its "
    "thumbprint",
)
SIGNER_OUT_OF_TIME = Ask(
    gates.SIGNER,
    "a prepared_at that lies outside of the time in which signatures of this sign key of {sender} count",
    "a file that is sealed and signed anew, with the sign key that you have now, on a machine whose clock is right; "
    "where nobody knows why, ask the operators for the key's times",
)
HASH = Ask(
    gates.HASH,
    "bytes whose SHA-256 is not the sha256 of the manifest; the receipt's sha256 is that of the bytes that arrived",
    "SHA-256 over the sealed file as it is put, read after its writer was closed, and not over a plain file",
)
KEY_ID = Ask(
    gates.KEY_ID,
    "a key_id that names no drop key of {sender}",
    "the kid of the drop key that the operators gave you, letter by letter: {accepted}",
)

# --- the manifest and its signature (ENV-003, 005, 007) ---------------------------------------------------------------

MEMBER_FORMS = {
    "agreement": "is the agreement's id alone, lower case, without its version",
    "agreement_version": "is three numbers with dots: 1.0.0",
    "collection": "is a term or a year: 2026-autumn, 2025-26",
    "dataset": "is the name of one of the agreement's datasets, lower case",
    "key_id": "is the kid of the drop key, letter by letter: ring:, owner, /drop/ and 12 hexadecimal digits; or a URL "
    "in a vault",
    "prepared_at": "is UTC in whole seconds and ends in Z: 2026-12-01T09:00:00Z",
    "receiver": "is exchange, or a borough's slug",
    "replaces": "is left out, or else the id of a drop of yours: 32 hexadecimal digits in lower case",
    "rows": "is a whole number without quotes",
    "sender": "is the borough's slug, lower case, as before -inbox in the address",
    "sha256": "is 64 hexadecimal digits in lower case, over the sealed bytes",
    "signing_key_id": "is the kid of the key that signs, letter by letter: ring:, owner, /sign/ and 12 hexadecimal "
    "digits",
    "version": "is the number 1",
}
"""Every member of a manifest, in the order of the canonical form, and its form."""
NEEDED_MEMBERS = tuple(name for name in MEMBER_FORMS if name != "replaces")
"""Those that must stand there. The other is a word that a sender says only when it was asked."""

_CANONICAL = (
    "canonical JSON: members in the order of their names' code points, no spaces, no line end, no escapes, no member "
    "twice"
)
METADATA_LENGTH = Ask(
    gates.MANIFEST, "{size:,} bytes of metadata", f"at most {METADATA_LIMIT:,} bytes of all names and values together"
)
MANIFEST_MISSING = Ask(
    gates.MANIFEST,
    "no metadata entry exchange_manifest",
    "the manifest as the entry exchange_manifest, in the same Put Blob as the file",
)
MANIFEST_JSON = Ask(gates.MANIFEST, "{found} in exchange_manifest", "one JSON object in UTF-8 without byte order mark")
MANIFEST_MEMBERS = Ask(
    gates.MANIFEST,
    "{found} in exchange_manifest",
    f"exactly these members: {', '.join(NEEDED_MEMBERS)}; and replaces where you were asked",
)
MANIFEST_MEMBER = Ask(gates.MANIFEST, "another form of {found}", "{forms}")
MANIFEST_SPELLING = Ask(gates.MANIFEST, "{found}, in exchange_manifest", _CANONICAL)
SIGNATURE_MISSING = Ask(
    gates.SIGNED,
    "no metadata entry exchange_signature",
    "the signature as the entry exchange_signature, in the same Put Blob as the file",
)
_SIGNATURE_FORM = f"{SIGNATURE_BYTES} bytes in Base64url (- and _) without padding: 86 characters"
SIGNATURE_FORM = Ask(gates.SIGNED, "{found}, in {characters:,} characters", _SIGNATURE_FORM)
SIGNATURE_LENGTH = Ask(gates.SIGNED, "{bytes:,} bytes in {characters:,} characters", _SIGNATURE_FORM)
SIGNATURE = Ask(
    gates.SIGNATURE,
    "a signature {found}",
    "plain Ed25519 (RFC 8032, no prehash) over the ASCII line 'borough-exchange manifest 1', one LF, and the bytes of "
    "exchange_manifest exactly as they stand in the metadata",
)

# --- how it is locked (ENV-010) ---------------------------------------------------------------------------------------

FOOTER_LENGTH = Ask(
    gates.LOCK,
    "the four bytes before the last PARE say {length:,}, in a file of {size:,} bytes",
    "the length of the footer, little-endian",
)
FOOTER_TOO_LONG = Ask(
    gates.LOCK,
    "a footer of {length:,} bytes, in which {groups} row groups are listed",
    f"at most {MOST_FOOTER_BYTES:,} bytes; fewer, larger row groups make it shorter",
    "row_group_size (WriterProperties max_row_group_length) 100000 or more",
    "parquet.block.size 134217728, the default; coalesce(1) before the write in Spark",
)
CLEAR_PART = Ask(
    gates.LOCK,
    f"no FileCryptoMetaData within the first {MOST_CLEAR_BYTES:,} bytes of the footer",
    "FileCryptoMetaData in Thrift's compact protocol, then the encrypted footer",
    "footer_key set, plaintext_footer=False",
    "parquet.encryption.plaintext.footer=false",
)
ALGORITHM = Ask(
    gates.LOCK,
    "the algorithm {algorithm}",
    "AES_GCM_V1 for every part",
    'encryption_algorithm="AES_GCM_V1" (ParquetCipher::AES_GCM_V1)',
    "parquet.encryption.algorithm=AES_GCM_V1",
)
PREFIX_STORED = Ask(
    gates.LOCK,
    "an AAD prefix, stored in the file",
    "no AAD prefix",
    "leave out aad_prefix of FileEncryptionProperties::Builder",
    "leave out FileEncryptionProperties.Builder.withAADPrefix",
)
PREFIX_SUPPLIED = Ask(
    gates.LOCK,
    "an AAD prefix that the file does not store (supply_aad_prefix)",
    "no AAD prefix: nobody here could supply it",
    "leave out aad_prefix and disable_aad_prefix_storage of FileEncryptionProperties::Builder",
    "leave out FileEncryptionProperties.Builder.withAADPrefix and withoutAADPrefixStorage",
)
FILE_ID = Ask(
    gates.LOCK,
    "an aad_file_unique of {length:,} bytes",
    f"1 to {MOST_FILE_ID_BYTES} bytes, as the library draws them",
)
KEY_MATERIAL = Ask(
    gates.LOCK,
    "key metadata that is not key material in JSON",
    "a JSON object of type PKMT1 as the key metadata of the footer, with masterKeyID and wrappedDEK",
    "CryptoFactory and a KmsClient; with a low-level footer_key_metadata, write that JSON yourself",
    "parquet.crypto.factory.class=org.apache.parquet.crypto.keytools.PropertiesDrivenCryptoFactory and "
    "parquet.encryption.kms.client.class; with FileEncryptionProperties.Builder.withFooterKeyMetadata, write that JSON "
    "yourself",
)
KEY_MATERIAL_MEMBER = Ask(
    gates.LOCK,
    "key material without {member}, or with another form of it",
    'keyMaterialType "PKMT1", internalStorage true, isFooterKey true and doubleWrapping false without quotes, '
    "masterKeyID the key_id of the manifest, wrappedDEK in standard Base64 (+ and /) with padding, on one line",
    "CryptoFactory writes them so",
    "PropertiesDrivenCryptoFactory writes them so",
)
MATERIAL_OUTSIDE = Ask(
    gates.LOCK,
    "key material that lies outside of the file (internalStorage)",
    "internalStorage true",
    "internal_key_material=True",
    "parquet.encryption.key.material.store.internally=true",
)
DOUBLE_WRAPPING = Ask(
    gates.LOCK,
    "a data key that is wrapped twice (doubleWrapping)",
    f"single wrapping: {_RESEAL}",
    "double_wrapping=False (DoubleWrapping in ParquetSharp)",
    "parquet.encryption.double.wrapping=false",
)
DATA_KEY_LENGTH = Ask(
    gates.LOCK,
    "a data key of {bits} bits",
    f"{8 * DATA_KEY_BYTES} bits",
    f"data_key_length_bits={8 * DATA_KEY_BYTES} (DataKeyLengthBits in ParquetSharp)",
    f"parquet.encryption.data.key.length.bits={8 * DATA_KEY_BYTES}",
)
LOCK_KEY = Ask(
    gates.LOCK_KEY,
    "a masterKeyID in the key material that is not the key_id of the manifest",
    "the same key id in both, character by character",
    "footer_key=<key id> of EncryptionConfiguration",
    "parquet.encryption.uniform.key=<key id>",
)
UNWRAP = Ask(
    gates.UNWRAP,
    "a wrappedDEK that the private key of key_id does not open",
    "RSA-OAEP with SHA-256 for the hash and for MGF1, an empty label, to the public key that key_id names",
    "in your KmsClient's WrapKey: OAEP with SHA-256 for both (.NET: RSAEncryptionPadding.OaepSHA256)",
    'in your KmsClient\'s wrapKey: new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, '
    "PSource.PSpecified.DEFAULT), as OAEPWithSHA-256AndMGF1Padding alone uses SHA-1 for MGF1",
)
