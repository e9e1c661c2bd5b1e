"""What a reindexing is asked to do."""

from ragrpc.v1 import collection_service_pb2 as pb

from rag_server.core.reindex import Reindexing
from rag_server.core.throttle import Throttle
from rag_server.transport.convert.chunking import chunking_of


def reindexing_of(message: pb.ReindexCollectionRequest) -> Reindexing:
    """The request of a message whose fields have been checked. Raises InvalidRequest as
    `chunking_of`."""
    return Reindexing(
        chunking_of(message.chunking) if message.HasField("chunking") else None,
        {each.name: value for each, value in message.index.ListFields()},
        message.embedder if message.HasField("embedder") else None,
        _throttle(message.throttle),
    )


def _throttle(message: pb.Throttle) -> Throttle:
    return Throttle(
        message.share if message.HasField("share") else 1.0,
        message.documents_per_second if message.HasField("documents_per_second") else None,
    )
