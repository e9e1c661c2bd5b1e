"""CollectionService: the tenant's collections."""

from ragrpc.v1 import collection_service_pb2 as pb

from rag_server.core.call import Call
from rag_server.core.library import Library
from rag_server.core.reindex_desk import ReindexDesk
from rag_server.transport.convert.chunking import chunking_of
from rag_server.transport.convert.documents import collection_message
from rag_server.transport.convert.jobs import job_message
from rag_server.transport.convert.reindexing import reindexing_of

_PAGE_SIZE = 100


class CollectionServicer:
    """Creates, reads and deletes collections through the library, reindexes them by a job."""

    def __init__(self, library: Library, reindexing: ReindexDesk) -> None:
        self._library = library
        self._reindexing = reindexing

    async def CreateCollection(
        self, request: pb.CreateCollectionRequest, call: Call
    ) -> pb.CreateCollectionResponse:
        """A new, empty collection."""
        created = await self._library.create_collection(
            request.collection,
            request.description,
            chunking_of(request.chunking) if request.HasField("chunking") else None,
            call,
            embedder=request.embedder,
            dry=request.validate_only,
        )
        return pb.CreateCollectionResponse(collection=collection_message(created))

    async def GetCollection(
        self, request: pb.GetCollectionRequest, call: Call
    ) -> pb.GetCollectionResponse:
        """One collection with its counts."""
        collection = await self._library.collection(request.collection, call)
        return pb.GetCollectionResponse(collection=collection_message(collection))

    async def ListCollections(
        self, request: pb.ListCollectionsRequest, call: Call
    ) -> pb.ListCollectionsResponse:
        """A page of collections."""
        size = request.page_size if request.HasField("page_size") else _PAGE_SIZE
        page = await self._library.collections(size, request.page_token, call)
        return pb.ListCollectionsResponse(
            collections=[collection_message(each) for each in page.items],
            next_page_token=page.next_token,
        )

    async def DeleteCollection(
        self, request: pb.DeleteCollectionRequest, call: Call
    ) -> pb.DeleteCollectionResponse:
        """Delete a collection with everything in it."""
        count = await self._library.delete_collection(
            request.collection, call, dry=request.validate_only
        )
        return pb.DeleteCollectionResponse(deleted_document_count=count)

    async def ReindexCollection(
        self, request: pb.ReindexCollectionRequest, call: Call
    ) -> pb.ReindexCollectionResponse:
        """Begin a job that builds the next generation."""
        asked, request_id = reindexing_of(request), request.request_id or None
        job = await self._reindexing.reindex(request.collection, asked, request_id, call)
        return pb.ReindexCollectionResponse(job=job_message(job))
