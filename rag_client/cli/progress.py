"""Progress of an ingest: a bar on a terminal, plain lines elsewhere, nothing with --json."""

import sys
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
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
    """Says each further tenth."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._tenth = 0

    def __call__(self, done: int) -> None:
        tenth = done * 10 // self._total
        if tenth > self._tenth:
            self._tenth = tenth
            output.note(f"{done} of {self._total} documents")


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
