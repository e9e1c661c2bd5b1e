"""Progress of an ingest: a bar on a terminal, plain lines elsewhere, nothing with --json."""

import sys
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from rag_client.cli import output


class Meter(Protocol):
    """Hears how many documents are done."""

    @abstractmethod
    def __call__(self, done: int) -> None:
        """`done` of all documents are answered for."""


@contextmanager
def meter(total: int, *, quiet: bool) -> Iterator[Meter]:
    """A meter for `total` documents that fits where stderr goes."""
    if quiet:
        yield lambda done: None  # noqa: ARG005  # nobody looks
    elif sys.stderr.isatty():
        with _bar() as bar:
            task = bar.add_task("ingesting", total=total)
            yield lambda done: bar.update(task, completed=done)
    else:
        yield _Lines(total)


class _Lines:
    """Says each further tenth, with the rate so far and the time that the rest takes at it."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._tenth = 0
        self._began = monotonic()

    def __call__(self, done: int) -> None:
        tenth = done * 10 // self._total
        if tenth > self._tenth:
            self._tenth = tenth
            rate = done / max(monotonic() - self._began, 1e-3)
            left = timedelta(seconds=round((self._total - done) / rate))
            output.note(f"{done} of {self._total} documents, {rate:.1f}/s, {left} left")


class _Rate(ProgressColumn):
    """Documents per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
