"""What other packages bring."""

from collections.abc import Mapping
from dataclasses import dataclass

from rag_server.core.specs import PipelineSpec
from rag_server.rerankers import plugins as rerankers
from rag_server.rerankers.plugins import RerankerPlugin
from rag_server.retrievers import plugins as retrievers
from rag_server.retrievers.plugins import RetrieverPlugin


@dataclass(frozen=True, slots=True)
class Plugins:
    """All that are installed beside the server, by name."""

    retrievers: Mapping[str, RetrieverPlugin]
    rerankers: Mapping[str, RerankerPlugin]

    def check(self, pipeline: PipelineSpec) -> None:
        """Raises NotFound where a strategy is of no plug-in, InvalidRequest where it takes no
        such parameters."""
        retrievers.check(pipeline.retriever, self.retrievers)
        for each in pipeline.rerankers:
            rerankers.check(each, self.rerankers)


def installed_plugins() -> Plugins:
    """Raises PreconditionFailed for one that cannot be used."""
    return Plugins(retrievers.GROUP.installed(), rerankers.GROUP.installed())
