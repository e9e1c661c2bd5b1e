"""How questions are answered."""

from typing import Literal

from pydantic import Field, SecretStr

from rag_server.settings.sections.base import LocalPath, Seconds, Section


class Retrieval(Section):
    """How candidates are found."""

    default_pipeline: str = Field(
        default="default", min_length=1, description="Pipeline of a call that names none."
    )
    pipelines_file: LocalPath | None = Field(
        default=None,
        description="YAML file of named pipelines, beside the shipped ones or in place of those of "
        "the same name.",
    )
    exact_scan_limit: int = Field(
        default=2_000,
        ge=0,
        le=1_000_000,
        description="Chunks that may pass a filter and still be scored exactly, one by one; with "
        "more of them the vector index is searched, unless it would have to give so many "
        "neighbours that scoring vectors in memory is quicker.",
    )
    tail_limit: int = Field(
        default=2_000,
        ge=0,
        le=1_000_000,
        description="Chunks not yet in the vector index that a read scores exactly instead of "
        "waiting for it.",
    )
    model_timeout_seconds: Seconds = Field(
        default=5.0,
        description="Longest wait for the language model while candidates are found, in seconds; "
        "at most half of the time that the call has left. Without its answer they are found "
        "without it.",
    )


class Resident(Section):
    """What is kept in memory of collections."""

    memory_bytes: int = Field(
        default=2**30,
        ge=0,
        le=2**40,
        description="Vectors of all collections together that are kept in memory, in bytes; "
        "those of the collection that was asked for last come first, others are read from the "
        "catalog. Metadata is always in memory and not counted.",
    )


class Reranking(Section):
    """Models that order what was found anew."""

    cross_encoder_directory: LocalPath | None = Field(
        default=None,
        description="Directory with `model.onnx` (weights included) and `tokenizer.json` of a "
        "cross-encoder, for the reranker `cross_encoder`; read at start, never fetched.",
    )
    cross_encoder_sha256: str | None = Field(
        default=None,
        pattern="^[0-9a-fA-F]{64}$",
        description="What that `model.onnx` must hash to (SHA-256, hexadecimal); unset: not "
        "checked.",
    )


class Generation(Section):
    """Who writes answers."""

    default: Literal["extractive", "openai"] = Field(
        default="extractive", description="Generator of a call that names none."
    )


class OpenAi(Section):
    """The OpenAI-compatible generator; usable once `openai.model` is set."""

    base_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+",
        description="Base URL of the API, up to and with `/v1`; unset: the provider's own.",
    )
    api_key: SecretStr | None = Field(
        default=None, description="API key, never shown; needed unless `openai.base_url` is set."
    )
    model: str | None = Field(
        default=None, min_length=1, description="Model name that is requested."
    )
    temperature: float = Field(default=0.0, ge=0, le=2, description="Sampling temperature.")
    max_output_tokens: int = Field(
        default=512, ge=1, le=131_072, description="Longest answer, in tokens of the model."
    )
    context_tokens: int = Field(
        default=4_096,
        ge=256,
        le=10_000_000,
        description="Context window, in tokens of the model: prompt and answer fit into it.",
    )
    timeout_seconds: Seconds = Field(
        default=60.0,
        description="Longest wait for the model, in seconds; the deadline may be shorter.",
    )
