"""What was measured, at the terminal."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rag_server.evaluation.comparison import Comparison, Verdict
from rag_server.evaluation.metrics import METRICS
from rag_server.evaluation.results import SetResult

_COMPARED = "ndcg10"
_MARKS = {
    Verdict.BETTER: "[green]better[/]",
    Verdict.WORSE: "[bold red]WORSE[/]",
    Verdict.EQUAL: "",
    Verdict.TOO_FEW: "too few queries",
}


def print_result(result: SetResult, console: Console) -> None:
    """The pipelines side by side, each against the reference, then what else there is to know."""
    console.print(_measures(result))
    if len(result.pipelines) > 1:
        console.print(_against(result))
    best = result.over_best_part(_COMPARED)
    if best is not None:
        told = f"{result.reference} over its best part, {best.reference}: {_interval(best)}"
        console.print(f"{told}, {best.verdict}", markup=False, highlight=False)
    for note in result.notes:
        console.print(note, style="dim", markup=False, highlight=False)


def _measures(result: SetResult) -> Table:
    counts = f"{len(result.queries):,} queries, {result.document_count:,} documents"
    table = Table(
        title=f"{result.name}: {counts}, {result.chunk_count:,} chunks", title_justify="left"
    )
    table.add_column("pipeline", overflow="fold")
    for metric in (*METRICS, "p50, ms"):
        table.add_column(metric, justify="right", no_wrap=True)
    for each in result.pipelines:
        means = (f"{each.mean(metric):.3f}" for metric in METRICS)
        name = escape(each.name + (" (part)" if each.part else ""))
        table.add_row(name, *means, "" if each.p50_ms is None else f"{each.p50_ms:.1f}")
    return table


def _against(result: SetResult) -> Table:
    table = Table(title=f"{_COMPARED}, against {result.reference}", title_justify="left")
    table.add_column("pipeline", overflow="fold")
    table.add_column("difference, 95 % interval", justify="right", no_wrap=True)
    table.add_column("")
    for each in result.comparisons():
        if each.metric == _COMPARED:
            table.add_row(escape(each.pipeline), _interval(each), _MARKS[each.verdict])
    return table


def _interval(compared: Comparison) -> str:
    difference = compared.difference
    return f"{difference.value:+.3f} ({difference.low:+.3f}, {difference.high:+.3f})"
