"""Jobs as rows."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Row

from rag_server.core.errors import Reason
from rag_server.core.jobs import Job, JobError, JobRequest, JobState, Progress
from rag_server.stores.catalog.instant import from_micros


def new_row(request: JobRequest, digest: bytes, now: int) -> dict[str, Any]:
    """A job that nobody has begun; ids ascend with the time."""
    return {
        "id": f"{now:014x}{secrets.token_hex(5)}",
        "tenant": request.tenant,
        "kind": request.kind,
        "collection": request.collection,
        "spec": encode(request.spec),
        "state": JobState.QUEUED.value,
        "attempt": 0,
        "created_at": now,
        "updated_at": now,
        "checkpoint": "{}",
        "result": "{}",
        "request_id": request.request_id,
        "request_digest": digest,
        **progress_columns(Progress()),
    }


def progress_columns(progress: Progress) -> dict[str, Any]:
    """How far it is."""
    return {"phase": progress.phase, "done": progress.done, "total": progress.total}


def encode(value: Mapping[str, Any]) -> str:
    """JSON, equal for equal values. Raises TypeError for what is none."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def digest_of(request: JobRequest) -> bytes:
    """Equal for requests of one tenant only if they ask for the same."""
    asked = {"kind": request.kind, "collection": request.collection, "spec": request.spec}
    return sha256(encode(asked).encode()).digest()


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def job_of(row: Row[Any]) -> Job:
    """The job of a whole row."""
    failed = row.error_reason is not None
    return Job(
        id=row.id,
        tenant=row.tenant,
        kind=row.kind,
        collection=row.collection,
        spec=json.loads(row.spec),
        state=JobState(row.state),
        created_at=from_micros(row.created_at),
        updated_at=from_micros(row.updated_at),
        started_at=_instant(row.started_at),
        finished_at=_instant(row.finished_at),
        progress=Progress(row.phase, row.done, row.total),
        attempt=row.attempt,
        cancel_requested=row.cancel_requested_at is not None,
        result=json.loads(row.result),
        error=JobError(Reason(row.error_reason), row.error_message) if failed else None,
    )
