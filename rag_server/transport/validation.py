"""The contract's rules, enforced: what the comments of the .proto files say, field by field.

Fields marked REQUIRED in the contract are checked from its descriptors; bounds stand in
the table below. Metadata and filters are checked where they are converted.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from google.api.field_behavior_pb2 import REQUIRED, field_behavior
from google.protobuf.message import Message
from ragrpc.v1 import admin_service_pb2 as admin_pb
from ragrpc.v1 import chunking_pb2, modality_pb2, pipeline_pb2, retrieval_pb2
from ragrpc.v1 import collection_service_pb2 as collections_pb
from ragrpc.v1 import document_service_pb2 as documents_pb
from ragrpc.v1 import job_service_pb2 as jobs_pb
from ragrpc.v1 import metadata_schema_pb2 as schema_pb
from ragrpc.v1 import rag_service_pb2 as rag_pb

from rag_server.core.chunking import LANGUAGES, STRATEGIES
from rag_server.core.errors import InvalidRequest, Violation
from rag_server.core.specs import FUSION_SPECS, RERANKER_SPECS, RETRIEVER_SPECS

MAX_DOCUMENTS = 1_000
MAX_DOCUMENT_BYTES = 4 * 1024 * 1024
# Of one message: frames cost time even where they are empty and so take no credits.
MAX_FRAMES = 4_096
MAX_IMAGE_BYTES = 8 * 1024 * 1024
MAX_TOP_K = 1_000
MAX_PAGE = 1_000
MAX_BATCH = 100
MAX_CHUNK_TOKENS = 8_192
# Of a Rerank, each of which is embedded while the caller waits; bytes of texts and titles.
MAX_RERANK_TEXTS = 200
MAX_RERANK_BYTES = 1024 * 1024
# Of the requests of a batch together: what one response can carry.
MAX_BATCH_TOP_K = 1_000
_DEFAULT_TOP_K = 10
# Of a day that a question counts from.
_YEARS = (1000, 8999)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# What is wrong with a value, or None.
Test = Callable[[Any], str | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A test of one field; an unset optional field passes."""

    field: str
    test: Test


def check(message: Message, prefix: str = "") -> None:
    """Raise InvalidRequest naming every field that does not keep to the contract."""
    violations = tuple(_violations(message, prefix))
    if violations:
        raise InvalidRequest.of(*violations)


def _violations(message: Message, prefix: str) -> Iterator[Violation]:
    kind = type(message)
    yield from _missing(message, prefix)
    for field, has_presence, needed, test in _PLANS.get(kind, ()):
        value = getattr(message, field)
        if not (message.HasField(field) if has_presence else value):
            if needed:
                yield Violation(prefix + field, "is required")
        elif isinstance(value, Message):
            yield from _violations(value, f"{prefix}{field}.")
        elif wrong := test(value):
            yield Violation(prefix + field, wrong)
        elif isinstance(test, _Items):
            yield from _violations_of_items(value, prefix + field)


def _missing(message: Message, prefix: str) -> Iterator[Violation]:
    """That none of several fields is set of which one must be."""
    oneof = _ONE_OF.get(type(message))
    if oneof is not None and message.WhichOneof(oneof) is None:
        yield Violation(f"{prefix}{oneof}", "is empty or unknown to this server")
    if isinstance(message, rag_pb.RetrieveRequest) and not (message.query or message.image):
        yield Violation(f"{prefix}query", "is required")


def _violations_of_items(items: Sequence[Message], path: str) -> Iterator[Violation]:
    for index, each in enumerate(items):
        yield from _violations(each, f"{path}[{index}].")


def required(kind: type[Message]) -> tuple[str, ...]:
    """Names of the fields that the contract marks REQUIRED."""
    return tuple(
        field.name
        for field in kind.DESCRIPTOR.fields
        if REQUIRED in field.GetOptions().Extensions[field_behavior]
    )


def _anything(value: Any) -> str | None:
    del value
    return None


def is_name(value: str) -> bool:
    """Whether it may name a collection or a pipeline."""
    return _NAME.fullmatch(value) is not None


def _name(value: str) -> str | None:
    if is_name(value):
        return None
    return "must be 1 to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit"


