"""Rows as each schema holds them, to be carried up and down."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
Rows = dict[str, list[Row]]

_VECTOR = b"\x00\x00\x80\x3f\x00\x00\x00\x00"
_SPAN = b"\x00\x00\x00\x00\x05\x00\x00\x00"
_RECURSIVE = '{"strategy":"recursive","max_tokens":200}'
_HNSW = '{"ef_construction":200,"ef_search":100,"max_neighbors":24}'
_JOB_TEXTS = ("spec", "checkpoint", "result")


@dataclass(frozen=True)
class Sample:
    """`rows` as programs of that schema wrote them; every table has some and every column a
    value. `after_return`: what of them is there after one step down and up again."""

    rows: Rows
    after_return: Callable[[Rows], Rows]


def _initial() -> Rows:
    live: Row = {"deleted_rev": None, "deleted_at": None}
    dead: Row = {"deleted_rev": 2, "deleted_at": 1_700_000_000_000_002}
    collection: Row = {
        "tenant": "acme",
        "description": "größer\nals ASCII",
        "revision": 2,
        "generation": 1,
        "embedder": "minilm",
        "created_at": 1_700_000_000_000_000,
        "deleted_at": None,
    }
    document: Row = {
        "collection_id": 1,
        "document_id": "vacation",
        "content_type": "PLAIN",
        "title": "T'itle",
        "metadata": '{"year":2026}',
        "chunk_count": 1,
        "size_bytes": 5,
        "created_rev": 1,
        "updated_at": 1_700_000_000_000_001,
    }
    chunk: Row = {
        "collection_id": 1,
        "generation": 1,
        "chunk_id": "a1",
        "ordinal": 0,
        "span_start": 0,
        "span_end": 5,
        "tokens": 2,
        "embedding": 1,
        "created_rev": 1,
        "sentences": _SPAN,
        "text": "tübe",
    }
    newer = {"created_rev": 2, "fingerprint": b"\x02", "text": "tübe".encode()}
    return {
        "collections": [
            collection | {"id": 1, "name": "docs"},
            collection | {"id": 2, "name": "gone", "deleted_at": 1_700_000_000_000_009},
        ],
        "commits": [{"collection_id": 1, "revision": n, "committed_at": n} for n in (1, 2)],
        "documents": [
            document | dead | {"id": 1, "fingerprint": b"\x00\x01", "text": b"caf\xc3\xa9"},
            document | live | newer | {"id": 2},
        ],
        "embeddings": [
            {"id": 1, "key": b"\x07", "dimension": 2, "sentences": b"\x7f\x00", "vector": _VECTOR}
        ],
        "chunks": [
            chunk | dead | {"id": 1, "document": 1, "text": "café"},
            chunk | live | {"id": 2, "document": 2, "created_rev": 2},
        ],
        "keys": [
            {
                "id": "k1",
                "hash": b"\x09",
                "tenant": "acme",
                "roles": "reader",
                "filter": '{"allOf":{}}',
                "name": "intranet",
                "created_at": 5,
                "revoked_at": 6,
            }
        ],
    }


def _generations() -> Rows:
    rows = _initial()
    for collection in rows["collections"]:
        del collection["embedder"]
    for document in rows["documents"]:
        del document["chunk_count"]
    place: Row = {"parent_start": 0, "parent_end": 5, "page": 3, "heading": "Leave"}
    rows["chunks"] = [chunk | place for chunk in rows["chunks"]]
    # The next generation stands beside the serving one.
    rows["chunks"].append(rows["chunks"][1] | {"id": 3, "generation": 2, "chunk_id": "b1"})
    generation: Row = {
        "embedder": "minilm",
        "chunking": '{"strategy":"sentence","max_tokens":64}',
        "index_settings": '{"ef_construction":10,"ef_search":10,"max_neighbors":8}',
        "created_at": 1_700_000_000_000_000,
        "retired_at": None,
    }
    rows["generations"] = [
        generation | {"collection_id": 1, "generation": 1, "state": "serving"},
        generation | {"collection_id": 1, "generation": 2, "state": "building", "retired_at": 1},
        generation | {"collection_id": 2, "generation": 1, "state": "serving"},
    ]
    rows["builds"] = [
        {"document": 1, "generation": 1, "recipe": b"\x04", "chunk_count": 1},
        {"document": 2, "generation": 1, "recipe": b"\x04", "chunk_count": 1},
        {"document": 2, "generation": 2, "recipe": b"\x05", "chunk_count": 1},
    ]
    rows["jobs"] = [_job()]
    rows["leases"] = [{"name": "sweep", "owner": "a", "lease_until": 9}]
    return rows


def _identity() -> Rows:
    return _generations() | {"identity": [{"id": 1, "name": "0123456789abcdef"}]}


def _token_vectors() -> Rows:
    rows = deepcopy(_identity())
    for embedding in rows["embeddings"]:
        embedding["tokens"] = b"\x02\x00\x7f\x00"
    for generation in rows["generations"]:
        generation["embedder"] = "minilm+tokens"
    return rows


def _without_tokens(rows: Rows) -> Rows:
    """The same model without them."""
    left = deepcopy(rows)
    for embedding in left["embeddings"]:
        embedding["tokens"] = None
    for generation in left["generations"]:
        generation["embedder"] = "minilm"
    return left


def _nameless(rows: Rows) -> Rows:
    """The next start draws another name."""
    return deepcopy(rows) | {"identity": []}


def _fields() -> Rows:
    rows = _declared()
    for generation in rows["generations"]:
        generation["fields"] = '[{"modality":"IMAGE","embedder":"histogram-1"}]'
    rows["embeddings"].append(
        {"id": 2, "key": b"\x08", "dimension": 2, "sentences": b"", "vector": _VECTOR}
        | {"tokens": b""}
    )
    place: Row = {"field": "IMAGE", "span_start": 0, "span_end": 5, "collection_id": 1}
    rows["document_vectors"] = [place | {"document": 2, "embedding": 2, "created_rev": 2}]
    return rows


def _without_fields(rows: Rows) -> Rows:
    left = deepcopy(rows) | {"document_vectors": []}
    left["embeddings"] = left["embeddings"][:1]
    for generation in left["generations"]:
        generation["fields"] = "[]"
    return left


def _job() -> Row:
    instants = ("created", "started", "updated", "finished", "cancel_requested")
    return {
        "id": "j1",
        "tenant": "acme",
        "kind": "reindex",
        "collection": "docs",
        "state": "failed",
        "phase": "embedding",
        "done": 1,
        "total": 2,
        "attempt": 1,
        "owner": "a",
        "lease_until": 9,
        "error_reason": "INTERNAL",
        "error_message": "it failed",
        "request_id": "r1",
        "request_digest": b"\x01",
        **{f"{each}_at": number for number, each in enumerate(instants)},
        **dict.fromkeys(_JOB_TEXTS, "{}"),
    }


def _without_other_generations(rows: Rows) -> Rows:
    """The serving generation stays, as programs made it before settings were its own."""
    left = deepcopy(rows)
    left["jobs"] = left["leases"] = []
    for table in ("chunks", "generations", "builds"):
        left[table] = [row for row in left[table] if row["generation"] == 1]
    for chunk in left["chunks"]:
        chunk.update(parent_start=None, parent_end=None, page=None, heading="")
    for generation in left["generations"]:
        generation.update(chunking=_RECURSIVE, index_settings=_HNSW)
    prints = {document["id"]: document["fingerprint"] for document in left["documents"]}
    for build in left["builds"]:
        build["recipe"] = prints[build["document"]]
    return left


def _declared() -> Rows:
    rows = _token_vectors()
    first, *others = rows["collections"]
    rows["collections"] = [
        first | {"metadata_schema": '[{"name":"year"}]'},
        *(each | {"metadata_schema": None} for each in others),
    ]
    return rows


def _undeclared(rows: Rows) -> Rows:
    """What was declared is lost."""
    left = deepcopy(rows)
    for each in left["collections"]:
        each["metadata_schema"] = None
    return left


SAMPLES: Mapping[str, Sample] = {
    "0001_initial": Sample(_initial(), deepcopy),
    "0002_generations": Sample(_generations(), _without_other_generations),
    "0003_identity": Sample(_identity(), _nameless),
    "0004_deletions": Sample(_identity(), deepcopy),
    "0005_token_vectors": Sample(_token_vectors(), _without_tokens),
    "0006_metadata_schemas": Sample(_declared(), _undeclared),
    "0007_fields": Sample(_fields(), _without_fields),
}
