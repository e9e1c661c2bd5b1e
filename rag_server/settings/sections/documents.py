"""How documents become chunks with vectors."""

from typing import Literal

from pydantic import Field

from rag_server.settings.sections.base import LocalPath, Seconds, Section


class Embedder(Section):
    """The model that turns text into vectors."""

    name: str = Field(
        default="minilm", min_length=1, description="Embedder, by its name in the table."
    )
    query_cache_size: int = Field(
        default=4_096,
        ge=0,
        le=10_000_000,
        description="Vectors of questions kept in memory; 0 keeps none.",
    )


class Images(Section):
    """How images become vectors, for collections that have the field."""

    embedder: str = Field(
        default="histogram",
        min_length=1,
        description="Image embedder, by its name in the table: `histogram` (colours and edges) or "
        "`open_clip` (extra `clip`, and `images.model`).",
    )
    model: LocalPath | None = Field(
        default=None,
        description="Directory of the model of `open_clip`: `open_clip_config.json` and weights.",
    )
    memory_bytes: int = Field(
        default=256 * 2**20,
        ge=0,
        le=2**40,
        description="Memory for vectors of images and tables, in bytes; what does not fit is read "
        "from the catalog each time.",
    )


class Parsing(Section):
    """What one document may cost; one that costs more fails by itself (`PARSING_LIMIT`)."""

    max_input_bytes: int = Field(
        default=32 * 2**20,
        ge=4 * 2**20,
        le=2**30,
        description="Largest document as the bytes of a file, in bytes.",
    )
    max_text_bytes: int = Field(
        default=4 * 2**20,
        ge=4 * 2**20,
        le=64 * 2**20,
        description="Most text that is made of a file, in bytes.",
    )
    processes: int = Field(
        default=2,
        ge=1,
        le=64,
        description="Processes that parse HTML, PDF, DOCX, CSV, JSON lines and images at the same "
        "time.",
    )
    timeout_seconds: Seconds = Field(
        default=30.0, description="Longest time that parsing one document may take, in seconds."
    )
    max_memory_bytes: int = Field(
        default=2**30,
        ge=256 * 2**20,
        le=64 * 2**30,
        description="Address space of a process that parses, in bytes.",
    )


class Chunking(Section):
    """How the documents of a collection are cut that says nothing else when it is created."""

    strategy: Literal["recursive", "sentence", "markdown", "code", "hierarchical"] = Field(
        default="recursive",
        description="Chunking strategy of new collections; `code` needs the extra `documents`.",
    )
    max_tokens: int = Field(
        default=200,
        ge=16,
        le=8_192,
        description="Longest chunk of new collections, in tokens of the embedder, whose window "
        "bounds it too.",
    )


class Streaming(Section):
    """How much streams of documents may hold in memory."""

    max_streams: int = Field(
        default=8,
        ge=1,
        le=1_000,
        description="Streams of documents at a time; further ones get RESOURCE_EXHAUSTED.",
    )
    window_bytes: int = Field(
        default=8 * 2**20,
        ge=2 * 2**20,
        le=1_024 * 2**20,
        description="Bytes that one stream may have sent and not yet have answered; a larger "
        "document travels alone.",
    )
    window_items: int = Field(
        default=1_024,
        ge=1,
        le=100_000,
        description="Documents that one stream may have sent and not yet have answered.",
    )
    idle_seconds: Seconds = Field(
        default=300.0,
        description="Silence after which a stream of documents is ended, in seconds; its client "
        "opens another one when there is more.",
    )
