from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from rag_server.settings import SettingsError, load_settings

YAML = Path("server.yaml")


def refusal(config: Path | None = None, overrides: Mapping[str, object] = {}) -> str:
    with pytest.raises(SettingsError) as refused:
        load_settings(config, overrides)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_everything_has_a_default() -> None:
    settings = load_settings(None)
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 50051)
    assert settings.data.directory == Path("ragrpc-data")


def test_the_nearest_source_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    YAML.write_text("server: {port: 1, host: 127.0.0.4, grace_seconds: 4}\nsidecar: {port: 44}\n")
    Path(".env").write_text("RAGRPC_SERVER__PORT=2\nRAGRPC_SERVER__HOST=127.0.0.3\n")
    monkeypatch.setenv("RAGRPC_SERVER__PORT", "3")
    settings = load_settings(YAML, {"server.port": 4})
    assert settings.server.port == 4
    assert load_settings(YAML).server.port == 3
    assert settings.server.host == "127.0.0.3"
    assert settings.server.grace_seconds == 4
    assert settings.sidecar.port == 44
    assert settings.sidecar.host == "127.0.0.1"


def test_what_the_command_line_leaves_out_does_not_override() -> None:
    YAML.write_text("server: {port: 1}")
    assert load_settings(YAML, {"server.port": None}).server.port == 1


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAGRPC_SERVER__PORT", "")
    assert load_settings(None).server.port == 50051


@pytest.mark.parametrize("text", ["# all of it commented out\n", "server:\n  # port: 1\n"])
def test_what_is_commented_out_sets_nothing(text: str) -> None:
    YAML.write_text(text)
    assert load_settings(YAML) == load_settings(None)


def test_the_variables_of_the_client_and_of_others_are_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAGRPC_ADDRESS", "localhost:50051")
    Path(".env").write_text("RAGRPC_API_KEY=secret\nOPENAI_API_KEY=other\n")
    assert load_settings(None).openai.api_key is None


def test_settings_cannot_be_changed() -> None:
    settings = load_settings(None)
    with pytest.raises(ValidationError, match="frozen"):
        settings.server.port = 1


def test_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAGRPC_OPENAI__API_KEY", "sk-1234")
    settings = load_settings(None)
    assert settings.openai.api_key is not None
    assert settings.openai.api_key.get_secret_value() == "sk-1234"
    assert "sk-1234" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RAGRPC_SERVER__PORT", "65536"),
        ("RAGRPC_SERVER__PORT", "-1"),
        ("RAGRPC_SERVER__PORT", "http"),
    ],
)
def test_an_invalid_variable_is_named_with_its_source_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert refusal() == (
        "setting server.port from the environment (RAGRPC_SERVER__PORT) "
        "must be an integer from 0 to 65535"
    )


def test_an_invalid_line_of_dotenv_is_named() -> None:
    Path(".env").write_text("RAGRPC_LOGGING__LEVEL=loud\n")
    assert refusal() == (
        "setting logging.level from .env (RAGRPC_LOGGING__LEVEL) "
        "must be debug, info, warning, error"
    )


def test_an_invalid_line_of_yaml_is_named() -> None:
    YAML.write_text("tracing: {sample_ratio: .nan}")
    assert refusal(YAML) == (
        "setting tracing.sample_ratio from server.yaml must be a number from 0 to 1"
    )


def test_an_invalid_option_is_named() -> None:
    assert refusal(overrides={"server.port": 70_000}) == (
        "setting server.port from the command line must be an integer from 0 to 65535"
    )


def test_only_the_first_problem_is_told_and_the_others_counted() -> None:
    YAML.write_text("server: {port: x, grace_seconds: -1}\nembedder: {name: ''}")
    assert refusal(YAML) == (
        "setting server.port from server.yaml must be an integer from 0 to 65535 (and 2 more)"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "server: {prot: 1}",
            "unknown setting server.prot from server.yaml; did you mean server.port?",
        ),
        ("servr: {port: 1}", "unknown setting servr from server.yaml; did you mean server?"),
        (
            "zzz: 1",
            "unknown setting zzz from server.yaml; docs/settings.md lists what there is",
        ),
        (
            "_env_file: x",
            "unknown setting _env_file from server.yaml; docs/settings.md lists what there is",
        ),
        ("server: 5", "setting server from server.yaml must be a mapping of settings"),
        ("- server", "the configuration file server.yaml must be a mapping of sections"),
        ("1: {}", "the configuration file server.yaml must be a mapping of sections"),
        ("server: {\nport: 1", "the configuration file server.yaml is not valid YAML (line 2)"),
    ],
)
def test_a_wrong_file_is_refused(text: str, expected: str) -> None:
    YAML.write_text(text)
    assert refusal(YAML) == expected


def test_a_missing_file_is_refused() -> None:
    assert refusal(YAML) == "the configuration file server.yaml cannot be read"


def test_a_file_that_is_not_text_is_refused() -> None:
    YAML.write_bytes(b"\xff\xfe\x00server")
    assert refusal(YAML) == "the configuration file server.yaml cannot be read"


def test_an_unknown_variable_is_refused_with_a_suggestion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAGRPC_SERVER__PROT", "1")
    assert refusal() == (
        "unknown setting RAGRPC_SERVER__PROT from the environment; "
        "did you mean RAGRPC_SERVER__PORT?"
    )


def test_an_unknown_variable_in_dotenv_is_refused() -> None:
    Path(".env").write_text("RAGRPC_QQQ__QQQ=1\n")
    assert refusal() == (
        "unknown setting RAGRPC_QQQ__QQQ from .env; docs/settings.md lists what there is"
    )


def test_what_kubernetes_sets_beside_a_service_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAGRPC_SERVICE_HOST", "10.0.0.7")
    monkeypatch.setenv("RAGRPC_SERVICE_PORT_GRPC", "50051")
    monkeypatch.setenv("RAGRPC_PORT", "tcp://10.0.0.7:50051")
    monkeypatch.setenv("RAGRPC_PORT_50051_TCP_PROTO", "tcp")
    assert load_settings(None).server.port == 50051


def test_a_whole_section_in_one_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAGRPC_SERVER", '{"port": 1}')
    assert refusal().startswith("unknown setting RAGRPC_SERVER from the environment")


def test_no_value_is_shown_in_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAGRPC_OPENAI__BASE_URL", "user:secret@host")
    assert "secret" not in refusal()
