import json
from pathlib import Path

import pytest

from rag_client import InvalidArgument, RagClient, RetryPolicy, Tls
from rag_client._channel import Connection, is_loopback


@pytest.mark.parametrize(
    "address",
    [
        "localhost:50051",
        "LOCALHOST:1",
        "127.0.0.1:50051",
        "127.8.9.10:1",
        "[::1]:50051",
        "::1",
        "localhost",
        "dns:///localhost:50051",
        "dns:localhost:50051",
        "ipv4:127.0.0.1:1,127.0.0.2:1",
        "ipv6:[::1]:1",
        "unix:/run/ragrpc.sock",
        "unix-abstract:ragrpc",
    ],
)
def test_these_addresses_stay_on_the_machine(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    [
        "rag.example.com:50051",
        "10.0.0.1:50051",
        "0.0.0.0:50051",
        "[2001:db8::1]:1",
        "dns:///rag.example.com:443",
        "dns://127.0.0.1/rag.example.com:443",
        "ipv4:127.0.0.1:1,10.0.0.1:1",
        "localhost.example.com:1",
        "xds:///localhost",
    ],
)
def test_these_addresses_may_leave_the_machine(address: str) -> None:
    assert not is_loopback(address)


def test_a_key_is_not_sent_in_plaintext_to_another_machine_unasked() -> None:
    with pytest.raises(InvalidArgument, match="plaintext") as caught:
        RagClient("rag.example.com:50051", api_key="secret-key")
    assert "secret-key" not in str(caught.value)
    RagClient("rag.example.com:50051", api_key="secret-key", allow_insecure_key=True).close()
    RagClient("rag.example.com:50051", api_key="secret-key", tls=Tls()).close()
    RagClient("localhost:50051", api_key="secret-key").close()


@pytest.mark.parametrize("key", ["", " ", "kéy", "two\nlines"])
def test_a_key_that_cannot_be_metadata_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(InvalidArgument, match="visible ASCII"):
        RagClient(api_key=key)


def test_an_empty_address_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="address"):
        RagClient("")


def test_neither_the_client_nor_its_parts_show_the_key() -> None:
    connection = Connection("localhost:1", api_key="secret-key", tls=Tls(key=b"secret-key"))
    assert "secret-key" not in repr(connection)
    assert "secret-key" not in repr(RagClient("localhost:1", api_key="secret-key"))


def test_only_unavailable_and_exhausted_are_retried_at_most_five_times() -> None:
    config = json.loads(RetryPolicy().service_config())
    policy = config["methodConfig"][-1]["retryPolicy"]
    assert policy["maxAttempts"] == 5
    assert policy["retryableStatusCodes"] == ["UNAVAILABLE", "RESOURCE_EXHAUSTED"]
    assert config["loadBalancingConfig"] == [{"round_robin": {}}]


def test_the_channel_is_kept_alive_and_buffers_whole_upserts_for_retries() -> None:
    options = dict(Connection("localhost:1", tls=Tls(server_name="rag")).options())
    assert options["grpc.keepalive_time_ms"] == 30_000
    assert options["grpc.keepalive_timeout_ms"] == 10_000
    assert options["grpc.per_rpc_retry_buffer_size"] == 64 * 1024 * 1024
    assert options["grpc.ssl_target_name_override"] == "rag"


def test_half_an_identity_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="both cert and key"):
        Tls(cert=b"x").credentials()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"tls\.ca.*absent\.pem"):
        Tls(ca=tmp_path / "absent.pem").credentials()
