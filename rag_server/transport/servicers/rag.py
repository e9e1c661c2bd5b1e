"""RagService: questions."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from ragrpc.v1 import rag_service_pb2 as pb

from rag_server.core.call import Call
from rag_server.core.errors import RagError
from rag_server.core.pipeline import QueryPath
from rag_server.core.reranking import RerankPath
from rag_server.core.retrieval import RetrieveRequest
from rag_server.core.schema_desk import SchemaDesk
from rag_server.transport.convert.answers import event_message, query_response
from rag_server.transport.convert.metadata import filter_of
from rag_server.transport.convert.metadata_schemas import verdict_response
from rag_server.transport.convert.reranking import rerank_request, rerank_response
from rag_server.transport.convert.retrieval import (
    query_request,
    retrieve_request,
    retrieve_response,
    retrieve_result,
)
from rag_server.transport.validation import check


class RagServicer:
    """Answers questions through the query path, and orders texts."""

    def __init__(self, path: QueryPath, reranks: RerankPath, schemas: SchemaDesk) -> None:
        self._path = path
        self._reranks = reranks
        self._schemas = schemas

    async def Retrieve(self, request: pb.RetrieveRequest, call: Call) -> pb.RetrieveResponse:
        """The chunks that fit best."""
        found = await self._path.retrieve(retrieve_request(request), call)
        return retrieve_response(found, request.explain)

    async def BatchRetrieve(
        self, request: pb.BatchRetrieveRequest, call: Call
    ) -> pb.BatchRetrieveResponse:
        """Several Retrieves, each with its own outcome."""
        results = await self._path.batch([_checked(each) for each in request.requests], call)
        return pb.BatchRetrieveResponse(
            results=[
                retrieve_result(result, asked.explain)
                for result, asked in zip(results, request.requests, strict=True)
            ]
        )

    async def Query(self, request: pb.QueryRequest, call: Call) -> pb.QueryResponse:
        """An answer with citations."""
        answer = await self._path.query(query_request(request), call)
        return query_response(answer, request.retrieval.explain)

    async def StreamQuery(
        self, request: pb.StreamQueryRequest, call: Call
    ) -> AsyncGenerator[pb.StreamQueryResponse, None]:
        """The same as events."""
        sequence = 0
        async with aclosing(self._path.stream(query_request(request.query), call)) as events:
            async for event in events:
                yield event_message(sequence, event, request.query.retrieval.explain)
                sequence += 1

    async def Rerank(self, request: pb.RerankRequest, call: Call) -> pb.RerankResponse:
        """Texts of the request, in order."""
        return rerank_response(await self._reranks.rerank(rerank_request(request), call))

    async def ValidateFilter(
        self, request: pb.ValidateFilterRequest, call: Call
    ) -> pb.ValidateFilterResponse:
        """A filter against the metadata schema."""
        asked = filter_of(request.filter)
        return verdict_response(await self._schemas.validate(request.collection, asked, call))


def _checked(message: pb.RetrieveRequest) -> RetrieveRequest | RagError:
    try:
        check(message)
        return retrieve_request(message)
    except RagError as error:
        return error
