"""What a group of measurements gave, in a form that all groups share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.figure import Figure, LeftOut, Row


@dataclass(frozen=True, slots=True)
class Outcome:
    """`figures` under fixed names, what was `left_out` and why, and `details` that are JSON."""

    figures: Sequence[Figure] = ()
    left_out: Sequence[LeftOut] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> list[Row]:
        """All that is to be recorded."""
        return [*self.figures, *self.left_out]

    def json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "figures": {each.name: each.value for each in self.figures},
            "intervals": {each.name: list(each.interval) for each in self.figures if each.interval},
            "left_out": {each.name: each.reason for each in self.left_out},
            "missed": [each.name for each in self.figures if each.verdict == "MISSED"],
            **self.details,
        }