def _within(low: float, high: float) -> Test:
    def test(value: float) -> str | None:
        if math.isfinite(value) and low <= value <= high:
            return None
        return f"must be between {low:,} and {high:,}"

    return test


def _bytes_up_to(limit: int) -> Test:
    return lambda value: None if len(value.encode()) <= limit else f"is over {limit:,} bytes"


def _text_up_to(limit: int) -> Test:
    too_long = _bytes_up_to(limit)
    return lambda value: too_long(value) if value.strip() else "has no visible character"


def _at_most(limit: int) -> Test:
    return lambda value: None if len(value) <= limit else f"is over {limit:,} bytes"


def _not_empty(value: bytes) -> str | None:
    return None if value else "is empty"


def _document_id(value: str) -> str | None:
    if _CONTROL.search(value):
        return "must not hold control characters"
    return None if len(value.encode()) <= 512 else "is over 512 bytes"


def _document_ids(ids: Sequence[str]) -> str | None:
    if len(ids) > MAX_DOCUMENTS:
        return f"has over {MAX_DOCUMENTS:,} items"
    if "" in ids:
        return "holds an empty id"
    return None if len(set(ids)) == len(ids) else "holds an id twice"


def _documents(documents: Sequence[documents_pb.Document]) -> str | None:
    if len(documents) > MAX_DOCUMENTS:
        return f"has over {MAX_DOCUMENTS:,} items"
    ids = [each.id for each in documents if each.id]
    return None if len(set(ids)) == len(ids) else "holds an id twice"


def _frames(frames: Sequence[documents_pb.IngestFrame]) -> str | None:
    return f"has over {MAX_FRAMES:,} items" if len(frames) > MAX_FRAMES else None


def _requests(requests: Sequence[rag_pb.RetrieveRequest]) -> str | None:
    if len(requests) > MAX_BATCH:
        return f"has over {MAX_BATCH:,} items"
    if sum(map(_hits_asked, requests)) > MAX_BATCH_TOP_K:
        return f"asks for over {MAX_BATCH_TOP_K:,} hits (the sum of top_k)"
    return None


def _hits_asked(request: rag_pb.RetrieveRequest) -> int:
    """0 for a top_k out of bounds: that request will be refused by itself."""
    if not request.HasField("top_k"):
        return _DEFAULT_TOP_K
    return request.top_k if 1 <= request.top_k <= MAX_TOP_K else 0


def _job_states(states: Sequence[int]) -> str | None:
    known = jobs_pb.Job.State.values()[1:]
    return None if set(states) <= set(known) else "holds a state that is none"


def _texts(most: int, limit: int) -> Test:
    too_long = _text_up_to(limit)

    def test(values: Sequence[str]) -> str | None:
        if len(values) > most:
            return f"has over {most:,} items"
        if len(set(values)) < len(values):
            return "holds a text twice"
        wrong = next((found for each in values if (found := too_long(each))), None)
        return f"holds a text that {wrong}" if wrong else None

    return test


def _day(value: str) -> str | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return "must be a day as YYYY-MM-DD"
    # What is counted from it ("next century") is to be a date as well.
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        return f"must be of the years {_YEARS[0]} to {_YEARS[1]}"
    return None if value == day.isoformat() else "must be YYYY-MM-DD"


def _known_enum(values: Sequence[int]) -> Test:
    return lambda value: None if value in values else "is unknown to this server"


@dataclass(frozen=True, slots=True)
class _Items:
    """So many messages, each of which is checked by its own rules."""

    least: int
    most: int

    def __call__(self, value: Sequence[Message]) -> str | None:
        if self.least <= len(value) <= self.most:
            return None
        return f"must have {self.least} to {self.most} items"


def _nested(value: Message) -> str | None:
    raise AssertionError(f"{value.DESCRIPTOR.name} is checked by its own rules")


def _one_of(known: Sequence[str]) -> Test:
    wrong = f"must be one of {', '.join(known)}"
    return lambda value: None if value in known else wrong


class _Fields(_Items):
    """The same, each of another field."""

    def __call__(self, value: Sequence[Message]) -> str | None:
        fields = [each.field for each in value]  # type: ignore[attr-defined]  # of one kind
        return super().__call__(value) or _modalities(fields)


