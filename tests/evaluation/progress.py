"""How far a run is, with the time that remains."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

# Hears how much is done.
Advance = Callable[[int], None]


class Steps:
    """The steps of a run, one bar each."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, what: str, total: int) -> Iterator[Advance]:
        """A step of `total` parts."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        if not self._console.is_terminal:
            yield self._lines(what, total)
            return
        with Progress(*columns, console=self._console, transient=True) as progress:
            task = progress.add_task(what, total=total)
            yield lambda done: progress.update(task, completed=done)
        self._console.print(f"{what}: {total:,}", style="dim", highlight=False)

    def _lines(self, what: str, total: int) -> Advance:
        """A line for each tenth, for what reads a file."""
        began, told = monotonic(), 0

        def advance(done: int) -> None:
            nonlocal told
            tenth = 10 * done // max(total, 1)
            if tenth > told:
                told = tenth
                left = (monotonic() - began) * (total - done) / done
                self._console.print(
                    f"{what}: {done:,} of {total:,}, {left:.0f} s left", highlight=False
                )

        return advance
