import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag_client.cli.app import build_app
from tests.integration.client.fake_server import FakeServer, serving

DOCS = Path(__file__).parents[3] / "docs"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


def test_the_code_of_the_client_page_runs_in_order(
    server: FakeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    serving(server, ready=True)
    scope: dict[str, object] = {"__name__": "docs"}
    for block in blocks("client.md", "python"):
        exec(block.replace("localhost:50051", server.address), scope)
    shown = capsys.readouterr().out
    assert "COLLECTION_NOT_FOUND" in shown
    assert "{'created': 2, 'updated': 0, 'unchanged': 0, 'failed': 0}" in shown


def test_the_commands_of_the_cli_page_run_in_order(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving(server, ready=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAGRPC_ADDRESS", server.address)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "vacation.md").write_text("Staff get 25 days.")
    lines = [line for block in blocks("cli.md", "console") for line in block.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("ragrpc ")]
    assert len(commands) > 10
    for command in commands:
        result = CliRunner().invoke(build_app(), command)
        assert result.exit_code == 0, (command, result.output)
