"""`make eval ONLY=retrieval`: every pipeline on every set."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from rag_client import RagError
from rag_server.evaluation.report import page
from rag_server.evaluation.results import SetResult
from tests.bench.figure import LeftOut
from tests.bench.results import machine
from tests.evaluation.datasets.formats import read
from tests.evaluation.datasets.raw import Malformed
from tests.evaluation.discovery import Directory
from tests.evaluation.figures import figures
from tests.evaluation.measuring import measure
from tests.evaluation.options import Options
from tests.evaluation.outcome import Outcome
from tests.evaluation.progress import Steps
from tests.evaluation.tables import print_result

_PAGE = "retrieval.html"


def run(directories: Sequence[Directory], options: Options, console: Console) -> Outcome:
    """Measure every set there is; one that cannot be measured leaves the others alone."""
    results: list[SetResult] = []
    left_out: list[LeftOut] = []
    for directory in directories:
        try:
            result = _measured(directory, options, console)
        except (Malformed, RagError, RuntimeError) as error:
            left_out.append(LeftOut(directory.name, str(error)))
            console.print(f"{directory.name} {error}", style="yellow", markup=False)
            continue
        if result is not None:
            results.append(result)
            print_result(result, console)
    if results or left_out:
        path = _write(results, left_out, options.directory)
        console.print(f"Report: {path}", style="dim", soft_wrap=True)
    return Outcome(
        figures=[figure for result in results for figure in figures(result)],
        left_out=left_out,
        details={"comparisons": [each for result in results for each in _comparisons(result)]},
    )


def _measured(directory: Directory, options: Options, console: Console) -> SetResult | None:
    judged = read(directory.path)
    if judged is None:
        return None
    return measure(
        directory, judged, options.launch, options.plans, options.bootstrap, Steps(console)
    )


def _write(results: Sequence[SetResult], left_out: Sequence[LeftOut], directory: Path) -> Path:
    reasons = {each.name: each.reason for each in left_out}
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / _PAGE
    path.write_text(
        page(results, at=datetime.now(UTC), machine=machine(), left_out=reasons), encoding="utf-8"
    )
    return path


def _comparisons(result: SetResult) -> list[dict[str, Any]]:
    return [
        {
            "set": result.name,
            "pipeline": each.pipeline,
            "reference": each.reference,
            "metric": each.metric,
            "difference": each.difference.value,
            "interval": [each.difference.low, each.difference.high],
            "verdict": each.verdict,
            "worst": [loss.query for loss in each.losses],
        }
        for each in result.comparisons()
    ]
