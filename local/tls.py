"""A certificate for the emulator on this machine: self-signed, made once per folder, trusted by name and no further."""

from __future__ import annotations

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CERTIFICATE, KEY = "certificate.pem", "certificate-key.pem"
_LASTS = timedelta(days=365)
_RENEWED_BEFORE = timedelta(days=30)
_LOOPBACK = ipaddress.ip_address("127.0.0.1")


def certificate(folder: Path) -> tuple[Path, Path]:
    """Paths of certificate and key in `folder`; both are made anew where there are none or they are about to end."""
    made, key = folder / CERTIFICATE, folder / KEY
    if not (made.is_file() and key.is_file() and _holds(made)):
        folder.mkdir(parents=True, exist_ok=True)
        _make(made, key)
    return made, key


def _holds(made: Path) -> bool:
    ends = x509.load_pem_x509_certificate(made.read_bytes()).not_valid_after_utc
    return ends - datetime.now(UTC) > _RENEWED_BEFORE


def _make(made: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(_LOOPBACK))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LASTS)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(_LOOPBACK)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(private)
    made.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