class _Texts(_Items):
    """The same, each id once, of so many bytes together."""

    def __call__(self, value: Sequence[Message]) -> str | None:
        texts = cast("Sequence[rag_pb.RerankText]", value)
        if wrong := super().__call__(value):
            return wrong
        if sum(len(f"{each.title}{each.text}".encode()) for each in texts) > MAX_RERANK_BYTES:
            return f"has over {MAX_RERANK_BYTES:,} bytes of texts and titles together"
        ids = {each.id for each in texts}
        return None if len(ids) == len(texts) else "holds an id twice"


def _modalities(values: Sequence[int]) -> str | None:
    if not set(values) <= set(_MODALITIES):
        return "holds a field that is unknown to this server"
    return None if len(set(values)) == len(values) else "holds a field twice"


_MODALITIES = modality_pb2.Modality.values()[1:]
_COLLECTION = Rule("collection", _name)
_JOB = Rule("job_id", _bytes_up_to(64))
_BACKUP = Rule("backup_id", _bytes_up_to(64))
_REQUEST_ID = Rule("request_id", _bytes_up_to(64))
_CONSISTENCY = Rule("consistency", _nested)
_DEPTH = Rule("depth", _within(1, 1_000))
_MAX_TOKENS = Rule("max_tokens", _within(16, MAX_CHUNK_TOKENS))
_PAGE = (Rule("page_size", _within(1, MAX_PAGE)), Rule("page_token", _bytes_up_to(4_096)))

# Messages that mean nothing unless one of their alternatives is set.
_ONE_OF: Mapping[type[Message], str] = {
    pipeline_pb2.Retriever: "strategy",
    pipeline_pb2.Reranker: "strategy",
    rag_pb.Generator: "strategy",
    chunking_pb2.Chunking: "strategy",
    documents_pb.Document: "source",
}

