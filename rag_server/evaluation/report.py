"""One page that says it all and needs nothing else: tables, plots, worst losses."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rag_server.evaluation.metrics import METRICS
from rag_server.evaluation.plots import quality_against_latency
from rag_server.evaluation.results import SetResult

_TEMPLATES = Path(__file__).parent / "templates"
_PLOTTED = ("ndcg10", "mrr10")


def page(
    results: Sequence[SetResult],
    *,
    at: datetime,
    machine: Mapping[str, object],
    left_out: Mapping[str, str],
) -> str:
    """HTML. Queries are named by their ids, never shown. `left_out` gives reasons by name."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.jinja2").render(
        results=results,
        metrics=list(METRICS),
        plots={each.name: _plots(each) for each in results},
        at=at.isoformat(timespec="seconds"),
        machine=machine,
        left_out=left_out,
    )


def _plots(result: SetResult) -> list[Markup]:
    # Made here, of names that matplotlib escapes.
    return [Markup(quality_against_latency(result, metric)) for metric in _PLOTTED]  # noqa: S704
