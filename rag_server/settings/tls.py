"""The certificates that the settings name, read and checked before the port is opened."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from rag_server.settings.problem import SettingsError
from rag_server.settings.sections import Tls


@dataclass(frozen=True, slots=True)
class TlsMaterial:
    """PEM bytes; `client_ca` None: clients need no certificate."""

    certificate: bytes
    private_key: bytes
    client_ca: bytes | None

    def __repr__(self) -> str:
        return "TlsMaterial()"


def read_tls(tls: Tls) -> TlsMaterial | None:
    """The material of the section, None when TLS is not set.

    Raises SettingsError when a file cannot be read, is not PEM, or the private key is
    encrypted or not that of the certificate: gRPC itself would only fail at handshakes.
    """
    if tls.certificate is None or tls.private_key is None:
        return None
    material = TlsMaterial(
        _read("tls.certificate", tls.certificate),
        _read("tls.private_key", tls.private_key),
        _read("tls.client_ca", tls.client_ca) if tls.client_ca else None,
    )
    _check_pair(tls.certificate, tls.private_key)
    if tls.client_ca is not None:
        _check_authorities(tls.client_ca)
    return material


def _read(setting: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise SettingsError(f"setting {setting} must name a readable file: {path}") from None


def _check_pair(certificate: Path, private_key: Path) -> None:
    try:
        # An empty passphrase makes an encrypted key fail where it would ask on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, private_key, "")
    except (ssl.SSLError, ValueError):
        raise SettingsError(
            f"settings tls.certificate and tls.private_key must be a PEM certificate and its "
            f"unencrypted PEM key: {certificate}, {private_key}"
        ) from None


def _check_authorities(client_ca: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(client_ca)
    except (ssl.SSLError, ValueError):
        raise SettingsError(
            f"setting tls.client_ca must be a file of PEM certificates: {client_ca}"
        ) from None
