"""`make chaos ONLY=consistency`: two servers, and proof that planted faults are caught.

python -m tests.chaos.consistency [--reads 10000] [--seed N]
"""

import argparse
import random
import tempfile
from pathlib import Path

from rich.console import Console

from tests.bench.figure import Bound, Figure, print_table
from tests.bench.results import Results
from tests.chaos.consistency.judge import Verdict, judge
from tests.chaos.consistency.run import observe
from tests.chaos.fleet import fleet

_NONE = Bound(at_most=0)
_READS = 10_000
# Enough for the planted faults, which show within a second.
_PLANTED_READS = 500


def main() -> None:
    """Run, report and record; a missed bound is reported, not raised."""
    asked = _arguments()
    console = Console()
    console.print(f"Seed {asked.seed}; --seed {asked.seed} draws the same reads and writes.")
    with tempfile.TemporaryDirectory(prefix="ragrpc-consistency-") as scratch:
        verdict = judged(Path(scratch, "run"), asked.reads, asked.seed)
        stale_caught = judged(Path(scratch, "stale"), _PLANTED_READS, asked.seed, "stale").stale
        mixed_caught = judged(Path(scratch, "mixed"), _PLANTED_READS, asked.seed, "mixed").mixed
    figures = [
        Figure("stale_reads", verdict.stale, bound=_NONE),
        Figure("mixed_revisions", verdict.mixed, bound=_NONE),
        Figure("checked_reads", verdict.checked, bound=Bound(at_least=_READS)),
        Figure("planted_stale_caught", int(stale_caught > 0), bound=Bound(at_least=1)),
        Figure("planted_mixed_caught", int(mixed_caught > 0), bound=Bound(at_least=1)),
        Figure("commits", verdict.commits),
        Figure("consistency_seed", asked.seed),
    ]
    results = Results.of("chaos")
    results.record(figures)
    print_table("Consistency of two servers", figures, console)
    for note in verdict.notes:
        console.print(note, markup=False)
    console.print(f"Figures: {results.path}", style="dim", soft_wrap=True)


def judged(scratch: Path, reads: int, seed: int, plant: str = "") -> Verdict:
    """The verdict over a new fleet."""
    with fleet(scratch, plant) as running:
        return judge(observe(running.addresses, reads, seed))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--reads", type=int, default=_READS)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    return parser.parse_args()


if __name__ == "__main__":
    main()
