"""What happens to candidates after they were found: each reranker of a pipeline in turn."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag_server.core.call import Call
from rag_server.core.errors import DeadlineExceeded, PreconditionFailed, Unavailable
from rag_server.core.protocols import Contents, Question, Reranker, Reranking
from rag_server.core.retrieval import Candidate, DegradationKind
from rag_server.core.specs import RERANKER_NAMES, RerankerSpec

# Of the time that is left, what a reranker leaves to the others, to reading and to answering.
_RESERVED_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Refinement:
    """How found candidates become the hits of a call. `lenient`: what the server or the
    collection is not set up for is left out, which `explain` tells."""

    rerankers: Sequence[RerankerSpec]
    top_k: int
    lenient: bool

    @property
    def width(self) -> int:
        """Candidates that are worth finding."""
        return max(self.top_k, *(each.depth for each in self.rerankers), 1)

    def refined(
        self,
        reranker: Reranker,
        question: Question,
        contents: Contents,
        found: Sequence[Candidate],
        call: Call,
    ) -> Sequence[Candidate]:
        """At most `top_k`, in the order of the last reranker that served; one that cannot is
        skipped and reported. Raises PreconditionFailed unless lenient."""
        for number, spec in enumerate(self.rerankers):
            given = found[: max(self.top_k, spec.depth)]
            wanted = max([self.top_k, *(each.depth for each in self.rerankers[number + 1 :])])
            asked = Reranking(question, contents, given, min(wanted, len(given)), spec)
            found = self._reranked(reranker, asked, call) if given else given
        return found[: self.top_k]

    def _reranked(self, reranker: Reranker, asked: Reranking, call: Call) -> Sequence[Candidate]:
        name = RERANKER_NAMES[type(asked.spec)]
        reserve = _RESERVED_SHARE * call.deadline.remaining()
        try:
            with call.stage("rerank", name), call.leaving(reserve):
                reranked = reranker.rerank(asked, call)
        except (Unavailable, DeadlineExceeded) as error:
            return self._skipped(asked, name, error, call)
        except PreconditionFailed as error:
            if not self.lenient:
                raise
            # The same in every call, and nothing that the caller can change: no degradation.
            call.narrow("left_out", len(asked.candidates), f"{name}: {error}")
            return asked.candidates
        call.narrow("reranked", len(reranked), name)
        return reranked

    def _skipped(
        self, asked: Reranking, name: str, error: Exception, call: Call
    ) -> Sequence[Candidate]:
        call.degrade(DegradationKind.RERANKER_SKIPPED, "rerank", f"{name}: {error}")
        return asked.candidates
