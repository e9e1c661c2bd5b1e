"""Settings of a generation as columns."""

import json
from dataclasses import asdict
from functools import lru_cache

from rag_server.core.chunking import decode_chunking, encode_chunking
from rag_server.core.content import Modality
from rag_server.core.documents import GenerationSettings, IndexSettings, VectorField


def encode_settings(settings: GenerationSettings) -> dict[str, str]:
    """Columns of `generations` for `decode_settings`."""
    return {
        "embedder": settings.embedder,
        "chunking": encode_chunking(settings.chunking),
        "index_settings": _encoded(asdict(settings.index)),
        "fields": _encoded([asdict(each) for each in settings.fields]),
    }


# A handful of combinations, read with every collection.
@lru_cache
def decode_settings(
    embedder: str, chunking: str, index_settings: str, fields: str = "[]"
) -> GenerationSettings:
    """What `encode_settings` was given; older backups have no `fields`."""
    index = IndexSettings(**json.loads(index_settings))
    decoded = tuple(_field(**each) for each in json.loads(fields))
    return GenerationSettings(embedder, decode_chunking(chunking), index, decoded)


def _field(modality: str, embedder: str) -> VectorField:
    return VectorField(Modality(modality), embedder)


def _encoded(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
