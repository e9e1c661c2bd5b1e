"""Results as figures under fixed names: `<set>.<pipeline>.<metric>`."""

from collections.abc import Iterator

from rag_server.evaluation.metrics import METRICS
from rag_server.evaluation.results import SetResult
from tests.bench.figure import FREE, Bound, Figure

# What the shipped default has to reach on the known sets.
_BOUNDS = {
    "cranfield.default.ndcg10": Bound(at_least=0.445),
    "clapnq_dev.default.recall10": Bound(at_least=0.96),
    "clapnq_dev.default.mrr10": Bound(at_least=0.90),
    "squad_v2_dev.default.recall10": Bound(at_least=0.985),
    "squad_v2_dev.default.mrr10": Bound(at_least=0.90),
}


def figures(result: SetResult) -> Iterator[Figure]:
    """Those of every pipeline on a set."""
    for pipeline in result.pipelines:
        prefix = f"{result.name}.{pipeline.name}"
        for metric in METRICS:
            mean = result.interval(pipeline, metric)
            name = f"{prefix}.{metric}"
            interval = (mean.low, mean.high)
            yield Figure(name, mean.value, interval, _BOUNDS.get(name, FREE))
        if pipeline.p50_ms is not None:
            yield Figure(f"{prefix}.p50_ms", pipeline.p50_ms)
