"""The shipped pipelines by name."""

from collections.abc import Mapping

from rag_server.core.retrieval import DenseSpec, PipelineSpec

SHIPPED: Mapping[str, PipelineSpec] = {
    "default": PipelineSpec(
        DenseSpec(), name="default", description="Nearest chunks by cosine of the embedding."
    ),
}
