"""A retriever for ragrpc that prefers recent documents among those that its base finds."""

import math
from dataclasses import replace
from datetime import UTC, datetime

from rag_server.core.call import Call
from rag_server.core.protocols import ChunkStore, Retriever, Search
from rag_server.core.ranking import ranked
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import CustomSpec
from rag_server.core.values import Metadata
from rag_server.retrievers.plugins import RetrieverPlugin

_SECONDS_OF_A_DAY = 86_400
_DEPTH = 100


class RecentRetriever:
    def __init__(self, chunks: ChunkStore, base: Retriever) -> None:
        self._chunks = chunks
        self._base = base

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        spec = search.spec
        assert isinstance(spec, CustomSpec)
        wider = replace(search, spec=spec.base, limit=max(_DEPTH, search.limit))
        found = self._base.retrieve(wider, call)
        chunks = self._chunks.read([each.row for each in found])
        scored = [
            (each, each.score + _boost(chunks[each.row].metadata, spec.parameters))
            for each in found
            if each.row in chunks
        ]
        return ranked("recent", scored, search.limit)


def _boost(metadata: Metadata, parameters: Metadata) -> float:
    """The weight, halved with every half-life; 0 for a document without a date."""
    date = metadata.get(str(parameters["field"]))
    if not isinstance(date, datetime):
        return 0.0
    days = max(0.0, (datetime.now(UTC) - date).total_seconds() / _SECONDS_OF_A_DAY)
    half_life = float(str(parameters.get("half_life_days", 365)))
    weight = float(str(parameters.get("weight", 0.2)))
    return weight * math.pow(0.5, days / half_life)


recent = RetrieverPlugin(
    description="Prefers recent documents among those that the base finds.",
    parameters={
        "type": "object",
        "properties": {
            "field": {"type": "string", "description": "Metadata field with the date."},
            "half_life_days": {"type": "number", "exclusiveMinimum": 0, "default": 365},
            "weight": {"type": "number", "minimum": 0, "default": 0.2},
        },
        "required": ["field"],
        "additionalProperties": False,
    },
    make=RecentRetriever,
)
