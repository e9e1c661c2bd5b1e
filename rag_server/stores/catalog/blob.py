"""Vectors and spans as compact bytes, little-endian on every machine."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import starmap
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from rag_server.core.documents import Vector
from rag_server.core.values import Span

_FLOAT = np.dtype("<f4")
_SPAN = Struct("<II")
_WIDTH = Struct("<H")


def pack_vector(vector: Vector) -> bytes:
    """4 bytes per component."""
    return vector.astype(_FLOAT).tobytes()


def unpack_vectors(blobs: Sequence[bytes]) -> NDArray[np.float32]:
    """float32 (n, d) of n vectors of one length; (0, 0) of none."""
    if not blobs:
        return np.empty((0, 0), np.float32)
    joined: NDArray[np.float32] = np.frombuffer(b"".join(blobs), _FLOAT).reshape(len(blobs), -1)
    return joined


def pack_sentences(vectors: NDArray[np.int8]) -> bytes:
    """1 byte per component."""
    return vectors.astype(np.int8).tobytes()


def unpack_sentences(blob: bytes, dimension: int) -> NDArray[np.int8]:
    """int8 (n, dimension), read-only."""
    return np.ndarray((len(blob) // dimension, dimension), np.int8, blob)


def pack_tokens(vectors: NDArray[np.int8] | None) -> bytes | None:
    """1 byte per component, after 2 that say how many a vector has."""
    if vectors is None:
        return None
    return _WIDTH.pack(vectors.shape[1]) + vectors.astype(np.int8).tobytes()


def unpack_tokens(blob: bytes | None) -> NDArray[np.int8] | None:
    """int8 (t, k), read-only."""
    if blob is None:
        return None
    (width,) = _WIDTH.unpack_from(blob)
    return np.frombuffer(blob, np.int8, offset=_WIDTH.size).reshape(-1, width)


def pack_spans(spans: Sequence[Span]) -> bytes:
    """8 bytes per span; offsets stay below 4 GiB."""
    return b"".join(_SPAN.pack(span.start, span.end) for span in spans)


# Half the cost of reading a chunk; some 15 MB when full.
@lru_cache(maxsize=16_384)
def unpack_spans(blob: bytes) -> tuple[Span, ...]:
    """Spans in order."""
    return tuple(starmap(Span, _SPAN.iter_unpack(blob)))
