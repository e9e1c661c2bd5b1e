import io

import pytest
from rich.console import Console

from tests.bench.figure import Bound, Figure, LeftOut, Row, number, print_table


def _printed(*rows: Row) -> list[str]:
    console = Console(file=io.StringIO(), width=120)
    print_table("bench", rows, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def _line(lines: list[str], name: str) -> str:
    return next(line for line in lines if name in line)


def test_figure_interval_bound_and_verdict_stand_side_by_side() -> None:
    lines = _printed(Figure("ratio", 1.2345, (1.2, 1.3), Bound(at_most=1.15)))
    line = _line(lines, "ratio")
    assert [cell.strip() for cell in line.strip("│").split("│")] == [
        "ratio",
        "1.23",
        "1.2 to 1.3",
        "≤ 1.15",
        "MISSED",
    ]


def test_what_was_left_out_says_why() -> None:
    lines = _printed(LeftOut("import_client_s", "there is no package index"))
    assert "left out" in _line(lines, "import_client_s")
    assert "there is no package index" in _line(lines, "import_client_s")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (30.0, "30"), (0.012345, "0.0123"), (4.567, "4.57"), (1234.5, "1,234")],
)
def test_numbers_have_three_significant_digits(value: float, shown: str) -> None:
    assert number(value) == shown
