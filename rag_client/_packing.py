"""Frames put into messages."""

from collections.abc import Callable, Sequence

from ragrpc.v1 import document_service_pb2 as pb

# A message costs more than a small document: what waits together travels together.
_ENOUGH_BYTES = 64 * 1024


def packed(
    frames: Sequence[pb.IngestFrame], more: Callable[[], Sequence[pb.IngestFrame]]
) -> pb.StreamIngestRequest:
    """A message of `frames` and what `more` has at once, until it has nothing."""
    message = pb.StreamIngestRequest()
    size = 0
    while frames:
        message.frames.extend(frames)
        size += sum(len(each.data) for each in frames) + 64 * len(frames)
        frames = more() if size < _ENOUGH_BYTES else ()
    return message
