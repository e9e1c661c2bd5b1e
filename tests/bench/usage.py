"""What a server process uses of the machine, seen from outside."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

import psutil

_QUIET_SECONDS = 0.3
# Of a processor: probes and timers go on for ever.
_QUIET_SHARE = 0.05
_SAMPLE_SECONDS = 0.02


class Usage:
    """CPU time and memory of a process by its id."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.peak_bytes = 0

    def cpu_seconds(self) -> float:
        """Of all its threads, once it has finished what it was at: what it still does after it
        has answered counts, too."""
        before = self._cpu()
        while True:
            sleep(_QUIET_SECONDS)
            now = self._cpu()
            if now - before < _QUIET_SHARE * _QUIET_SECONDS:
                return now
            before = now

    def resident_bytes(self) -> int:
        """Its resident set now."""
        return int(self._process.memory_info().rss)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Keeps the largest resident set of the time in between in `peak_bytes`."""
        over = threading.Event()
        self.peak_bytes = self.resident_bytes()

        def watch() -> None:
            while not over.wait(_SAMPLE_SECONDS):
                self.peak_bytes = max(self.peak_bytes, self.resident_bytes())

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def _cpu(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)
