"""Conditions of the network: proxies and certificates, each with a sentence of its own and what mends it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.conditions.line import Line, nowhere, open_line
from tests.conditions.office import Office

ISSUER = "Lambeth Council Web Inspection"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


class Authority:
    """An office's own certification authority, which shows certificates of its own for whoever is asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, ISSUER)])
        self.file = folder / "authority.pem"
        self.file.write_bytes(self._issue("authority", self._key, self._name, ca=True).public_bytes(_PEM))

    def shows(self, host: str = "127.0.0.1", ends: timedelta = timedelta(days=30)) -> tuple[Path, Path]:
        """A certificate for a host, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._issue(host, key, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]), ends=ends)
        files = self._folder / f"{host}{ends.days}.pem", self._folder / f"{host}{ends.days}-key.pem"
        files[0].write_bytes(made.public_bytes(_PEM))
        files[1].write_bytes(key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return files

    def _issue(
        self, host: str, key: ec.EllipticCurvePrivateKey, subject: x509.Name, *, ca: bool = False,
        ends: timedelta = timedelta(days=30),
    ) -> x509.Certificate:  # fmt: skip
        now = datetime.now(UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + ends)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            named: x509.GeneralName
            try:
                named = x509.IPAddress(ipaddress.ip_address(host))
            except ValueError:
                named = x509.DNSName(host)
            built = built.add_extension(x509.SubjectAlternativeName([named]), critical=False)
        return built.sign(self._key, hashes.SHA256())


_PEM = serialization.Encoding.PEM


@contextmanager
def secure(office: Office, line: Line, certificate: tuple[Path, Path]) -> Iterator[tuple[Office, Line]]:
    """The same office, and a line that speaks HTTPS with this certificate."""
    with open_line(line.exchange, certificate) as opened:
        there = replace(office, place=opened.url)
        there.set_up()
        yield there, opened


@pytest.mark.parametrize(
    ("host", "ends", "words"),
    [
        ("127.0.0.1", timedelta(days=30), "not trusted here"),
        ("127.0.0.1", timedelta(days=-1), "has ended"),
        ("portal.example.org", timedelta(days=30), "not that of 127.0.0.1"),
    ],
    ids=["unknown authority", "ended", "of another host"],
)
def test_a_certificate_that_cannot_be_trusted_names_its_issuer(office, line, authority, host, ends, words) -> None:
    trusted = {} if "trusted" in words else {"SSL_CERT_FILE": str(authority.file)}
    with secure(office, line, authority.shows(host, ends)) as (there, opened):
        sealed = there.sealed()
        said = there.run("drop", sealed, **trusted)
    assert (said.code, said.error) == (6, "STO-024")
    assert words in said.err
    assert ISSUER in said.err
    assert ("SSL_CERT_FILE" in said.err) is ("trusted" in words)
    assert opened.asked == []
    assert sealed.name not in there.inbox()


@pytest.mark.parametrize("setting", ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "certificate"])
def test_an_offices_authority_is_named_by_a_setting(office, line, authority, setting, tmp_path) -> None:
    place = authority.file
    if setting == "SSL_CERT_DIR":
        place = tmp_path / "authorities"
        place.mkdir()
        # OpenSSL finds a certificate in a folder by the hash of its name.
        import subprocess

        digest = subprocess.run(
            ["openssl", "x509", "-hash", "-noout", "-in", str(authority.file)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        (place / f"{digest}.0").write_bytes(authority.file.read_bytes())
    with secure(office, line, authority.shows()) as (there, _):
        if setting == "certificate":
            there.set_up(certificate=str(place))
        sealed = there.sealed()
        said = there.run("drop", sealed, **({} if setting == "certificate" else {setting: str(place)}))
        assert said.code == 0, said.err
        assert sealed.name in there.inbox()


def test_the_profiles_certificate_is_trusted_alone(office, line, authority, tmp_path) -> None:
    from local import tls

    own, _ = tls.certificate(tmp_path / "own")
    with secure(office, line, authority.shows()) as (there, _line):
        there.set_up(certificate=str(own))
        said = there.run("status", SSL_CERT_FILE=str(authority.file))
    assert (said.code, said.error) == (6, "STO-024")


@pytest.mark.parametrize("wrong", ["not there", "no certificate", "an empty folder"])
def test_a_bundle_that_is_none_is_named(office, line, authority, wrong, tmp_path) -> None:
    place = tmp_path / "bundle"
    if wrong == "no certificate":
        place.write_text("hello")
    elif wrong == "an empty folder":
        place.mkdir()
    with secure(office, line, authority.shows()) as (there, opened):
        said = there.run("status", SSL_CERT_FILE=str(place))
    assert (said.code, said.error) == (2, "INP-098")
    assert "SSL_CERT_FILE" in said.err
    assert opened.asked == []


def test_what_speaks_no_tls(office: Office, line: Line) -> None:
    there = replace(office, place=line.url.replace("http:", "https:"))
    there.set_up()
    said = there.run("status")
    assert (said.code, said.error) == (5, "STO-024")


@pytest.mark.parametrize(
    ("state", "code", "error", "words"),
    [
        ("works", 0, "", ""),
        ("wants a password", 6, "STO-022", "name and a password"),
        ("has a password", 0, "", ""),
        ("bars", 6, "STO-022", "does not let this through (403)"),
        ("is dead", 5, "STO-023", "does not answer"),
        ("is unknown", 5, "STO-023", "proxy.invalid:8080 does not answer"),
        ("is avoided", 0, "", ""),
        ("is no address", 2, "INP-099", "HTTPS_PROXY"),
    ],
)
def test_a_proxy(office, line, authority, state, code, error, words) -> None:
    with secure(office, line, authority.shows()) as (there, opened):
        there.set_up(certificate=str(authority.file))
        proxy, secret = opened.proxy, "hunter2-secret"
        opened.password, opened.barred = state.endswith("password"), state == "bars"
        if state == "has a password":
            proxy = proxy.replace("//", f"//janet:{secret}@")
        elif state in ("is dead", "is avoided"):
            proxy = f"http://janet:{secret}@{nowhere()}"
        elif state == "is unknown":
            proxy = "http://proxy.invalid:8080"
        elif state == "is no address":
            proxy = "http://proxy:eight"
        avoid = {"NO_PROXY": "127.0.0.1"} if state == "is avoided" else {}
        sealed = there.sealed()
        said = there.run("drop", sealed, HTTPS_PROXY=proxy, **avoid)
        assert (said.code, said.error) == (code, error), said.err
        assert words in said.err
        assert secret not in said.out + said.err
        assert (sealed.name in there.inbox()) is (code == 0)
        assert (opened.tunnelled > 0) is (state in ("works", "wants a password", "has a password", "bars"))
