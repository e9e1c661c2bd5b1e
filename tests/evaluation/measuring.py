"""One set from its documents to a result."""

from collections.abc import Iterator, Mapping, Sequence

import grpc
from ragrpc.v1.admin_service_pb2 import GetServerInfoRequest
from ragrpc.v1.admin_service_pb2_grpc import AdminServiceStub

from rag_client import RagClient
from rag_server.evaluation.bootstrap import Bootstrap
from rag_server.evaluation.metrics import measured
from rag_server.evaluation.results import PipelineResult, SetResult
from tests.evaluation.asking import DEPTHS, Asked, Asker, timed
from tests.evaluation.corpus import store
from tests.evaluation.datasets.retrieval_set import RetrievalSet
from tests.evaluation.discovery import Directory
from tests.evaluation.plans import Plan, listed, parts, without_doubles
from tests.evaluation.progress import Steps
from tests.evaluation.service import Launch

# The client's own default is below a thousand hits of long chunks.
_CHANNEL = [("grpc.max_receive_message_length", 256 * 1024 * 1024)]


def measure(
    directory: Directory,
    judged: RetrievalSet,
    launch: Launch,
    extra: Sequence[Plan],
    bootstrap: Bootstrap,
    steps: Steps,
) -> SetResult:
    """Every pipeline on a set through a server of its own. Raises RuntimeError where the
    server does not start, and RagError."""
    name = directory.name
    with launch.serving(directory) as server, RagClient(server.address) as rag:
        with steps.step(f"{name}: documents", len(judged.documents)) as advance:
            stored = store(rag, judged.documents, advance, token_vectors=launch.token_vectors)
        with grpc.insecure_channel(server.address, options=_CHANNEL) as channel:
            info = AdminServiceStub(channel).GetServerInfo(GetServerInfoRequest())
            plans = list(without_doubles([*listed(info), *parts(info), *extra]))
            asker = Asker(channel, stored, info.limits.max_top_k)
            asking = f"{name}: questions to {len(plans)} pipelines"
            with steps.step(asking, len(judged.queries)) as advance:
                asked = asker.rank(plans, judged.queries, advance)
            answering = [plan for plan in plans if asked[plan.name].answered]
            timing = timed(judged.queries)
            with steps.step(f"{name}: latency", len(timing)) as advance:
                asker.time(answering, timing, asked, advance)
    return SetResult(
        name=name,
        queries=list(judged.judgements),
        document_count=stored.collection.document_count,
        chunk_count=stored.collection.chunk_count,
        reference=plans[0].name,
        pipelines=[_result(plan, asked[plan.name], judged) for plan in answering],
        notes=[*judged.notes, *stored.notes, *_notes(plans, asked)],
        bootstrap=bootstrap,
    )


def _result(plan: Plan, asked: Asked, judged: RetrievalSet) -> PipelineResult:
    few, many = (measured(judged.judgements, asked.rankings[depth]) for depth in DEPTHS)
    values = {**few, "recall100": many["recall100"]}
    return PipelineResult(plan.name, plan.description, values, asked.p50_ms, plan.part)


def _notes(plans: Sequence[Plan], asked: Mapping[str, Asked]) -> Iterator[str]:
    for plan in plans:
        for code, count in asked[plan.name].failures.items():
            yield f"{plan.name}: {count:,} calls failed with {code}; what failed counts 0"
        for kind, count in asked[plan.name].degradations.items():
            yield f"{plan.name}: {kind} {count:,} times"
