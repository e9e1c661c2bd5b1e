"""`make chaos`: rounds of crashes, and proof that planted faults are caught.

python -m tests.chaos [--rounds 30] [--seed N]
"""

import argparse
import random
import tempfile
from operator import attrgetter
from pathlib import Path

from rich.console import Console

from rag_client import JobState
from tests.bench.figure import Bound, Figure, print_table
from tests.bench.results import Results
from tests.chaos.points import ALL_POINTS
from tests.chaos.run import ChaosRun
from tests.chaos.tally import Tally

_NONE = Bound(at_most=0)
# What the tally calls a planted fault.
_CAUGHT_AS = {"lost": "lost", "half": "half_visible", "index": "verify_failures"}


def main() -> None:
    """Run, report and record; a missed bound is reported, not raised."""
    asked = _arguments()
    console = Console()
    console.print(f"Seed {asked.seed}; --seed {asked.seed} repeats this run.")
    with tempfile.TemporaryDirectory(prefix="ragrpc-chaos-") as scratch:
        tally = _rounds(Path(scratch, "data"), asked.rounds, asked.seed, console)
        caught = {plant: planted(Path(scratch, plant), asked.seed, plant) for plant in _CAUGHT_AS}
    figures = [
        Figure("rounds", tally.rounds),
        Figure("lost", tally.lost, bound=_NONE),
        Figure("half_visible", tally.half_visible, bound=_NONE),
        Figure("verify_failures", tally.verify_failures, bound=_NONE),
        Figure("points_hit", len(tally.points), bound=Bound(at_least=len(ALL_POINTS))),
        *(
            Figure(f"planted_{plant}_caught", int(often > 0), bound=Bound(at_least=1))
            for plant, often in caught.items()
        ),
        Figure("acknowledged", tally.acknowledged),
        Figure("reindexed", tally.jobs[JobState.SUCCEEDED]),
        Figure("undone", tally.jobs[JobState.CANCELLED] + tally.jobs[JobState.FAILED]),
        Figure("observations", tally.observations),
        Figure("seed", asked.seed),
    ]
    results = Results.of("chaos")
    results.record(figures)
    print_table("Chaos", figures, console)
    for note in tally.notes:
        console.print(note, markup=False)
    console.print(f"Figures: {results.path}", style="dim", soft_wrap=True)


def planted(data_dir: Path, seed: int, plant: str, rounds: int = 5) -> int:
    """Rounds with a planted fault, until the check for its kind has caught it; how often."""
    run = ChaosRun(data_dir, seed, plant)
    caught = attrgetter(_CAUGHT_AS[plant])
    while run.tally.rounds < rounds and not caught(run.tally):
        run.crash_while_writing()
        run.restart()
    return int(caught(run.tally))


def _rounds(data_dir: Path, rounds: int, seed: int, console: Console) -> Tally:
    run = ChaosRun(data_dir, seed)
    with console.status("starting") as status:

        def progress(where: str) -> None:
            tally = run.tally
            done = f"round {tally.rounds} of {rounds}: killed at {where}"
            seen = f"lost {tally.lost}, half visible {tally.half_visible}"
            seen += f", verify failed {tally.verify_failures}"
            status.update(f"{done}; {seen}")
            if not console.is_terminal:
                console.print(f"{done}; {seen}", highlight=False)

        run.points_then_random(rounds, progress)
    return run.tally


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    return parser.parse_args()


if __name__ == "__main__":
    main()
