"""`make eval ONLY=tables`: whether the row that answers a question is found, by the text alone and
with the field of tables, through the real service."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import grpc
import numpy as np
from ragrpc.v1 import admin_service_pb2, admin_service_pb2_grpc, pipeline_pb2
from ragrpc.v1.modality_pb2 import MODALITY_TABLE, MODALITY_TEXT, Modality
from ragrpc.v1.rag_service_pb2_grpc import RagServiceStub
from ragrpc.v1.retrieval_pb2 import Hit
from rich.console import Console

from rag_client import RagClient, RagError
from rag_server.evaluation.bootstrap import Bootstrap, Interval
from rag_server.evaluation.metrics import Values
from tests.bench.figure import Figure, LeftOut, print_table
from tests.evaluation.datasets.raw import Malformed
from tests.evaluation.discovery import Directory, with_own
from tests.evaluation.options import Options
from tests.evaluation.outcome import Outcome
from tests.evaluation.plans import Plan
from tests.evaluation.progress import Steps
from tests.evaluation.table_set import RowQuestion, TableSet, read

OWN = Path(__file__).with_name("table_sets")
_DEPTH = 10
_DEADLINE = 60.0
# Hits among which the row must be, by the metric.
_WITHIN = {"row1": 1, "row3": 3, "row10": 10}


def run(found: Sequence[Directory], options: Options, console: Console) -> Outcome:
    """Measure every set there is, and the project's own."""
    figures: list[Figure] = []
    left_out: list[LeftOut] = []
    for directory in with_own(found, OWN, options.sets):
        try:
            label = read(directory.path)
            if label is None:
                continue
            ranks = _measured(directory, label, options, Steps(console))
        except (Malformed, RagError, grpc.RpcError, RuntimeError) as error:
            left_out.append(LeftOut(f"tables.{directory.name}", type(error).__name__))
            continue
        figures += _figures(f"tables.{directory.name}", ranks, options.bootstrap)
    print_table("Tables", [*figures, *left_out], console)
    return Outcome(figures, left_out)


def _measured(
    directory: Directory, label: TableSet, options: Options, steps: Steps
) -> Mapping[str, list[int]]:
    """Where the row stands in what each pipeline finds, from 1, by question; 0 for nowhere."""
    with options.launch.serving(directory) as server, RagClient(server.address) as rag:
        collection = _stored(rag, label)
        with grpc.insecure_channel(server.address) as channel:
            plans = list(_plans(channel))
            stub = RagServiceStub(channel)
            ranks: dict[str, list[int]] = {plan.name: [] for plan in plans}
            with steps.step(f"{directory.name}: questions", len(label.questions)) as advance:
                for done, question in enumerate(label.questions, 1):
                    for plan in plans:
                        request = plan.request(collection, question.question, _DEPTH)
                        hits = stub.Retrieve(request, timeout=_DEADLINE).hits
                        ranks[plan.name].append(_rank(question, hits))
                    advance(done)
    return ranks


def _stored(rag: RagClient, label: TableSet) -> str:
    """A collection that holds the set, named by it."""
    said = hashlib.sha256()
    for each in label.files:
        said.update(each.read_bytes())
    name = f"tables-{said.hexdigest()[:16]}"
    rag.collections.create(name, fields=["table"], exist_ok=True)
    rag.documents.ingest(name, label.files).raise_for_failures()
    return name


def _plans(channel: grpc.Channel) -> Iterator[Plan]:
    """The text alone by its embedding and by the default, each beside the same with tables, and
    tables alone."""
    stub = admin_service_pb2_grpc.AdminServiceStub(channel)
    info = stub.GetServerInfo(admin_service_pb2.GetServerInfoRequest(), timeout=_DEADLINE)
    dense = pipeline_pb2.Retriever(dense=pipeline_pb2.DenseRetriever())
    (default,) = (each.spec.retriever for each in info.pipelines if each.default)
    for name, text in (("dense", dense), ("default", default)):
        yield Plan(name, spec=pipeline_pb2.PipelineSpec(retriever=text))
        yield Plan(f"{name}_table", spec=_fused(MODALITY_TEXT, MODALITY_TABLE, base=text))
    yield Plan("table", spec=_fused(MODALITY_TABLE))


def _fused(
    *fields: Modality, base: pipeline_pb2.Retriever | None = None
) -> pipeline_pb2.PipelineSpec:
    weighted = [pipeline_pb2.WeightedField(field=each) for each in fields]
    made = pipeline_pb2.MultimodalRetriever(fields=weighted, base=base)
    return pipeline_pb2.PipelineSpec(retriever=pipeline_pb2.Retriever(multimodal=made))


def _rank(question: RowQuestion, hits: Sequence[Hit]) -> int:
    for rank, hit in enumerate(hits, 1):
        if hit.document_id.endswith(question.document) and question.answer in hit.text:
            return rank
    return 0


def _figures(
    prefix: str, ranks: Mapping[str, Sequence[int]], bootstrap: Bootstrap
) -> Iterator[Figure]:
    for name, found in ranks.items():
        for metric, values in _metrics(found).items():
            yield _figure(f"{prefix}.{name}.{metric}", bootstrap.mean(values))
    for name in ("dense", "default"):
        without, having = _metrics(ranks[name]), _metrics(ranks[f"{name}_table"])
        for metric, values in having.items():
            gain = bootstrap.difference(values, without[metric])
            yield _figure(f"{prefix}.{name}_table.{metric}_gain", gain)


def _metrics(ranks: Sequence[int]) -> dict[str, Values]:
    """float64 (q,) each: whether the row is among the first hits, and one over its rank."""
    found = np.array(ranks, dtype=np.float64)
    within = {
        name: ((found > 0) & (found <= most)).astype(np.float64) for name, most in _WITHIN.items()
    }
    reciprocal = np.divide(1.0, found, out=np.zeros_like(found), where=found > 0)
    return {**within, "mrr10": reciprocal}


def _figure(name: str, interval: Interval) -> Figure:
    return Figure(name, interval.value, (interval.low, interval.high))
