import pytest
from ragrpc_quoted import QuotedReranker  # type: ignore[import-not-found]  # once it is installed

from rag_server.core.protocols import Reranker
from rag_server.core.specs import CustomRerankSpec
from rag_server.testing import RerankerContract


class TestQuoted(RerankerContract):
    @pytest.fixture
    def reranker(self) -> Reranker:
        made: Reranker = QuotedReranker()
        return made

    @pytest.fixture
    def spec(self) -> CustomRerankSpec:
        return CustomRerankSpec("quoted", {"weight": 2.0})
