"""What was measured, at the terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rag_server.evaluation.comparison import Comparison, Verdict
from rag_server.evaluation.metrics import METRICS
from rag_server.evaluation.results import PipelineResult, SetResult

_MARKS = {
    Verdict.BETTER: "[green]better[/]",
    Verdict.WORSE: "[bold red]WORSE[/]",
    Verdict.EQUAL: "",
    Verdict.TOO_FEW: "too few queries",
}


def print_result(result: SetResult, console: Console) -> None:
    """The pipelines side by side, each against the reference, then what else there is to know."""
    counts = f"{len(result.queries):,} queries, {result.document_count:,} documents"
    table = Table(
        title=f"{result.name}: {counts}, {result.chunk_count:,} chunks", title_justify="left"
    )
    table.add_column("pipeline", no_wrap=True)
    for metric in METRICS:
        table.add_column(metric, justify="right")
    table.add_column("p50, ms", justify="right")
    table.add_column(f"ndcg10 over {result.reference}", justify="right")
    table.add_column("")
    compared = {each.pipeline: each for each in result.comparisons() if each.metric == "ndcg10"}
    for pipeline in result.pipelines:
        table.add_row(*_cells(pipeline, compared.get(pipeline.name)))
    console.print(table)
    best = result.over_best_part("ndcg10")
    if best is not None:
        told = f"{result.reference} over its best part, {best.reference}: {_interval(best)} ndcg10"
        console.print(f"{told}, {best.verdict}", markup=False, highlight=False)
    for note in result.notes:
        console.print(note, style="dim", markup=False, highlight=False)


def _cells(pipeline: PipelineResult, compared: Comparison | None) -> Iterator[str]:
    yield escape(pipeline.name + (" (part)" if pipeline.part else ""))
    for metric in METRICS:
        yield f"{pipeline.mean(metric):.3f}"
    yield "" if pipeline.p50_ms is None else f"{pipeline.p50_ms:.1f}"
    if compared is None:
        yield from ("", "")
    else:
        yield _interval(compared)
        yield _MARKS[compared.verdict]


def _interval(compared: Comparison) -> str:
    difference = compared.difference
    return f"{difference.value:+.3f} ({difference.low:+.3f}, {difference.high:+.3f})"
