import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rag_client import Document, RagClient
from tests.integration.client.fake_server import FakeServer, serving

COMMAND = [sys.executable, "-W", "error", "-m", "rag_client.cli"]
# A shell that runs the tests in the background has its children ignore interrupts. Put right here
# and not by `preexec_fn`, for which Python forks the tests: gRPC in them would speak for the child.
HEARING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from rag_client.cli import main
main()
"""
INTERRUPTIBLE = [sys.executable, "-W", "error", "-c", HEARING]
WITHOUT_TYPER = """
import sys
sys.modules["typer"] = None
from rag_client.cli import main
main()
"""


@pytest.fixture
def environment(server: FakeServer) -> dict[str, str]:
    serving(server, ready=True)
    return {**os.environ, "RAGRPC_ADDRESS": server.address, "COLUMNS": "120", "TERM": "xterm"}


@pytest.fixture
def filled(rag: RagClient) -> RagClient:
    rag.collections.create("handbook")
    rag.documents.upsert("handbook", [Document("a", "x" * 200_000)])
    return rag


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env=environment, capture_output=True, text=True, timeout=60
    )


def drain(terminal: int) -> str:
    """All that a process wrote to its terminal, until it has closed it."""
    shown = b""
    try:
        while piece := os.read(terminal, 65_536):
            shown += piece
    except OSError:  # Linux says EIO where the other side is gone
        pass
    finally:
        os.close(terminal)
    return shown.decode()


def test_the_command_line_runs_as_a_process(environment: dict[str, str]) -> None:
    done = run(environment, "status")
    assert (done.returncode, done.stderr) == (0, "")
    assert "health\tserving" in done.stdout


def test_a_server_that_is_not_there_is_one_line(environment: dict[str, str]) -> None:
    done = run(environment, "--address", "localhost:1", "status")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("ragrpc: cannot reach a server at localhost:1: start one")
    assert done.stderr.count("\n") == 1


def test_a_mistyped_command_line_is_a_usage_error(environment: dict[str, str]) -> None:
    done = run(environment, "query", "no collection")
    assert done.returncode == 2
    assert "--collection" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_pipe_is_quiet(environment: dict[str, str], filled: RagClient) -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [*COMMAND, "documents", "get", "-c", "handbook", "a"],
        env=environment,
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    os.close(reading)
    _, complaint = process.communicate(timeout=60)
    assert (process.returncode, complaint) == (141, b"")


def interrupted(process: "subprocess.Popen[bytes]") -> bytes:
    """What it says on Ctrl-C. Python drops an interrupt that comes while a finaliser runs: a
    person would press the keys again."""
    while True:
        process.send_signal(signal.SIGINT)
        try:
            return process.communicate(timeout=3)[1]
        except subprocess.TimeoutExpired:
            continue


def test_control_c_ends_a_stream_quietly(
    environment: dict[str, str], filled: RagClient, server: FakeServer
) -> None:
    server.hold_streams()
    process = subprocess.Popen(
        [*INTERRUPTIBLE, "--json", "query", "-c", "handbook", "q"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert b"started" in process.stdout.readline()
    complaint = interrupted(process)
    assert (process.returncode, complaint) == (130, b"")
    assert server.stream_cancelled.wait(timeout=10)


def test_control_c_ends_an_ingest_and_says_how_to_go_on(
    environment: dict[str, str], server: FakeServer, tmp_path: Path
) -> None:
    for number in range(10):
        (tmp_path / f"{number}.txt").write_text("Text.")
    server.hold_ingest_after(7)
    command = [*INTERRUPTIBLE, "ingest", str(tmp_path), "-c", "handbook"]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    while not process.stderr.readline().startswith(b"7 of 10"):
        pass
    complaint = interrupted(process)
    assert process.returncode == 130
    assert b"interrupted: 7 of 10 documents are done; run the same command again" in complaint
    server.hold_ingest_after(None)
    again = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=60)
    assert b"10 documents (3 created, 0 updated, 7 unchanged, 0 failed)" in again.stdout


def test_a_terminal_gets_a_progress_bar(environment: dict[str, str], tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text(name)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "ingest", str(tmp_path), "-c", "handbook"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = drain(ours)
    summary, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "ingesting" in shown
    assert "3/3" in shown
    assert b"3 created" in summary


def test_a_terminal_gets_headings_and_no_control_characters(
    environment: dict[str, str], rag: RagClient
) -> None:
    rag.collections.create("handbook")
    rag.documents.upsert("handbook", [Document("\x1b[31mred", "bell \x07 and \x1b[2J")])
    for command in (["list"], ["get", "\x1b[31mred"]):
        ours, theirs = pty.openpty()
        arguments = ["documents", command[0], "-c", "handbook", *command[1:]]
        process = subprocess.Popen([*COMMAND, *arguments], env=environment, stdout=theirs)
        os.close(theirs)
        shown = drain(ours)
        assert process.wait(timeout=60) == 0
        assert "\x1b[31m" not in shown
        assert "\x1b[2J" not in shown
        assert "\N{REPLACEMENT CHARACTER}[31mred" in shown
        assert "title" in shown


def test_without_its_extra_the_command_line_says_what_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TYPER], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr == ('ragrpc: the command line needs its extra: pip install "ragrpc[cli]"\n')
