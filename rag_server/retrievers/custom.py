"""Retrieval by a plug-in."""

from collections.abc import Mapping

from rag_server.core.call import Call
from rag_server.core.protocols import Retriever, Search
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import CustomSpec
from rag_server.retrievers.plugins import RetrieverPlugin, check


class CustomRetriever:
    """Hands a search to the plug-in that its spec names, once its parameters are checked."""

    def __init__(
        self, plugins: Mapping[str, RetrieverPlugin], made: Mapping[str, Retriever]
    ) -> None:
        self._plugins = plugins
        self._made = made

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        """As the plug-in does, never more than `search.limit`."""
        spec = search.spec
        assert isinstance(spec, CustomSpec)
        check(spec, self._plugins)
        return self._made[spec.name].retrieve(search, call)[: search.limit]
