"""Bounds that a parsing process puts on itself before it sees a document."""

import math
import os
import resource
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rag_server.ingestion.sandbox.limits import Limits

_FILES = 32


def confine(limits: Limits, parent: int) -> None:
    """For good: little memory, no file written, no process started, no core dumped; and an
    end with the server, whose end of the socket is the other one of `parent`."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_NPROC, 0),
    ):
        most = _allowed(what, most)
        resource.setrlimit(what, (most, most))


@contextmanager
def timed(seconds: float) -> Iterator[None]:
    """The process is killed where this takes longer, by the clock (SIGALRM) or by the time of
    the processor (SIGXCPU), whatever it is doing: neither signal has a handler."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(used.ru_utime + used.ru_stime + seconds) + 1
    _, hardest = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (_allowed(resource.RLIMIT_CPU, most), hardest))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _allowed(what: int, most: int) -> int:
    """`most`, or what whoever started the server allows, if that is less."""
    _, hardest = resource.getrlimit(what)
    return most if hardest == resource.RLIM_INFINITY else min(most, hardest)


def _end_with(parent: int) -> None:
    watched = select.poll()
    watched.register(parent, select.POLLRDHUP)
    watched.poll()
    os._exit(0)
