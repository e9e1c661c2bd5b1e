"""What a question may ask for, beyond its words."""

from dataclasses import dataclass
from os import PathLike

from rag_client.filters import Filter
from rag_client.types.pipelines import PipelineSpec


@dataclass(frozen=True, slots=True)
class ExtractiveGenerator:
    """Quotes sentences of the hits word for word; `max_sentences` 1 to 10, server default 3."""

    max_sentences: int | None = None


@dataclass(frozen=True, slots=True)
class OpenAiGenerator:
    """Asks the server's OpenAI-compatible model. `max_output_tokens` 1 to 8,192,
    `temperature` 0 to 2; None: the server's settings."""

    max_output_tokens: int | None = None
    temperature: float | None = None


Generator = ExtractiveGenerator | OpenAiGenerator


@dataclass(frozen=True, slots=True)
class RetrieveRequest:
    """One question to one collection.

    `top_k` 1 to 1,000, server default 10. At most one of `pipeline` (a name that
    `server_info` lists) and `spec`; neither: the pipeline "default".
    `at_least_as_fresh` is the consistency token of a write that the read must see.
    `explain` adds the candidate funnel to the result. `image`, the bytes of a PNG, JPEG, WebP or
    GIF or the path of one (8 MiB at most), is for a MultimodalRetriever with the field IMAGE;
    `query` may then be empty, except to get an answer.
    """

    collection: str
    query: str = ""
    top_k: int | None = None
    filter: Filter | None = None
    pipeline: str | None = None
    spec: PipelineSpec | None = None
    at_least_as_fresh: str | None = None
    explain: bool = False
    image: bytes | str | PathLike[str] | None = None
