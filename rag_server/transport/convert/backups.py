"""Backups."""

from ragrpc.v1 import admin_service_pb2 as pb
from ragrpc.v1 import backup_pb2

from rag_server.core.backup_desk import BackupOrder, RestoreOrder
from rag_server.core.backups import Backup, SavedCollection
from rag_server.transport.convert.metadata import timestamp


def backup_order(request: pb.CreateBackupRequest) -> BackupOrder:
    """What a caller wants backed up."""
    return BackupOrder(
        request.collection, request.incremental, request.base_id, request.request_id or None
    )


def restore_order(request: pb.RestoreBackupRequest) -> RestoreOrder:
    """What a caller wants restored."""
    return RestoreOrder(
        request.backup_id,
        request.collection,
        request.name,
        request.replace,
        request.request_id or None,
    )


def backup_message(backup: Backup) -> backup_pb2.Backup:
    """A backup, as its reader sees it."""
    return backup_pb2.Backup(
        id=backup.id,
        kind=f"KIND_{backup.kind}",
        parent_id=backup.parent or "",
        server_wide=backup.scope.tenant is None,
        collection=backup.scope.collection or "",
        create_time=timestamp(backup.created_at),
        size_bytes=backup.size,
        program_version=backup.program,
        collections=map(_collection, backup.collections),
    )


def _collection(saved: SavedCollection) -> backup_pb2.BackupCollection:
    return backup_pb2.BackupCollection(
        name=saved.name,
        revision=saved.revision,
        document_count=saved.documents,
        chunk_count=saved.chunks,
        embedder=saved.settings.embedder,
    )