RULES: Mapping[type[Message], Sequence[Rule]] = {
    retrieval_pb2.Consistency: (Rule("at_least_as_fresh", _bytes_up_to(256)),),
    pipeline_pb2.PipelineSpec: (Rule("retriever", _nested), Rule("rerankers", _Items(0, 4))),
    pipeline_pb2.Reranker: tuple(Rule(strategy, _nested) for strategy in RERANKER_SPECS),
    pipeline_pb2.MmrReranker: (Rule("relevance", _within(0, 1)), _DEPTH),
    pipeline_pb2.MaxSimReranker: (Rule("weight", _within(0, 1)), _DEPTH),
    pipeline_pb2.CrossEncoderReranker: (_DEPTH,),
    pipeline_pb2.CustomReranker: (Rule("name", _name), _DEPTH),
    pipeline_pb2.LlmReranker: (Rule("depth", _within(2, 50)),),
    pipeline_pb2.Retriever: tuple(Rule(strategy, _nested) for strategy in RETRIEVER_SPECS),
    pipeline_pb2.DenseRetriever: (Rule("min_score", _within(-1, 1)),),
    pipeline_pb2.LexicalRetriever: (Rule("bigram_weight", _within(0, 10)),),
    pipeline_pb2.SentenceRetriever: (Rule("base", _nested), _DEPTH),
    pipeline_pb2.HybridRetriever: (
        Rule("parts", _Items(2, 8)),
        *(Rule(fusion, _nested) for fusion in FUSION_SPECS),
        _DEPTH,
    ),
    pipeline_pb2.ParentDocumentRetriever: (
        Rule("base", _nested),
        Rule("child_k", _within(1, 1_000)),
        Rule("parent_k", _within(1, 1_000)),
        Rule("expansion", _known_enum(pipeline_pb2.ParentDocumentRetriever.Expansion.values())),
        Rule("merge_ratio", _within(0, 0.999_999)),
        Rule("max_tokens", _within(16, 1_000_000)),
        Rule("mean_of", _within(1, 100)),
    ),
    pipeline_pb2.MultiQueryRetriever: (
        Rule("base", _nested),
        Rule("variants", _within(1, 8)),
        Rule("k", _within(0, 1_000)),
        _DEPTH,
    ),
    pipeline_pb2.CustomRetriever: (Rule("name", _name), Rule("base", _nested)),
    pipeline_pb2.HydeRetriever: (Rule("base", _nested), Rule("passages", _within(1, 8))),
    pipeline_pb2.SelfQueryRetriever: (
        Rule("base", _nested),
        Rule("threshold", _within(0, 1)),
        Rule("boost", _within(0, 1)),
        Rule("understander", _known_enum(pipeline_pb2.SelfQueryRetriever.Understander.values())),
        Rule("today", _day),
    ),
    pipeline_pb2.WeightedRetriever: (
        Rule("retriever", _nested),
        Rule("weight", _within(0.000_001, 1_000)),
    ),
    pipeline_pb2.ReciprocalRankFusion: (Rule("k", _within(0, 1_000)),),
    pipeline_pb2.ConvexCombination: (
        Rule("normalisation", _known_enum(pipeline_pb2.ConvexCombination.Normalisation.values())),
    ),
    pipeline_pb2.MultimodalRetriever: (
        Rule("fields", _Fields(1, len(_MODALITIES))),
        *(Rule(fusion, _nested) for fusion in FUSION_SPECS),
        _DEPTH,
        Rule("base", _nested),
    ),
    pipeline_pb2.WeightedField: (
        Rule("field", _known_enum(_MODALITIES)),
        Rule("weight", _within(0.000_001, 1_000)),
    ),
    rag_pb.RetrieveRequest: (
        _COLLECTION,
        Rule("query", _text_up_to(8_192)),
        Rule("top_k", _within(1, MAX_TOP_K)),
        Rule("pipeline", _bytes_up_to(63)),
        Rule("spec", _nested),
        _CONSISTENCY,
        Rule("image", _at_most(MAX_IMAGE_BYTES)),
    ),
    rag_pb.BatchRetrieveRequest: (Rule("requests", _requests),),
    rag_pb.ValidateFilterRequest: (_COLLECTION,),
    rag_pb.RerankRequest: (
        Rule("query", _text_up_to(8_192)),
        Rule("texts", _Texts(1, MAX_RERANK_TEXTS)),
        Rule("top_k", _within(1, MAX_RERANK_TEXTS)),
        Rule("reranker", _nested),
    ),
    rag_pb.RerankText: (
        Rule("id", _document_id),
        Rule("text", _text_up_to(MAX_RERANK_BYTES)),
        Rule("title", _bytes_up_to(1_024)),
    ),
    rag_pb.QueryRequest: (Rule("retrieval", _nested), Rule("generator", _nested)),
    rag_pb.StreamQueryRequest: (Rule("query", _nested),),
    rag_pb.Generator: (Rule("extractive", _nested), Rule("openai", _nested)),
    rag_pb.ExtractiveGenerator: (Rule("max_sentences", _within(1, 10)),),
    rag_pb.OpenAiGenerator: (
        Rule("max_output_tokens", _within(1, 8_192)),
        Rule("temperature", _within(0, 2)),
    ),
    documents_pb.Document: (
        Rule("id", _document_id),
        Rule("content", _text_up_to(MAX_DOCUMENT_BYTES)),
        Rule("data", _not_empty),
        Rule("content_type", _known_enum(documents_pb.ContentType.values())),
        Rule("title", _bytes_up_to(1_024)),
    ),
    documents_pb.StreamIngestRequest: (Rule("open", _nested), Rule("frames", _frames)),
    documents_pb.IngestOpen: (_COLLECTION,),
    documents_pb.IngestHeader: (
        Rule("document_id", _document_id),
        Rule("content_type", _known_enum(documents_pb.ContentType.values())),
        Rule("title", _bytes_up_to(1_024)),
        Rule("size_bytes", _within(0, math.inf)),
    ),
    documents_pb.UpsertDocumentsRequest: (_COLLECTION, Rule("documents", _documents)),
    documents_pb.GetDocumentRequest: (
        _COLLECTION,
        Rule("document_id", _document_id),
        _CONSISTENCY,
    ),
    documents_pb.DeleteDocumentsRequest: (_COLLECTION, Rule("document_ids", _document_ids)),
    documents_pb.ListDocumentsRequest: (_COLLECTION, *_PAGE, _CONSISTENCY),
    documents_pb.ListChunksRequest: (
        _COLLECTION,
        Rule("document_id", _document_id),
        *_PAGE,
        _CONSISTENCY,
    ),
    collections_pb.CreateCollectionRequest: (
        _COLLECTION,
        Rule("description", _bytes_up_to(1_024)),
        Rule("chunking", _nested),
        Rule("embedder", _bytes_up_to(256)),
        Rule("fields", _modalities),
        Rule("metadata_schema", _nested),
    ),
    collections_pb.UpdateCollectionRequest: (
        _COLLECTION,
        Rule("description", _bytes_up_to(1_024)),
        Rule("metadata_schema", _nested),
    ),
    collections_pb.GetMetadataSchemaRequest: (_COLLECTION, Rule("max_values", _within(0, 1_000))),
    schema_pb.MetadataSchema: (Rule("fields", _Items(0, 64)),),
    schema_pb.MetadataField: (
        Rule("name", _text_up_to(128)),
        Rule("type", _known_enum(schema_pb.FieldType.values()[1:])),
        Rule("description", _bytes_up_to(1_024)),
        Rule("unit", _bytes_up_to(64)),
        Rule("values", _texts(1_000, 256)),
        Rule("aliases", _texts(64, 128)),
        Rule("value_aliases", _Items(0, 1_000)),
    ),
    schema_pb.ValueAliases: (
        Rule("value", _text_up_to(256)),
        Rule("aliases", _texts(64, 128)),
    ),
    chunking_pb2.Chunking: tuple(Rule(strategy, _nested) for strategy in STRATEGIES),
    chunking_pb2.RecursiveChunking: (_MAX_TOKENS,),
    chunking_pb2.SentenceChunking: (_MAX_TOKENS, Rule("overlap", _within(0, 10))),
    chunking_pb2.MarkdownChunking: (_MAX_TOKENS,),
    chunking_pb2.CodeChunking: (_MAX_TOKENS, Rule("language", _one_of(LANGUAGES))),
    chunking_pb2.HierarchicalChunking: (
        _MAX_TOKENS,
        Rule("parent_tokens", _within(16, MAX_CHUNK_TOKENS)),
    ),
    collections_pb.GetCollectionRequest: (_COLLECTION,),
    collections_pb.ListCollectionsRequest: _PAGE,
    collections_pb.DeleteCollectionRequest: (_COLLECTION,),
    collections_pb.ReindexCollectionRequest: (
        _COLLECTION,
        Rule("chunking", _nested),
        Rule("index", _nested),
        Rule("embedder", _bytes_up_to(256)),
        Rule("throttle", _nested),
        _REQUEST_ID,
    ),
    collections_pb.IndexSettings: (
        Rule("ef_construction", _within(1, 2_000)),
        Rule("ef_search", _within(1, 2_000)),
        Rule("max_neighbors", _within(2, 128)),
    ),
    collections_pb.Throttle: (
        Rule("share", _within(0.01, 1)),
        Rule("documents_per_second", _within(0.01, 1_000_000)),
    ),
    admin_pb.CreateBackupRequest: (
        _COLLECTION,
        Rule("base_id", _bytes_up_to(64)),
        _REQUEST_ID,
    ),
    admin_pb.ListBackupsRequest: _PAGE,
    admin_pb.GetBackupRequest: (_BACKUP,),
    admin_pb.DeleteBackupRequest: (_BACKUP,),
    admin_pb.VerifyBackupRequest: (_BACKUP, _REQUEST_ID),
    admin_pb.RestoreBackupRequest: (_BACKUP, _COLLECTION, Rule("name", _name), _REQUEST_ID),
    jobs_pb.GetJobRequest: (_JOB,),
    jobs_pb.ListJobsRequest: (
        Rule("kind", _name),
        _COLLECTION,
        Rule("states", _job_states),
        *_PAGE,
    ),
    jobs_pb.WatchJobRequest: (_JOB,),
    jobs_pb.CancelJobRequest: (_JOB,),
}


def _plan(kind: type[Message], rules: Sequence[Rule]) -> tuple[tuple[str, bool, bool, Test], ...]:
    """(field, whether it has presence, whether it is required, its test), as in the contract."""
    tests = {rule.field: rule.test for rule in rules}
    needed = required(kind)
    return tuple(
        (field.name, field.has_presence, field.name in needed, tests.get(field.name, _anything))
        for field in kind.DESCRIPTOR.fields
        if field.name in needed or field.name in tests
    )


# Worked out once: this is done for every message.
_PLANS = {kind: _plan(kind, rules) for kind, rules in RULES.items()}
