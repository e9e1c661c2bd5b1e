"""The query path, top to bottom: plan -> pin -> embed -> retrieve -> rerank -> read, and for an
answer -> generate -> cite -> check.

Everything up to the hits is synchronous and runs in one worker thread (one hop);
only the writing of an answer is asynchronous.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from collections.abc import Collection as Names
from contextlib import aclosing
from dataclasses import replace
from time import perf_counter
from typing import TypeVar

from rag_server.core.call import Call
from rag_server.core.content import Pixels
from rag_server.core.context import with_sentences
from rag_server.core.documents import Collection
from rag_server.core.draft import Draft
from rag_server.core.errors import NotFound, PreconditionFailed, RagError, Reason, Unavailable
from rag_server.core.filters import conjunction
from rag_server.core.principal import Role
from rag_server.core.protocols import (
    Catalog,
    Citer,
    Generator,
    Reranker,
    Retriever,
    Search,
    Workers,
)
from rag_server.core.question import AskedQuestion, Encoder
from rag_server.core.refinement import Refinement
from rag_server.core.retrieval import (
    AbstainReason,
    Answer,
    Candidate,
    Degradation,
    Event,
    GeneratorSpec,
    Hit,
    HitsFound,
    Provenance,
    QueryRequest,
    Retrieval,
    RetrieveRequest,
    RetrieveResult,
    Started,
)
from rag_server.core.shown import QuestionImages, check_shown
from rag_server.core.specs import PipelineSpec, asks_model
from rag_server.core.tokens import revision_of

T = TypeVar("T")

# A batch keeps this many of its requests going, so that it leaves room for others.
_BATCH_PARALLELISM = 2


class QueryPath:
    """Answers questions: retrieve, batch, query and stream all go through `_search`."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        encoders: Mapping[str, Encoder],
        retriever: Retriever,
        reranker: Reranker,
        pipelines: Mapping[str, PipelineSpec],
        default_pipeline: str,
        generators: Mapping[type, Generator],
        default_generator: GeneratorSpec,
        citer: Citer,
        reads: Workers,
        assisted: Workers,
        images: QuestionImages,
    ) -> None:
        """`assisted` are the threads of retrievals that may wait for a language model, `reads`
        those of all others."""
        self._catalog = catalog
        self._encoders = encoders
        self._retriever = retriever
        self._reranker = reranker
        self._pipelines = pipelines
        self._default_pipeline = default_pipeline
        self._generators = generators
        self._default_generator = default_generator
        self._citer = citer
        self._reads = reads
        self._assisted = assisted
        self._images = images

    async def retrieve(self, request: RetrieveRequest, call: Call) -> Retrieval:
        """The chunks that fit the question best."""
        call.principal.require(Role.READER)
        image = await self._image(request, call)

        def work() -> Retrieval:
            pinned = self._pin(request, call)
            question = AskedQuestion(request.query, self._encoder(pinned), call)
            return self._search(request, pinned, question, image, call)

        return await self._workers(request).run(work, call.deadline)

    async def batch(
        self, requests: Sequence[RetrieveRequest | RagError], call: Call
    ) -> list[RetrieveResult]:
        """One result per request, in order; an error in place of a request is its result."""
        call.principal.require(Role.READER)
        slots = asyncio.Semaphore(_BATCH_PARALLELISM)

        async def one(request: RetrieveRequest | RagError) -> RetrieveResult:
            if isinstance(request, RagError):
                return RetrieveResult(error=request)
            async with slots:
                try:
                    return RetrieveResult(await self.retrieve(request, call.fork()))
                except RagError as error:
                    return RetrieveResult(error=error)
                except Exception as error:
                    # A defect met by one request must not fail its neighbours.
                    call.telemetry.failed("batch", error)
                    return RetrieveResult(error=RagError("the request could not be processed"))

        return list(await asyncio.gather(*map(one, requests)))

    async def query(self, request: QueryRequest, call: Call) -> Answer:
        """The whole answer at once: the last event of the stream."""
        async with aclosing(self.stream(request, call)) as events:
            async for event in events:
                if isinstance(event, Answer):
                    return event
        raise AssertionError("a stream of an answer ends with the Answer")

    async def stream(self, request: QueryRequest, call: Call) -> AsyncGenerator[Event, None]:
        """The answer as events; the Answer comes last and is authoritative."""
        call.principal.require(Role.READER)
        spec = request.generator or self._default_generator
        generator = self._generator(spec)
        image = await self._image(request.retrieval, call)

        pinned = await self._reads.run(lambda: self._pin(request.retrieval, call), call.deadline)
        question = AskedQuestion(request.retrieval.query, self._encoder(pinned), call)
        yield Started(call.request_id, pinned.revision)

        found = await self._workers(request.retrieval).run(
            lambda: self._context(request.retrieval, pinned, question, image, call), call.deadline
        )
        yield HitsFound(found.hits)

        draft = Draft(found.hits, self._citer, self._catalog.reader, pinned.view)
        if not found.hits:
            draft.decline(AbstainReason.NO_HITS)
        else:
            async with aclosing(self._write(draft, generator, question, spec, call)) as events:
                async for event in events:
                    yield event
        yield draft.answer(self._report(found, question, call, generator.name))

    async def _write(
        self,
        draft: Draft,
        generator: Generator,
        question: AskedQuestion,
        spec: GeneratorSpec,
        call: Call,
    ) -> AsyncGenerator[Event, None]:
        """Generate, and settle every statement (cite and check it) once it is finished."""
        began = perf_counter()
        async with aclosing(generator.generate(question, draft.hits, spec, call)) as pieces:
            async for piece in pieces:
                call.spent("generate", perf_counter() - began)
                if isinstance(piece, AbstainReason):
                    draft.decline(piece)
                else:
                    yield piece
                    if not isinstance(piece, Degradation) and draft.add(piece.text):
                        for event in await self._settle(draft, call):
                            yield event
                began = perf_counter()
        call.spent("generate", perf_counter() - began)
        draft.finish()
        for event in await self._settle(draft, call):
            yield event

    async def _settle(self, draft: Draft, call: Call) -> list[Event]:
        def work() -> list[Event]:
            with call.stage("check"):
                return draft.settle()

        return await self._reads.run(work, call.deadline)

    async def _image(self, request: RetrieveRequest, call: Call) -> Pixels | None:
        """What the question shows, if anything."""
        check_shown(request, self._plan(request.plan))
        return await self._images.read(request.image, call)

    def _context(
        self,
        request: RetrieveRequest,
        pinned: Collection,
        question: AskedQuestion,
        image: Pixels | None,
        call: Call,
    ) -> Retrieval:
        """What was found, with the sentences that an answer is made of and checked against."""
        found = self._search(request, pinned, question, image, call)
        with call.stage("read"):
            hits = with_sentences(self._catalog.chunks, found.hits, question.vector())
        return replace(found, hits=hits)

    def _search(
        self,
        request: RetrieveRequest,
        pinned: Collection,
        question: AskedQuestion,
        image: Pixels | None,
        call: Call,
    ) -> Retrieval:
        plan = self._plan(request.plan)
        # Whoever names a pipeline did not choose its parts.
        named = isinstance(request.plan, str)
        refinement = Refinement(plan.rerankers, request.top_k, lenient=named)
        search = Search(
            view=pinned.view,
            question=question,
            limit=refinement.width,
            filter=conjunction(call.principal.filter, request.filter),
            spec=plan.retriever,
            image=image,
            fields=pinned.settings.fields,
            embedder=pinned.embedder,
        )
        with call.stage("search", plan.name):
            found = self._retriever.retrieve(search, call)
        contents = self._catalog.chunks
        candidates = refinement.refined(self._reranker, question, contents, found, call)
        with call.stage("read"):
            hits = self._read(candidates)
        call.narrow("returned", len(hits))
        if hits:
            call.telemetry.found(hits[0].score)
        provenance = Provenance(pinned.embedder, pinned.generation, pinned.revision, plan.name)
        return self._report(Retrieval(hits, provenance), question, call)

    def _pin(self, request: RetrieveRequest, call: Call) -> Collection:
        """The collection as this whole call sees it, at least as fresh as was asked."""
        pinned = self._catalog.collections.get(call.principal.tenant, request.collection)
        if request.consistency_token:
            fresh_enough(pinned, request.consistency_token)
        return pinned

    def _encoder(self, pinned: Collection) -> Encoder:
        """That of the model which made the vectors of the generation."""
        return known_embedder(pinned.embedder, self._encoders)

    def _plan(self, plan: str | PipelineSpec) -> PipelineSpec:
        if isinstance(plan, PipelineSpec):
            return plan
        try:
            return self._pipelines[plan or self._default_pipeline]
        except KeyError:
            known = ", ".join(sorted(self._pipelines))
            raise NotFound(
                f"there is no pipeline of that name; there are: {known}",
                Reason.PIPELINE_NOT_FOUND,
            ) from None

    def _workers(self, request: RetrieveRequest) -> Workers:
        """The threads of a retrieval: a slow model must not take those of the others."""
        return self._assisted if asks_model(self._plan(request.plan)) else self._reads

    def _generator(self, spec: GeneratorSpec) -> Generator:
        try:
            return self._generators[type(spec)]
        except KeyError:
            raise PreconditionFailed(
                "this server has no language model configured; ask for the extractive generator",
                Reason.GENERATOR_NOT_CONFIGURED,
            ) from None

    def _read(self, candidates: Sequence[Candidate]) -> list[Hit]:
        unread = [each.row for each in candidates if each.chunk is None]
        read = self._catalog.chunks.read(unread)
        pairs = [(each, each.chunk or read.get(each.row)) for each in candidates]
        return [
            Hit(chunk, each.score, each.stages, each.members, each.matched)
            for each, chunk in pairs
            if chunk is not None
        ]

    def _report(
        self, found: Retrieval, question: AskedQuestion, call: Call, generator: str = ""
    ) -> Retrieval:
        """The same hits with what the call has cost so far."""
        paths = tuple(dict.fromkeys(call.paths))
        return Retrieval(
            hits=found.hits,
            provenance=replace(found.provenance, generator=generator, served_by=paths),
            timings=call.timings(),
            usage=call.usage,
            degradations=tuple(call.degradations),
            query_embedding_hit=question.cached,
            funnel=tuple(call.funnel),
            understanding=call.understanding,
        )


def served(embedder: str, known: Names[str]) -> None:
    """Raise NotFound unless the server runs an embedder of that name."""
    if embedder not in known:
        names = ", ".join(sorted(known))
        raise NotFound(
            f"this server has no embedder {embedder}; it has: {names}",
            Reason.EMBEDDER_NOT_FOUND,
            {"embedders": names},
        )


def known_embedder(name: str, known: Mapping[str, T]) -> T:
    """What belongs to the model that made a collection's vectors. Raises PreconditionFailed
    where the server does not run it."""
    try:
        return known[name]
    except KeyError:
        served = ", ".join(sorted(known))
        raise PreconditionFailed(
            f"the collection was embedded with {name}, this server runs {served}",
            Reason.EMBEDDER_MISMATCH,
            {"collection": name, "server": served},
        ) from None


def fresh_enough(collection: Collection, token: str) -> None:
    """Raise Unavailable unless the collection has reached the revision of the token."""
    if revision_of(token, collection.view) > collection.revision:
        raise Unavailable(
            "this server has not yet seen the write that the consistency token names",
            Reason.INDEX_BEHIND,
        )
