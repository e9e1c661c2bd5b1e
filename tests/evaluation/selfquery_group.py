"""`make eval ONLY=selfquery`: how questions with conditions are understood, through the real
service, and what that costs those without any."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import log2
from pathlib import Path

import grpc
from ragrpc.v1 import (
    collection_service_pb2,
    collection_service_pb2_grpc,
    pipeline_pb2,
    rag_service_pb2,
    rag_service_pb2_grpc,
    retrieval_pb2,
)
from rich.console import Console

from rag_client import Document, RagClient, RagError
from rag_server.core.filters import Filter, conjunction
from rag_server.evaluation.filter_scores import FilterScore
from rag_server.evaluation.filter_sets import LabelledQuestion
from rag_server.transport.convert.metadata import filter_of
from rag_server.transport.convert.metadata_schemas import schema_message
from tests.bench.figure import FREE, Bound, Figure, LeftOut, print_table
from tests.evaluation.datasets.raw import Malformed
from tests.evaluation.discovery import Directory, with_own
from tests.evaluation.filter_set import FilterSet, Item, read
from tests.evaluation.options import Options
from tests.evaluation.outcome import Outcome
from tests.evaluation.progress import Steps

OWN = Path(__file__).with_name("selfquery")
_DEPTH = 10
_DEADLINE = 60.0
_READ = (retrieval_pb2.Clause.FATE_FILTER, retrieval_pb2.Clause.FATE_RELAXED)


@dataclass(slots=True)
class Result:
    """What a set gave: `kept` is, by question without a condition, the nDCG of what self-query
    ranks, judged by what its base ranks."""

    score: FilterScore = field(default_factory=FilterScore)
    kept: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)


def run(found: Sequence[Directory], options: Options, console: Console) -> Outcome:
    """Measure every set there is, and the project's own."""
    figures: list[Figure] = []
    left_out: list[LeftOut] = []
    missed: dict[str, list[str]] = {}
    for directory in with_own(found, OWN, options.sets):
        try:
            label = read(directory.path)
            if label is None:
                continue
            result = _measured(directory, label, options, Steps(console))
        except (Malformed, RagError, grpc.RpcError, RuntimeError) as error:
            left_out.append(LeftOut(f"selfquery.{directory.name}", type(error).__name__))
            continue
        missed[directory.name] = result.missed
        figures += _figures(directory.name, label, result)
    print_table("Self-query", [*figures, *left_out], console)
    return Outcome(figures, left_out, {"missed_questions": missed})


def _measured(directory: Directory, label: FilterSet, options: Options, steps: Steps) -> Result:
    result = Result()
    with options.launch.serving(directory) as server, RagClient(server.address) as rag:
        collection = _stored(rag, server.address, label)
        with grpc.insecure_channel(server.address) as channel:
            asker = _Asker(rag_service_pb2_grpc.RagServiceStub(channel), collection)
            with steps.step(f"{directory.name}: questions", len(label.questions)) as advance:
                for done, question in enumerate(label.questions, 1):
                    _ask(asker, question, label, result)
                    advance(done)
    return result


def _stored(rag: RagClient, address: str, label: FilterSet) -> str:
    """A collection that holds the set, named by it."""
    name = f"set-{hashlib.sha256(repr((label.schema, label.documents)).encode()).hexdigest()[:16]}"
    request = collection_service_pb2.CreateCollectionRequest(
        collection=name, metadata_schema=schema_message(label.schema)
    )
    with grpc.insecure_channel(address) as channel:
        stub = collection_service_pb2_grpc.CollectionServiceStub(channel)
        try:
            stub.CreateCollection(request, timeout=_DEADLINE)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.ALREADY_EXISTS:
                raise
    rag.documents.upsert(name, map(_document, label.documents)).raise_for_failures()
    return name


def _document(item: Item) -> Document:
    return Document(item.id, item.text, metadata=dict(item.metadata))


class _Asker:
    """Asks one collection."""

    def __init__(self, stub: rag_service_pb2_grpc.RagServiceStub, collection: str) -> None:
        self._stub = stub
        self._collection = collection

    def understood(self, question: LabelledQuestion) -> tuple[Filter | None, list[str]]:
        """The filter read off the question, and the documents found."""
        found = self._ask(
            question.text,
            pipeline_pb2.Retriever(
                self_query=pipeline_pb2.SelfQueryRetriever(today=question.today.isoformat())
            ),
        )
        clauses = found.understanding.clauses
        filters = (filter_of(each.filter) for each in clauses if each.fate in _READ)
        return conjunction(*filters), _documents(found)

    def plain(self, question: LabelledQuestion) -> list[str]:
        """The documents that the base finds."""
        dense = pipeline_pb2.Retriever(dense=pipeline_pb2.DenseRetriever())
        return _documents(self._ask(question.text, dense))

    def _ask(
        self, query: str, retriever: pipeline_pb2.Retriever
    ) -> rag_service_pb2.RetrieveResponse:
        request = rag_service_pb2.RetrieveRequest(
            collection=self._collection,
            query=query,
            top_k=_DEPTH,
            spec=pipeline_pb2.PipelineSpec(retriever=retriever),
            explain=True,
        )
        return self._stub.Retrieve(request, timeout=_DEADLINE)


def _documents(found: rag_service_pb2.RetrieveResponse) -> list[str]:
    return list(dict.fromkeys(hit.document_id for hit in found.hits))


def _ask(asker: _Asker, question: LabelledQuestion, label: FilterSet, result: Result) -> None:
    predicted, found = asker.understood(question)
    metadata = [each.metadata for each in label.documents]
    if not result.score.add(predicted, question.filter, metadata) and label.executable:
        result.missed.append(question.text)
    if question.filter is None:
        result.kept.append(agreement(asker.plain(question), found))


def agreement(plain: Sequence[str], found: Sequence[str]) -> float:
    """nDCG of `found` at the length of `plain`, whose documents have the gain 1 / rank: 1 where
    both are the same, 0 where they share nothing."""
    gains = {each: 1.0 / rank for rank, each in enumerate(plain, 1)}
    best = _discounted([gains[each] for each in plain])
    return _discounted([gains.get(each, 0.0) for each in found[: len(plain)]]) / best if best else 1


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, 1))


def _figures(name: str, label: FilterSet, result: Result) -> Iterator[Figure]:
    prefix, score = f"selfquery.{name}", result.score
    if label.executable:
        bound = Bound(at_least=0.9) if name.endswith("_held_out") else FREE
        yield Figure(f"{prefix}.execution_match", score.execution_match, bound=bound)
    yield Figure(f"{prefix}.exact_match", score.exact_match)
    yield Figure(f"{prefix}.clause_f1", score.clause_f1)
    if result.kept:
        lost = 100.0 * (1.0 - sum(result.kept) / len(result.kept))
        yield Figure(f"{prefix}.no_harm_points", lost, bound=Bound(at_most=1.0))
