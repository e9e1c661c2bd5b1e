"""Jobs."""

import json
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from ragrpc.v1 import job_service_pb2 as pb
from ragrpc.v1 import metadata_pb2

from rag_server.core.errors import RagError
from rag_server.core.jobs import Job, JobState
from rag_server.transport.convert.metadata import fill_value, timestamp
from rag_server.transport.errors import status_of


def state_of(number: int) -> JobState:
    """A state that has been checked to be one."""
    return JobState(pb.Job.State.Name(number).removeprefix("STATE_"))


def job_message(job: Job) -> pb.Job:
    """A job."""
    message = pb.Job(
        id=job.id,
        kind=job.kind,
        collection=job.collection,
        server_wide=job.tenant is None,
        state=f"STATE_{job.state}",
        phase=job.progress.phase,
        done=job.progress.done,
        total=job.progress.total,
        attempt=job.attempt,
        cancel_requested=job.cancel_requested,
        create_time=timestamp(job.created_at),
        start_time=_instant(job.started_at),
        update_time=timestamp(job.updated_at),
        end_time=_instant(job.finished_at),
    )
    _fill(job.spec, message.spec)
    _fill(job.result, message.result)
    if job.error is not None:
        message.error.CopyFrom(status_of(RagError(job.error.message, job.error.reason)))
    return message


def _instant(instant: datetime | None) -> Timestamp | None:
    return None if instant is None else timestamp(instant)


def _fill(fields: Mapping[str, Any], target: MutableMapping[str, metadata_pb2.Value]) -> None:
    for name, each in fields.items():
        scalar = isinstance(each, bool | int | float | str)
        fill_value(each if scalar else json.dumps(each, sort_keys=True), target[name])
