"""CollectionService: the tenant's collections."""

from ragrpc.v1 import collection_service_pb2 as pb

from rag_server.core.call import Call
from rag_server.core.library import Library
from rag_server.core.metadata_schema import MetadataSchema
from rag_server.core.reindex_desk import ReindexDesk
from rag_server.core.schema_desk import SchemaDesk
from rag_server.transport.convert.chunking import chunking_of
from rag_server.transport.convert.documents import collection_message, modalities
from rag_server.transport.convert.jobs import job_message
from rag_server.transport.convert.metadata_schemas import schema_of, schema_response
from rag_server.transport.convert.reindexing import reindexing_of

_PAGE_SIZE = 100
_MOST_VALUES = 100


class CollectionServicer:
    """Creates, reads and deletes collections through the library, reindexes them by a job."""

    def __init__(self, library: Library, schemas: SchemaDesk, reindexing: ReindexDesk) -> None:
        self._library = library
        self._schemas = schemas
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
            schema=_schema(request),
            fields=modalities(request.fields),
            dry=request.validate_only,
        )
        return pb.CreateCollectionResponse(collection=collection_message(created))

    async def UpdateCollection(
        self, request: pb.UpdateCollectionRequest, call: Call
    ) -> pb.UpdateCollectionResponse:
        """Change what is set."""
        updated = await self._library.update_collection(
            request.collection,
            request.description if request.HasField("description") else None,
            _schema(request),
            call,
            dry=request.validate_only,
        )
        return pb.UpdateCollectionResponse(collection=collection_message(updated))

    async def GetMetadataSchema(
        self, request: pb.GetMetadataSchemaRequest, call: Call
    ) -> pb.GetMetadataSchemaResponse:
        """What the metadata means and holds."""
        most = request.max_values if request.HasField("max_values") else _MOST_VALUES
        schema, revision = await self._schemas.schema(request.collection, call)
        return schema_response(schema, revision, most)

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


def _schema(
    request: pb.CreateCollectionRequest | pb.UpdateCollectionRequest,
) -> MetadataSchema | None:
    return schema_of(request.metadata_schema) if request.HasField("metadata_schema") else None
