"""Texts of the caller's own, put in order: embed -> rank -> rerank. No collection is read."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag_server.core.call import Call
from rag_server.core.given import GivenText, GivenTexts
from rag_server.core.principal import Role
from rag_server.core.protocols import Reranker, Workers
from rag_server.core.question import AskedQuestion, PassageEncoder
from rag_server.core.refinement import Refinement
from rag_server.core.retrieval import Candidate, Degradation, Timing, Usage
from rag_server.core.specs import (
    CrossEncoderSpec,
    CustomRerankSpec,
    LlmRerankSpec,
    RerankerSpec,
)

# Strategies for which the score of before is nothing, or need not be, so that no text is embedded
# for them unless they ask for vectors.
_READERS = (CrossEncoderSpec, LlmRerankSpec, CustomRerankSpec)


@dataclass(frozen=True, slots=True)
class RerankRequest:
    """At least one text, each id once, in the order of the caller; `top_k` None: all of them;
    `reranker` None: the default."""

    query: str
    texts: Sequence[GivenText]
    top_k: int | None = None
    reranker: RerankerSpec | None = None


@dataclass(frozen=True, slots=True)
class RerankedTexts:
    """Best first; a candidate's row is the place of its text in the request, its `chunk_id` the
    id. `embedder` is empty where none was asked."""

    texts: Sequence[Candidate]
    embedder: str
    timings: Sequence[Timing]
    usage: Usage
    degradations: Sequence[Degradation]
    query_embedding_hit: bool


class RerankPath:
    """Orders what callers bring."""

    def __init__(
        self,
        *,
        embedder: str,
        encoder: PassageEncoder,
        reranker: Reranker,
        default: RerankerSpec | None,
        workers: Workers,
        assisted: Workers,
    ) -> None:
        """`encoder` is of the embedder of that name; `default` None: texts are ordered by the
        cosine alone, unless the call names a reranker; `assisted` are the threads of calls that
        wait for a language model, `workers` those of others, whose texts take a while to embed."""
        self._embedder = embedder
        self._encoder = encoder
        self._reranker = reranker
        self._default = default
        self._workers = workers
        self._assisted = assisted

    async def rerank(self, request: RerankRequest, call: Call) -> RerankedTexts:
        """The best `top_k`. Raises PreconditionFailed where the server is not set up for the
        reranker, DeadlineExceeded where the texts cannot be embedded in time."""
        call.principal.require(Role.READER)
        asks = isinstance(request.reranker, LlmRerankSpec)
        workers = self._assisted if asks else self._workers
        return await workers.run(lambda: self._reranked(request, call), call.deadline)

    def _reranked(self, request: RerankRequest, call: Call) -> RerankedTexts:
        texts = GivenTexts(request.texts, self._encoder, call)
        question = AskedQuestion(request.query, self._encoder, call)
        spec = request.reranker or self._default
        given = isinstance(spec, _READERS)
        found = texts.as_given() if given else texts.by_cosine(question)
        # All are looked at: who sends a text wants to know its place.
        refinement = Refinement((spec,) if spec else (), len(found), lenient=False)
        ranked = refinement.refined(self._reranker, question, texts, found, call)
        used = call.usage
        asked = question.cached or used.query_embeddings or used.text_embeddings
        return RerankedTexts(
            texts=ranked[: request.top_k],
            embedder=self._embedder if asked else "",
            timings=call.timings(),
            usage=used,
            degradations=tuple(call.degradations),
            query_embedding_hit=question.cached,
        )
