"""What one set of queries gave, pipelines side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rag_server.evaluation.bootstrap import Bootstrap, Interval
from rag_server.evaluation.comparison import Comparison, difference, losses
from rag_server.evaluation.metrics import METRICS, Values

_LOSSES = 10


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """What a pipeline reached: `values` by metric, one for each query; `p50_ms` is None where
    nothing was timed. `part` marks one that only is a part of the reference."""

    name: str
    description: str
    values: Mapping[str, Values]
    p50_ms: float | None = None
    part: bool = False

    def mean(self, metric: str) -> float:
        """Over all queries."""
        return float(self.values[metric].mean())


@dataclass(frozen=True, slots=True)
class SetResult:
    """The pipelines on one set. `reference` names that which the others are compared to;
    `notes` say what else there is to know."""

    name: str
    queries: Sequence[str]
    document_count: int
    chunk_count: int
    reference: str
    pipelines: Sequence[PipelineResult]
    notes: Sequence[str] = ()
    bootstrap: Bootstrap = field(default_factory=Bootstrap)

    def pipeline(self, name: str) -> PipelineResult | None:
        """One of them, None where it is not there."""
        return next((each for each in self.pipelines if each.name == name), None)

    def interval(self, pipeline: PipelineResult, metric: str) -> Interval:
        """Of the mean."""
        return self.bootstrap.mean(pipeline.values[metric])

    def over_best_part(self, metric: str) -> Comparison | None:
        """The reference minus the best of its parts; None where it has none."""
        reference = self.pipeline(self.reference)
        parts = [each for each in self.pipelines if each.part]
        if reference is None or not parts:
            return None
        return self._compare(reference, max(parts, key=lambda each: each.mean(metric)), metric)

    def comparisons(self) -> Iterator[Comparison]:
        """Every other pipeline minus the reference, by every metric."""
        reference = self.pipeline(self.reference)
        if reference is None:
            return
        for pipeline in self.pipelines:
            if pipeline is not reference:
                for metric in METRICS:
                    yield self._compare(pipeline, reference, metric)

    def _compare(
        self, pipeline: PipelineResult, reference: PipelineResult, metric: str
    ) -> Comparison:
        ours, theirs = pipeline.values[metric], reference.values[metric]
        interval, verdict = difference(self.bootstrap, ours, theirs)
        lost = losses(self.queries, ours, theirs, _LOSSES)
        return Comparison(
            pipeline.name, reference.name, metric, interval, verdict, losses=tuple(lost)
        )
