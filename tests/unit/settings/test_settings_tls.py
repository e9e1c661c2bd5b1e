from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from rag_server.settings import SettingsError, read_tls
from rag_server.settings.sections import Tls


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA, tmp_path: Path) -> Tls:
    leaf = authority.issue_cert("localhost")
    certificate, key, ca = (tmp_path / name for name in ("crt.pem", "key.pem", "ca.pem"))
    certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    key.write_bytes(leaf.private_key_pem.bytes())
    ca.write_bytes(authority.cert_pem.bytes())
    return Tls(certificate=certificate, private_key=key, client_ca=ca)


def with_files(tls: Tls, **files: Path | None) -> Tls:
    return tls.model_copy(update=files)


def test_without_a_certificate_there_is_no_tls() -> None:
    assert read_tls(Tls()) is None


def test_the_files_are_read_as_they_are(tls: Tls) -> None:
    material = read_tls(tls)
    assert material is not None
    assert tls.certificate is not None
    assert tls.private_key is not None
    assert tls.client_ca is not None
    assert material.certificate == tls.certificate.read_bytes()
    assert material.private_key == tls.private_key.read_bytes()
    assert material.client_ca == tls.client_ca.read_bytes()


def test_the_private_key_is_not_shown(tls: Tls) -> None:
    assert "PRIVATE" not in repr(read_tls(tls))


def test_client_certificates_are_optional(tls: Tls) -> None:
    material = read_tls(with_files(tls, client_ca=None))
    assert material is not None
    assert material.client_ca is None


@pytest.mark.parametrize("name", ["certificate", "private_key", "client_ca"])
def test_a_missing_file_is_named(tls: Tls, tmp_path: Path, name: str) -> None:
    with pytest.raises(
        SettingsError, match=rf"setting tls\.{name} must name a readable file: .*gone"
    ):
        read_tls(with_files(tls, **{name: tmp_path / "gone"}))


@pytest.mark.parametrize("name", ["certificate", "private_key", "client_ca"])
def test_a_file_that_is_not_pem_is_named(tls: Tls, tmp_path: Path, name: str) -> None:
    other = tmp_path / "other"
    other.write_text("no certificate")
    with pytest.raises(SettingsError, match=rf"tls\.{name} .*other"):
        read_tls(with_files(tls, **{name: other}))


def test_the_key_of_another_certificate_is_refused(
    tls: Tls, authority: trustme.CA, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(authority.issue_cert("localhost").private_key_pem.bytes())
    with pytest.raises(SettingsError, match=r"tls\.private_key"):
        read_tls(with_files(tls, private_key=other))


def test_an_encrypted_key_is_refused_without_asking(tls: Tls, tmp_path: Path) -> None:
    assert tls.private_key is not None
    key = serialization.load_pem_private_key(tls.private_key.read_bytes(), None)
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"passphrase"),
        )
    )
    with pytest.raises(SettingsError, match="unencrypted"):
        read_tls(with_files(tls, private_key=locked))
