"""From messages about backups to the client's values."""

from ragrpc.v1 import backup_pb2

from rag_client import types
from rag_client._convert.metadata import datetime_of
from rag_client._convert.parts import enum_of


def backup(message: backup_pb2.Backup) -> types.Backup:
    """A backup."""
    return types.Backup(
        id=message.id,
        kind=enum_of(
            types.BackupKind,
            "KIND_",
            backup_pb2.Backup.Kind,
            message.kind,
            types.BackupKind.UNSPECIFIED,
        ),
        parent_id=message.parent_id,
        server_wide=message.server_wide,
        collection=message.collection,
        created_at=datetime_of(message.create_time),
        size_bytes=message.size_bytes,
        program_version=message.program_version,
        collections=tuple(map(_collection, message.collections)),
    )


def _collection(message: backup_pb2.BackupCollection) -> types.BackedUpCollection:
    return types.BackedUpCollection(
        name=message.name,
        revision=message.revision,
        document_count=message.document_count,
        chunk_count=message.chunk_count,
        embedder=message.embedder,
    )
