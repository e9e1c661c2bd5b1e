"""The parsing processes of a server."""

import threading

from rag_server.core.call import Deadline
from rag_server.core.content import ContentType, Parsed
from rag_server.core.errors import Reason, Unavailable
from rag_server.ingestion.sandbox.answer import crashed
from rag_server.ingestion.sandbox.limits import Limits
from rag_server.ingestion.sandbox.process import Died, ParsingProcess

# After so many a process is replaced, with all that its libraries may have left behind.
_DOCUMENTS = 200


class ParsingPool:
    """As many processes as there are callers at a time; started when they are needed, kept for
    the next document, ended by themselves when they have had nothing to do for a minute."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._idle: list[ParsingProcess] = []
        self._closed = False

    def parse(self, content_type: ContentType, content: bytes, deadline: Deadline) -> Parsed:
        """As `Parser.parse`, in a process. Raises InvalidRequest also for a document that is
        over a limit or kills its parser, DeadlineExceeded, Unavailable."""
        try:
            process = self._take()
            used = process.documents > 0
            try:
                return self._parse(process, content_type, content, deadline)
            except Died:
                if not used:
                    raise
                # It may have died of an earlier document, or of idleness.
                return self._parse(self._start(), content_type, content, deadline)
        except Died:
            raise crashed() from None

    def close(self) -> None:
        """End the idle processes; those at work end with their document."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for process in idle:
            process.kill()

    def _parse(
        self, process: ParsingProcess, content_type: ContentType, content: bytes, deadline: Deadline
    ) -> Parsed:
        try:
            return process.parse(content_type, content, deadline)
        finally:
            self._give_back(process)

    def _take(self) -> ParsingProcess:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._start()

    def _start(self) -> ParsingProcess:
        try:
            return ParsingProcess(self._limits)
        except OSError:
            raise Unavailable("no process can be started for parsing", Reason.NOT_READY) from None

    def _give_back(self, process: ParsingProcess) -> None:
        with self._lock:
            if process.alive and process.documents < _DOCUMENTS and not self._closed:
                self._idle.append(process)
                return
        process.kill()
