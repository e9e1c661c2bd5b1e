"""What a run has measured so far."""

from rich.console import Console

from tests.bench.figure import Row, print_table
from tests.bench.results import Results


class Report:
    """Collects rows, writes them to the results file as they come, prints them at the end."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self._rows: list[Row] = []

    def add(self, *rows: Row) -> None:
        """Note what a group measured."""
        self._rows += rows
        self._results.record(rows)

    def print(self, title: str, console: Console) -> None:
        """The table, and where the numbers are; nothing where nothing was measured."""
        if self._rows:
            print_table(title, self._rows, console)
            console.print(f"Figures: {self._results.path}", style="dim", soft_wrap=True)
