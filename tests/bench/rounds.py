"""Variants measured side by side: each round takes one sample of every variant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture

# Takes the number of the round, which makes inputs distinct; None: nothing to measure there.
Sample = Callable[[int], float | None]


@dataclass(slots=True)
class Rounds:
    """Round-robin over `variants`. The order turns by one each round, so that none always
    comes after the same neighbour; a round in which a sample is missing does not count."""

    variants: Mapping[str, Sample]
    samples: dict[str, list[float]] = field(init=False)
    dropped: int = field(init=False, default=0)
    _round: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.samples = {name: [] for name in self.variants}

    def run(self) -> None:
        """One round."""
        names = list(self.variants)
        turn = self._round % len(names)
        taken = {name: self.variants[name](self._round) for name in names[turn:] + names[:turn]}
        self._round += 1
        complete = {name: sample for name, sample in taken.items() if sample is not None}
        if len(complete) < len(taken):
            self.dropped += 1
            return
        for name, sample in complete.items():
            self.samples[name].append(sample)

    def forget(self) -> None:
        """Drop the samples so far: they warmed up."""
        for samples in self.samples.values():
            samples.clear()
        self.dropped = 0


def interleaved(
    benchmark: BenchmarkFixture, variants: Mapping[str, Sample], *, rounds: int, warmup: int = 3
) -> dict[str, list[float]]:
    """Samples by variant, sample i of all of them from the same round. Raises RuntimeError
    when most rounds had nothing to measure."""
    schedule = Rounds(variants)
    for _ in range(warmup):
        schedule.run()
    schedule.forget()
    run: Any = benchmark.pedantic  # the library leaves this method untyped
    run(schedule.run, rounds=rounds, iterations=1)
    if schedule.dropped > rounds // 2:
        raise RuntimeError(f"{schedule.dropped} of {rounds} rounds had nothing to measure")
    return schedule.samples
