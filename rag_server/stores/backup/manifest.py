"""The manifest of a backup: written last, so that it makes the backup one.

JSON with a checksum over itself; a byte that differs anywhere is found.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from rag_server.core.backups import Backup, SavedCollection, SavedFile, Scope
from rag_server.core.errors import DataLoss, PreconditionFailed, Reason
from rag_server.stores.catalog.generation import decode_settings, encode_settings
from rag_server.stores.catalog.metadata_schema_json import decode_schema, encode_schema

FILE = "manifest.json"
_FORMAT = 2
# Format 1 has no vectors of documents.
_READABLE = (1, _FORMAT)


def encode(backup: Backup) -> bytes:
    """The manifest's bytes."""
    body = {
        **asdict(backup),
        "format": _FORMAT,
        "kind": backup.kind,
        "created_at": backup.created_at.isoformat(),
        "collections": [_collection_body(each) for each in backup.collections],
    }
    return _sealed(body)


def decode(raw: bytes, id: str) -> Backup:
    """The backup of a manifest. Raises DataLoss when it is not what was
    written, PreconditionFailed when a newer program wrote it."""
    body = _opened(raw, id)
    if body["format"] not in _READABLE:
        raise PreconditionFailed(
            f"backup {id} has format {body['format']}, this program knows {_FORMAT}: use the "
            "release that made it",
            Reason.BACKUP_INCOMPATIBLE,
            {"backup": id},
        )
    return Backup(
        id=body["id"],
        parent=body["parent"],
        scope=Scope(**body["scope"]),
        created_at=_instant(body["created_at"]),
        program=body["program"],
        schema=body["schema"],
        collections=tuple(map(_collection, body["collections"])),
        files=tuple(SavedFile(**each) for each in body["files"]),
        keys=body["keys"],
    )


def corrupt(id: str, what: str) -> DataLoss:
    """The error for a backup that is not what was written."""
    return DataLoss(f"backup {id} is damaged: {what}", Reason.BACKUP_CORRUPT, {"backup": id})


def _sealed(body: Mapping[str, Any]) -> bytes:
    return _json({**body, "checksum": sha256(_json(body)).hexdigest()})


def _opened(raw: bytes, id: str) -> dict[str, Any]:
    try:
        body: dict[str, Any] = json.loads(raw)
        checksum = body.pop("checksum")
    except (ValueError, KeyError, AttributeError):
        raise corrupt(id, "its manifest cannot be read") from None
    if sha256(_json(body)).hexdigest() != checksum or _sealed(body) != raw or body["id"] != id:
        raise corrupt(id, "its manifest does not match its checksum")
    return body


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, indent=1, sort_keys=True).encode() + b"\n"


def _collection_body(saved: SavedCollection) -> dict[str, Any]:
    return {
        **asdict(saved),
        "created_at": saved.created_at.isoformat(),
        "settings": encode_settings(saved.settings),
        "metadata_schema": encode_schema(saved.metadata_schema),
    }


def _collection(body: Mapping[str, Any]) -> SavedCollection:
    return SavedCollection(
        **{
            **body,
            "created_at": _instant(body["created_at"]),
            "settings": decode_settings(**body["settings"]),
            "files": tuple(body["files"]),
            # Backups of earlier releases have none.
            "metadata_schema": decode_schema(body.get("metadata_schema")),
        }
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
