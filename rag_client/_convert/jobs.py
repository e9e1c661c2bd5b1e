"""From messages about jobs to the client's values."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from ragrpc.v1 import job_service_pb2

from rag_client import types
from rag_client._convert.errors import error_of_status
from rag_client._convert.metadata import datetime_of, metadata_of
from rag_client._convert.parts import enum_of


def job(message: job_service_pb2.Job) -> types.Job:
    """A job."""
    return types.Job(
        id=message.id,
        kind=message.kind,
        collection=message.collection,
        server_wide=message.server_wide,
        state=_state(message.state),
        phase=message.phase,
        done=message.done,
        total=message.total,
        attempt=message.attempt,
        cancel_requested=message.cancel_requested,
        created_at=datetime_of(message.create_time),
        started_at=_instant(message.HasField("start_time"), message.start_time),
        updated_at=datetime_of(message.update_time),
        ended_at=_instant(message.HasField("end_time"), message.end_time),
        spec=metadata_of(message.spec),
        result=metadata_of(message.result),
        error=error_of_status(message.error) if message.HasField("error") else None,
    )


def state_name(state: types.JobState) -> str:
    """A state as the contract names it."""
    return f"STATE_{state.name}"


def _state(number: int) -> types.JobState:
    known = job_service_pb2.Job.State
    return enum_of(types.JobState, "STATE_", known, number, types.JobState.UNSPECIFIED)


def _instant(there: bool, message: Timestamp) -> datetime | None:
    return datetime_of(message) if there else None
