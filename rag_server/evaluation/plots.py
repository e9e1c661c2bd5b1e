"""Plots as SVG, to be put into a page."""

from io import StringIO

import matplotlib as mpl
from matplotlib.figure import Figure

from rag_server.evaluation.results import SetResult


def quality_against_latency(result: SetResult, metric: str) -> str:
    """An `<svg>` element: each timed pipeline at its median latency in milliseconds
    (logarithmic) and its mean of `metric` with the interval; empty where none was timed."""
    timed = [each for each in result.pipelines if each.p50_ms is not None]
    if not timed:
        return ""
    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    axes = figure.subplots()
    for number, each in enumerate(timed):
        interval = result.interval(each, metric)
        error = [[interval.value - interval.low], [interval.high - interval.value]]
        axes.errorbar(
            [each.p50_ms or 0], [interval.value], yerr=error, capsize=3,
            fmt="s" if each.part else "o", color=f"C{number % 10}",
        )  # fmt: skip
        # What looks like a formula in a name is none.
        axes.annotate(
            each.name, (each.p50_ms or 0, interval.value), (6, 4),
            textcoords="offset points", fontsize=9, parse_math=False,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlabel("median latency of Retrieve, ms")
    axes.set_ylabel(metric)
    axes.grid(visible=True, alpha=0.3)
    return _svg(figure, f"{result.name}.{metric}")


def _svg(figure: Figure, salt: str) -> str:
    """The element alone, its text as text, with ids that are its own on the page."""
    written = StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(written, format="svg", metadata={"Date": None})
    text = written.getvalue()
    return text[text.index("<svg") :]
