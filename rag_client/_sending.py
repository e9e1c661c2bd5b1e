"""What every call carries besides its request: a deadline, a request id, the key."""

from dataclasses import dataclass
from math import isfinite
from uuid import uuid4

from rag_client._channel import Connection
from rag_client.errors import InvalidArgument

# Seconds. A CPU embeds some tens of chunks a second, so a batch of documents takes longer.
TIMEOUT = 30.0
UPSERT_TIMEOUT = 300.0


@dataclass(frozen=True, slots=True)
class Envelope:
    """Deadline in seconds (None: none) and metadata of one call; `request_id` is also in the
    metadata."""

    timeout: float | None
    request_id: str
    metadata: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, connection: Connection, timeout: float | None) -> "Envelope":
        """A new envelope; InvalidArgument for a timeout that is no time."""
        if timeout is not None and not (isfinite(timeout) and timeout > 0):
            raise InvalidArgument.of("timeout", "must be a positive number of seconds")
        request_id = str(uuid4())
        key = (("x-api-key", connection.api_key),) if connection.api_key else ()
        return cls(timeout, request_id, (("x-request-id", request_id), *key))
