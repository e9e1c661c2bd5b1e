from collections.abc import Mapping

import pytest

from rag_server.settings import SettingsError, load_settings
from rag_server.settings.model import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback_is_reached_from_this_machine_only(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org", "", "localhost.evil"])
def test_any_other_address_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("mode", "host", "expected"),
    [
        ("auto", "127.0.0.1", False),
        ("auto", "0.0.0.0", True),
        ("required", "127.0.0.1", True),
        ("required", "0.0.0.0", True),
        ("off", "127.0.0.1", False),
    ],
)
def test_keys_are_needed_where_others_can_call(mode: str, host: str, expected: bool) -> None:
    settings = load_settings(None, {"auth.mode": mode, "server.host": host})
    assert settings.authenticated is expected


def test_a_bare_off_in_yaml_means_off() -> None:
    assert load_settings(None, {"auth.mode": False}).auth.mode == "off"


def test_anonymous_calls_from_the_network_must_be_allowed_explicitly() -> None:
    given = {"auth.mode": "off", "server.host": "0.0.0.0"}
    with pytest.raises(SettingsError) as refused:
        load_settings(None, given)
    assert str(refused.value) == (
        "setting auth.mode from the command line may be off only when server.host is a loopback "
        "address, or with auth.allow_anonymous_network: true"
    )
    allowed = load_settings(None, {**given, "auth.allow_anonymous_network": True})
    assert allowed.authenticated is False


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"server.default_deadline_seconds": 601}, "server.default_deadline_seconds"),
        ({"server.max_deadline_seconds": 601}, "server.max_connection_age_grace_seconds"),
        (
            {"maintenance.tombstone_retention_seconds": 600},
            "maintenance.tombstone_retention_seconds",
        ),
        ({"chroma.mode": "cloud"}, "chroma.api_key"),
        ({"chroma.host": "chroma.internal", "chroma.api_key": "k"}, "chroma.api_key"),
        ({"tls.certificate": "a.pem"}, "tls.private_key"),
        ({"tls.private_key": "a.pem"}, "tls.certificate"),
        ({"tls.client_ca": "a.pem"}, "tls.certificate"),
        ({"generation.default": "openai"}, "openai.model"),
        ({"openai.model": "m"}, "openai.api_key"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(
    given: Mapping[str, object], named: str
) -> None:
    with pytest.raises(SettingsError, match=rf"^setting {named} from "):
        load_settings(None, given)


def test_a_server_of_ones_own_needs_no_key() -> None:
    given = {"openai.model": "m", "openai.base_url": "http://127.0.0.1:1/v1"}
    assert load_settings(None, given).openai.api_key is None


@pytest.mark.parametrize("url", ["sqlite:///x.db", "http://host/db", "postgresql:host"])
def test_another_database_than_postgresql_is_refused_without_its_url(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(None, {"catalog.url": url})
    assert str(refused.value) == (
        "setting catalog.url from the command line must begin with postgresql://"
    )


def test_a_password_alone_is_of_no_catalog() -> None:
    with pytest.raises(
        SettingsError, match=r"catalog\.url .* must be set when catalog\.password is"
    ):
        load_settings(None, {"catalog.password": "secret"})
