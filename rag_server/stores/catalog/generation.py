"""Settings of a generation as columns."""

import json
from dataclasses import asdict
from functools import lru_cache

from rag_server.core.chunking import decode_chunking, encode_chunking
from rag_server.core.documents import GenerationSettings, IndexSettings


def encode_settings(settings: GenerationSettings) -> dict[str, str]:
    """Columns of `generations` for `decode_settings`."""
    return {
        "embedder": settings.embedder,
        "chunking": encode_chunking(settings.chunking),
        "index_settings": json.dumps(asdict(settings.index), separators=(",", ":")),
    }


# A handful of combinations, read with every collection.
@lru_cache
def decode_settings(embedder: str, chunking: str, index_settings: str) -> GenerationSettings:
    """What `encode_settings` was given."""
    index = IndexSettings(**json.loads(index_settings))
    return GenerationSettings(embedder, decode_chunking(chunking), index)
