"""`make chaos ONLY=faults`: the index and the catalog stopped, paused and killed under load.

python -m tests.chaos.faults [--seed N]
"""

import argparse
import random
import tempfile
from pathlib import Path

from rich.console import Console

from tests.bench.figure import Bound, Figure, print_table
from tests.bench.results import Results
from tests.chaos.faults.run import FaultRun, Outcome, faults
from tests.chaos.fleet import fleet

_NONE = Bound(at_most=0)


def main() -> None:
    """Run, report and record; a missed bound is reported, not raised."""
    asked = _arguments()
    console = Console()
    console.print(f"Seed {asked.seed}; --seed {asked.seed} draws the same writes.")
    with (
        tempfile.TemporaryDirectory(prefix="ragrpc-faults-") as scratch,
        fleet(Path(scratch)) as running,
    ):
        run = FaultRun(running, asked.seed)
        outcomes: dict[str, Outcome] = {}
        for name, fault in faults(running).items():
            outcomes[name] = run.suffer(fault)
            console.print(_line(name, outcomes[name]), highlight=False)
    refusals = [outcome.refusals for outcome in outcomes.values()]
    figures = [
        Figure("faults_lost", run.tally.lost, bound=_NONE),
        Figure("faults_half_visible", run.tally.half_visible, bound=_NONE),
        Figure("faults_untyped", sum(each.untyped for each in refusals), bound=_NONE),
        Figure("faults_refusal_usual_ms", 1e3 * max(each.usual for each in refusals)),
        Figure("faults_slowest_call_s", max(each.slowest for each in refusals)),
        Figure("faults_recovery_s", max(each.recovery for each in outcomes.values())),
        Figure("faults_answered", sum(len(each.answered) for each in refusals)),
        Figure("faults_refused", sum(len(each.refused) for each in refusals)),
        Figure("faults_seed", asked.seed),
    ]
    results = Results.of("chaos")
    results.record(figures)
    print_table("Faults under load", figures, console)
    for note in (*run.tally.notes, *(note for each in refusals for note in each.notes)):
        console.print(note, markup=False)
    console.print(f"Figures: {results.path}", style="dim", soft_wrap=True)


def _line(name: str, outcome: Outcome) -> str:
    calls = outcome.refusals
    return (
        f"{name}: {len(calls.answered)} answered, {len(calls.refused)} refused in "
        f"{1e3 * calls.usual:.0f} ms (median), slowest call {calls.slowest:.1f} s, "
        f"well again after {outcome.recovery:.1f} s"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    return parser.parse_args()


if __name__ == "__main__":
    main()
