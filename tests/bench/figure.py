"""One measured number, what it must keep to, and how a group of them reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from tests.bench.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure must not exceed (`at_most`) or fall below (`at_least`)."""

    at_most: float | None = None
    at_least: float | None = None

    def holds(self, value: float) -> bool:
        """Whether `value` keeps to it."""
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        limits = (("≤", self.at_most), ("≥", self.at_least))
        return ", ".join(f"{sign} {limit:g}" for sign, limit in limits if limit is not None)


FREE = Bound()


@dataclass(frozen=True, slots=True)
class Figure:
    """A number under a fixed name, which carries its unit. `interval` is (low, high)."""

    name: str
    value: float
    interval: tuple[float, float] | None = None
    bound: Bound = FREE

    @classmethod
    def of(cls, name: str, estimate: Estimate, bound: Bound = FREE) -> "Figure":
        """A figure that was estimated from samples."""
        return cls(name, estimate.value, (estimate.low, estimate.high), bound)

    @property
    def verdict(self) -> str:
        """What became of the bound; empty without one."""
        if self.bound == FREE:
            return ""
        return "kept" if self.bound.holds(self.value) else "MISSED"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A figure that could not be measured here, and why."""

    name: str
    reason: str


Row = Figure | LeftOut


def print_table(title: str, rows: Sequence[Row], console: Console) -> None:
    """Figure and bound side by side, in the order measured."""
    table = Table(title=title, title_justify="left")
    table.add_column("figure", no_wrap=True)
    table.add_column("measured", justify="right")
    table.add_column("95 % interval", justify="right")
    table.add_column("bound", justify="right")
    table.add_column("")
    for row in rows:
        table.add_row(*_cells(row))
    console.print(table)


def _cells(row: Row) -> tuple[str, ...]:
    if isinstance(row, LeftOut):
        return row.name, "left out", "", "", row.reason
    interval = " to ".join(map(number, row.interval)) if row.interval else ""
    style = {"kept": "green", "MISSED": "bold red"}.get(row.verdict)
    verdict = f"[{style}]{row.verdict}[/]" if style else ""
    return row.name, number(row.value), interval, str(row.bound), verdict


def number(value: float) -> str:
    """Three significant digits, whole numbers in full."""
    if value == int(value) or abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
