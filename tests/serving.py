"""A real server process for tests, benchmarks and chaos runs."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 180.0
# For the rest of the output; a child of the dead server may keep the pipe open.
_LAST_WORDS_SECONDS = 5.0


@dataclass
class ServerProcess:
    """A server that listens; `lines` collects what it logs."""

    process: "subprocess.Popen[str]"
    port: int = 0
    sidecar_port: int = 0
    lines: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Target of a channel."""
        return f"127.0.0.1:{self.port}"

    def stop(self, timeout: float = 30.0) -> int:
        """SIGTERM, then the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(
    data_dir: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    command: Sequence[str] = (sys.executable, "-m", "rag_server", "serve"),
) -> Iterator[ServerProcess]:
    """Start a server on free ports over `data_dir`; it is killed when the context is left
    unless it was stopped before."""
    server = start(data_dir, *arguments, env=env, command=command)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


def start(
    data_dir: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    command: Sequence[str] = (sys.executable, "-m", "rag_server", "serve"),
) -> ServerProcess:
    """Start a server and wait until it says where it listens."""
    process = subprocess.Popen(
        [*command, "--port", "0", "--sidecar-port", "0", "--data-dir", str(data_dir), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # So that SIGABRT has it say where it is.
        env={**_clean(os.environ), "PYTHONFAULTHANDLER": "1", **(env or {})},
    )
    server = ServerProcess(process)
    listening = threading.Event()
    reader = threading.Thread(target=_read, args=(server, listening), daemon=True)
    reader.start()
    if not listening.wait(START_SECONDS) or not server.port:
        raise _not_started(server, reader)
    return server


def _not_started(server: ServerProcess, reader: threading.Thread) -> RuntimeError:
    """What a server that is still not there said, and where its threads are."""
    still = "" if server.process.poll() is not None else f" in {START_SECONDS:g} s"
    if still:
        server.process.send_signal(signal.SIGABRT)
    code = server.process.wait()
    reader.join(_LAST_WORDS_SECONDS)
    return RuntimeError("\n".join([f"the server did not start{still} ({code}):", *server.lines]))


def _read(server: ServerProcess, listening: threading.Event) -> None:
    assert server.process.stdout is not None
    with server.process.stdout as stdout:
        for line in stdout:
            server.lines.append(line.rstrip("\n"))
            if '"serving"' in line:
                event = json.loads(line)
                server.port, server.sidecar_port = event["port"], event["sidecar_port"]
                listening.set()
    listening.set()


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    """Settings of whoever runs the tests must not leak into the servers under test."""
    return {key: value for key, value in environment.items() if not key.startswith("RAGRPC_")}
