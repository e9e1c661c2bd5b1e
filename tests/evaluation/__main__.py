"""`make eval`: how good what the service finds is, on sets of judged questions.

python -m tests.evaluation [--only GROUP] [--set NAME] [--pipelines FILE] [--config FILE]
  [--fresh] [--json] [--resamples 10000] [--seed 0] [--cache DIR] [--out DIR]
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from rag_server.evaluation.bootstrap import Bootstrap
from tests.bench.results import Results, machine
from tests.evaluation import retrieval, selfquery_group, tables_group
from tests.evaluation.discovery import Directory, directories, roots
from tests.evaluation.options import DIRECTORY, Options
from tests.evaluation.outcome import Outcome
from tests.evaluation.plans import InvalidPlans, spelled_out
from tests.evaluation.service import Launch, cache_directory

Group = Callable[[Sequence[Directory], Options, Console], Outcome]
GROUPS: Mapping[str, Group] = {
    "retrieval": retrieval.run,
    "selfquery": selfquery_group.run,
    "tables": tables_group.run,
}


def main(arguments: Sequence[str] | None = None, launch: Launch | None = None) -> None:
    """Measure, print and record. A set that is absent and a missed bound are told, not raised;
    exits with 2 where the arguments are wrong."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    try:
        options = _options(asked, launch or Launch())
    except InvalidPlans as error:
        parser.error(str(error))
    # With --json standard output is the JSON alone.
    console = Console(stderr=asked.json)
    found = _found(asked.set, console)
    outcomes = {
        name: group(found, options, console)
        for name, group in GROUPS.items()
        if asked.only in ("", name)
    }
    _record(outcomes, options.directory, console)
    if asked.json:
        told = {name: outcome.json() for name, outcome in outcomes.items()}
        print(json.dumps({**told, "machine": machine()}, indent=2))


def _found(wanted: Sequence[str], console: Console) -> list[Directory]:
    paths = roots()
    for path in paths:
        if not path.is_dir():
            console.print(f"no sets at {path}: no such directory", style="yellow", markup=False)
    found = directories([path for path in paths if path.is_dir()])
    for name in wanted:
        if name not in {each.name for each in found}:
            console.print(f"no set is named {name}", style="yellow", markup=False)
    return [each for each in found if not wanted or each.name in wanted]


def _record(outcomes: Mapping[str, Outcome], directory: Path, console: Console) -> None:
    rows = [row for each in outcomes.values() for row in each.rows]
    if not rows:
        console.print("Nothing was measured; docs/evaluation.md says what a set is.")
        return
    results = Results(directory / "results.json")
    results.record(rows)
    for outcome in outcomes.values():
        for figure in outcome.figures:
            if figure.verdict == "MISSED":
                console.print(
                    f"MISSED {figure.name} {figure.value:.3f} {figure.bound}", style="red"
                )
    console.print(f"Figures: {results.path}", style="dim", soft_wrap=True)


def _options(asked: argparse.Namespace, launch: Launch) -> Options:
    return Options(
        launch=Launch(
            cache=asked.cache or launch.cache,
            embedder=launch.embedder,
            command=launch.command,
            arguments=(
                *launch.arguments,
                *(("--config", str(asked.config.resolve())) if asked.config else ()),
            ),
            fresh=asked.fresh,
            token_vectors=asked.token_vectors,
        ),
        bootstrap=Bootstrap(asked.resamples, asked.seed),
        plans=[plan for path in asked.pipelines for plan in spelled_out(path)],
        directory=asked.out,
        sets=asked.set,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation")
    add = parser.add_argument
    add("--only", choices=("", *GROUPS), default="", help="one group of measurements")
    add("--set", action="append", default=[], help="one set by its name; repeatable")
    add("--pipelines", type=Path, action="append", default=[], help="names to specs, YAML or JSON")
    add("--config", type=Path, help="configuration of the server")
    add("--token-vectors", action="store_true", help="collections keep token vectors")
    add("--fresh", action="store_true", help="embed everything anew")
    add("--json", action="store_true", help="everything as JSON on standard output")
    add("--resamples", type=int, default=10_000)
    add("--seed", type=int, default=0, help="of the bootstrap")
    add("--cache", type=Path, help=f"where embeddings are kept ({cache_directory()})")
    add("--out", type=Path, default=DIRECTORY, help="where report and figures go")
    return parser


if __name__ == "__main__":
    main()
