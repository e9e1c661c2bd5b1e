"""Cross-encoder: a model reads question and text together and says how well they fit."""

from rag_server.core.call import Call
from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.core.protocols import PairScorer, Reranking
from rag_server.core.ranking import ranked
from rag_server.core.retrieval import Candidate
from rag_server.rerankers import passages

_SETTING = "reranking.cross_encoder_directory"


class CrossEncoderReranker:
    """The score is the model's, 0 to 1; what came before does not count."""

    def __init__(self, scorer: PairScorer | None) -> None:
        """`scorer` None: the server has no such model."""
        self._scorer = scorer

    def rerank(self, reranking: Reranking, call: Call) -> list[Candidate]:
        """Without those that were purged meanwhile. Raises PreconditionFailed without a model."""
        if self._scorer is None:
            raise PreconditionFailed(
                f"this server has no cross-encoder: set {_SETTING}",
                Reason.RERANKER_NOT_CONFIGURED,
                {"setting": _SETTING},
            )
        present = passages.read(reranking)
        texts = [text for _, text in present]
        scores = self._scorer.scores(reranking.question.text, texts, call.deadline)
        pairs = ((each, score) for (each, _), score in zip(present, scores, strict=True))
        return ranked("cross_encoder", pairs, reranking.limit)
