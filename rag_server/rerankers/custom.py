"""Reranking by a plug-in."""

from collections.abc import Mapping

from rag_server.core.call import Call
from rag_server.core.protocols import Reranking
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import CustomRerankSpec
from rag_server.rerankers.plugins import RerankerPlugin, check


class CustomReranker:
    """Hands candidates to the plug-in that the spec names, once its parameters are checked."""

    def __init__(self, plugins: Mapping[str, RerankerPlugin]) -> None:
        self._plugins = plugins
        self._made = {name: plugin.make() for name, plugin in plugins.items()}

    def rerank(self, reranking: Reranking, call: Call) -> list[Candidate]:
        """As the plug-in does, never more than `reranking.limit`, and none but those given."""
        spec = reranking.spec
        assert isinstance(spec, CustomRerankSpec)
        check(spec, self._plugins)
        # Hits are read by row, whosever they are: what was not given may be another tenant's.
        given = {each.row for each in reranking.candidates}
        ranked = self._made[spec.name].rerank(reranking, call)
        return [each for each in ranked if each.row in given][: reranking.limit]
