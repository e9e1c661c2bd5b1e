"""A real Chroma server that can be stopped, paused, killed and started again."""

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 60.0
_COMMAND = Path(sys.executable).with_name("chroma")


class ChromaServer:
    """`chroma run` over `path`, on a free port that it keeps through restarts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._process = subprocess.Popen(
            [
                *(str(_COMMAND), "run", "--path", str(self.path)),
                *("--host", "127.0.0.1", "--port", str(self.port)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError("the Chroma server did not start")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether it gives a sign of life within a second."""
        url = f"http://127.0.0.1:{self.port}/api/v2/heartbeat"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(url, timeout=1.0) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        """SIGTERM; again is fine."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL; again is fine."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """SIGSTOP: connections are accepted, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self._process is not None, "it runs"
        self._process.send_signal(number)

    def _end(self, number: int) -> None:
        if self._process is None:
            return
        # One that is paused does not hear a SIGTERM.
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(number)
        self._process.wait(30)
        self._process = None


@contextmanager
def chroma_server(path: Path) -> Iterator[ChromaServer]:
    """A server that answers; killed when the context is left."""
    server = ChromaServer(path)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])
