"""A registry as text for a scrape.

The library's own encoder takes several milliseconds of the event loop for a few
hundred samples, most of it to escape label values that never change: here the head of
each line is made once and kept.
"""

import math
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.samples import Sample

OPENMETRICS = "application/openmetrics-text"
# Times of creation are optional, and would be a fifth of all lines.
_LEFT_OUT = "_created"
_TIMED = ("counter", "histogram", "summary")
# The classic text format types the series, OpenMetrics the family.
_CLASSIC = {"counter": ("_total", "counter"), "info": ("_info", "gauge")}


class Exposition:
    """Writes one registry in the classic text format or in OpenMetrics. Exemplars,
    timestamps and native histograms are not supported: nothing here makes them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._heads: dict[tuple[str, ...], str] = {}

    def render(self, accept: str) -> tuple[bytes, str]:
        """Body and content type that an Accept header prefers."""
        _, content_type = choose_encoder(accept)
        openmetrics = content_type.startswith(OPENMETRICS)
        lines: list[str] = []
        for metric in self._registry.collect():
            lines.append(_header(metric, openmetrics))
            lines.extend(self._samples(metric))
        if openmetrics:
            lines.append("# EOF\n")
        return "".join(lines).encode(), content_type

    def _samples(self, metric: Metric) -> Iterator[str]:
        for sample in metric.samples:
            if metric.type in _TIMED and sample.name == metric.name + _LEFT_OUT:
                continue
            key = (sample.name, *sample.labels.values())
            head = self._heads.get(key)
            if head is None:
                head = self._heads[key] = _head(sample)
            yield f"{head} {_number(sample.value)}\n"


def _header(metric: Metric, openmetrics: bool) -> str:
    suffix, kind, text = "", metric.type, _escaped(metric.documentation)
    if not openmetrics:
        suffix, kind = _CLASSIC.get(metric.type, (suffix, kind))
        text = _escaped_but_quotes(metric.documentation)
    name = metric.name + suffix
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"


def _head(sample: Sample) -> str:
    if not sample.labels:
        return sample.name
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels.items())
    return f"{sample.name}{{{labels}}}"


def _escaped(text: str) -> str:
    return _escaped_but_quotes(text).replace('"', r"\"")


def _escaped_but_quotes(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _number(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")
