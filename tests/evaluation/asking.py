"""Questions to the pipelines of a server: what they rank, and how long it takes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

import grpc
from ragrpc.v1 import rag_service_pb2 as pb
from ragrpc.v1 import rag_service_pb2_grpc, retrieval_pb2

from rag_server.evaluation.metrics import documents
from tests.evaluation.corpus import COLLECTION, Stored
from tests.evaluation.plans import Plan
from tests.evaluation.progress import Advance

# So many documents the metrics look at: asked for apart, since scores of a fusion may depend
# on how many hits are asked for, and a user asks for few.
DEPTHS = (10, 100)
_TIMED_HITS = 10
_TIMED_QUERIES = 200
_DEADLINE = 60.0


@dataclass(slots=True)
class Asked:
    """What one pipeline said: rankings by query, for each depth; reasons of failures, kinds of
    degradations."""

    rankings: dict[int, dict[str, list[str]]] = field(
        default_factory=lambda: {depth: {} for depth in DEPTHS}
    )
    failures: Counter[str] = field(default_factory=Counter)
    degradations: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)

    @property
    def answered(self) -> bool:
        """Whether any call succeeded."""
        return any(self.rankings.values())

    @property
    def p50_ms(self) -> float | None:
        """Median latency; None where nothing was timed."""
        return median(self.milliseconds) if self.milliseconds else None


def timed(queries: Mapping[str, str]) -> list[str]:
    """Up to 200 of the questions, evenly spaced."""
    texts = list(queries.values())
    count = min(len(texts), _TIMED_QUERIES)
    return [texts[place * len(texts) // count] for place in range(count)]


class Asker:
    """One caller of a server that holds a set."""

    def __init__(self, channel: grpc.Channel, stored: Stored, most_hits: int) -> None:
        self._retrieve = rag_service_pb2_grpc.RagServiceStub(channel).Retrieve
        self._ids = stored.ids
        self._most_hits = most_hits
        chunks, count = stored.collection.chunk_count, stored.collection.document_count
        # Room for twice the usual number of chunks a document; where that is too few, more.
        per_document = -(-chunks // max(count, 1))
        self._per_document = 1 if per_document <= 1 else 2 * per_document

    def rank(
        self, plans: Sequence[Plan], queries: Mapping[str, str], advance: Advance
    ) -> dict[str, Asked]:
        """All questions to all pipelines, by the pipeline's name."""
        asked = {plan.name: Asked() for plan in plans}
        for done, (query, text) in enumerate(queries.items(), 1):
            for plan in plans:
                for depth in DEPTHS:
                    self._rank(plan, query, text, depth, asked[plan.name])
            advance(done)
        return asked

    def _rank(self, plan: Plan, query: str, text: str, depth: int, asked: Asked) -> None:
        try:
            response = self._deep(plan, text, depth)
        except grpc.RpcError as error:
            asked.failures[error.code().name] += 1
            return
        ranking = documents(hit.document_id for hit in response.hits)
        asked.rankings[depth][query] = [self._ids.get(each, each) for each in ranking]
        asked.degradations.update(
            retrieval_pb2.Degradation.Kind.Name(each.kind) for each in response.degradations
        )

    def _deep(self, plan: Plan, text: str, depth: int) -> pb.RetrieveResponse:
        """As many hits as it takes to see `depth` documents, if there are so many."""
        top_k = min(depth * self._per_document, self._most_hits)
        while True:
            response = self._ask(plan, text, top_k)
            seen = len({hit.document_id for hit in response.hits})
            if seen >= depth or len(response.hits) < top_k or top_k == self._most_hits:
                return response
            top_k = min(2 * top_k, self._most_hits)

    def time(
        self,
        plans: Sequence[Plan],
        queries: Sequence[str],
        asked: Mapping[str, Asked],
        advance: Advance,
    ) -> None:
        """Ten hits for each question. Pipelines take turns, in an order that rotates, so that
        what disturbs the machine disturbs all."""
        for done, query in enumerate(queries):
            for place in range(len(plans)):
                plan = plans[(done + place) % len(plans)]
                self._time(plan, query, asked[plan.name])
            advance(done + 1)

    def _time(self, plan: Plan, query: str, asked: Asked) -> None:
        began = perf_counter()
        try:
            self._ask(plan, query, _TIMED_HITS)
        except grpc.RpcError as error:
            asked.failures[error.code().name] += 1
        else:
            asked.milliseconds.append(1_000 * (perf_counter() - began))

    def _ask(self, plan: Plan, query: str, top_k: int) -> pb.RetrieveResponse:
        return self._retrieve(plan.request(COLLECTION, query, top_k), timeout=_DEADLINE)
