from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest

from rag_server.evaluation.metrics import METRICS
from rag_server.evaluation.plots import quality_against_latency
from rag_server.evaluation.report import page
from rag_server.evaluation.results import PipelineResult, SetResult

_AT = datetime(2026, 1, 31, tzinfo=UTC)


def _pipeline(name: str, value: float, p50_ms: float | None = 5.0) -> PipelineResult:
    values = {metric: np.full(30, value) for metric in METRICS}
    values["ndcg10"][0] = 0.0
    return PipelineResult(name, f"<b>{name}</b>", values, p50_ms)


@pytest.fixture
def result() -> SetResult:
    return SetResult(
        name="tiny",
        queries=[f"<script>{number}" for number in range(30)],
        document_count=3,
        chunk_count=4,
        reference="default",
        pipelines=[_pipeline("default", 0.6), _pipeline("<i>$\\frac{1}$", 0.4, 20.0)],
        notes=["1 question & <more>"],
    )


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]


def _parsed(result: SetResult) -> tuple[str, _Page]:
    html = page([result], at=_AT, machine={"cores": 2}, left_out={"other": "lacks <qrels>"})
    parsed = _Page()
    parsed.feed(html)
    return html, parsed


def test_the_page_needs_nothing_else_and_escapes_what_it_shows(result: SetResult) -> None:
    html, parsed = _parsed(result)
    assert not {"script", "link", "img", "i", "b", "more", "qrels"} & set(parsed.tags)
    assert all(each.startswith("#") for each in parsed.links)
    assert "1 question &amp; &lt;more&gt;" in html
    assert "lacks &lt;qrels&gt;" in html


def test_the_page_has_a_plot_of_quality_against_latency_per_set(result: SetResult) -> None:
    _, parsed = _parsed(result)
    assert parsed.tags.count("svg") == 2
    drawn = "".join(fromstring(quality_against_latency(result, "ndcg10")).itertext())
    assert "default" in drawn
    assert "<i>$\\frac{1}$" in drawn


def test_the_page_names_the_worst_losses_by_id(result: SetResult) -> None:
    result = replace(result, queries=[f"query-{number}" for number in range(30)])
    html, _ = _parsed(result)
    assert "query-1 (-0.20)" in html
    assert "significantly worse" in html


def test_what_was_not_timed_is_not_plotted(result: SetResult) -> None:
    untimed = replace(result, pipelines=[_pipeline("default", 0.6, None)])
    assert quality_against_latency(untimed, "ndcg10") == ""
    assert "svg" not in _parsed(untimed)[1].tags


def test_pipelines_are_compared_to_the_reference_and_to_nothing_without_it(
    result: SetResult,
) -> None:
    compared = list(result.comparisons())
    assert [each.metric for each in compared] == list(METRICS)
    assert {each.reference for each in compared} == {"default"}
    assert not list(replace(result, reference="away").comparisons())


def test_the_reference_is_held_against_the_best_of_its_parts(result: SetResult) -> None:
    assert result.over_best_part("ndcg10") is None
    parts = [
        replace(_pipeline(name, value), part=True) for name, value in (("low", 0.1), ("high", 0.5))
    ]
    whole = replace(result, pipelines=[*result.pipelines, *parts])
    compared = whole.over_best_part("recall10")
    assert compared is not None
    assert (compared.pipeline, compared.reference) == ("default", "high")
    assert compared.difference.value == pytest.approx(0.1)
    assert "default over its best part, high" in _parsed(whole)[0]
