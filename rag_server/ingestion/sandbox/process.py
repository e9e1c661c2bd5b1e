"""The server's side of one parsing process."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict

from rag_server.core.call import Deadline
from rag_server.core.content import ContentType, Parsed
from rag_server.core.errors import DeadlineExceeded, Reason
from rag_server.ingestion.refusal import over_limit
from rag_server.ingestion.sandbox import answer
from rag_server.ingestion.sandbox.channel import Channel, Patience
from rag_server.ingestion.sandbox.limits import Limits

# The path is the server's own; -I keeps the environment and the working directory out of it.
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); "
    "from rag_server.ingestion.sandbox.worker import main; main()"
)
# Seconds between two looks at whether anybody still waits.
_LOOK = 0.1
# The process ends itself when its time is up; this is for one that cannot, and for its start.
_GRACE = 15.0


class Died(Exception):
    """The process ended in the middle of a document."""


class ParsingProcess:
    """A process that parses one document at a time. It inherits nothing: no variable of the
    environment, no open file but its socket, no signals of the server's terminal."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.documents = 0
        own, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [
                    *(sys.executable, "-I", "-B", "-c", _START),
                    json.dumps([os.path.abspath(path) for path in sys.path]),  # noqa: PTH100 - "" too
                    json.dumps(asdict(limits)),
                ],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
                start_new_session=True,
            )
        self._channel = Channel(own)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def parse(self, content_type: ContentType, content: bytes, deadline: Deadline) -> Parsed:
        """As `Parser.parse`, within the limits. Raises Died and DeadlineExceeded; after either,
        and after what took too long, the process is of no more use."""
        patience = self._patience(deadline)
        try:
            self._channel.send({"type": content_type}, content, patience)
            head, body = self._channel.receive(self._limits.text_bytes, patience)
            failed = answer.error(head, content_type) if "reason" in head else None
            found = answer.parsed(head, body) if failed is None else None
        except (EOFError, OSError):
            raise self._ended() from None
        except (ValueError, TypeError, KeyError, RecursionError):
            # Whoever answers like this is no longer the program that was started.
            self.kill()
            raise Died from None
        self.documents += 1
        if found is None:
            assert failed is not None
            raise failed
        return found

    def kill(self) -> None:
        """End it at once."""
        self._channel.close()
        self._process.kill()
        self._process.wait()

    @property
    def alive(self) -> bool:
        """Whether it can take another document."""
        return self._process.poll() is None

    def _patience(self, deadline: Deadline) -> Patience:
        ends = time.monotonic() + self._limits.seconds + _GRACE

        def patience() -> float:
            if deadline.remaining() <= 0.0:
                self.kill()
                stage = {"stage": "parse"}
                raise DeadlineExceeded(
                    "the deadline ran out while parsing", Reason.DEADLINE_EXCEEDED, stage
                )
            if time.monotonic() > ends:
                self.kill()
                raise self._too_slow()
            return _LOOK

        return patience

    def _ended(self) -> Exception:
        """The error that its end stands for."""
        self._channel.close()
        try:
            code = self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            return Died()
        if code in (-signal.SIGALRM, -signal.SIGXCPU):
            return self._too_slow()
        return Died()

    def _too_slow(self) -> Exception:
        return over_limit(f"takes over {self._limits.seconds:g} s to parse", "timeout_seconds")


def _environment() -> dict[str, str]:
    # What the loader needs where the interpreter is not installed in the usual place.
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {"LANG": "C.UTF-8", **kept}
