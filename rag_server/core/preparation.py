"""What happens to one document before it is committed: parse -> chunk -> embed what is new."""

import asyncio
import json
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from rag_server.core.call import Call
from rag_server.core.content import Mark, Parsed
from rag_server.core.documents import (
    Build,
    Document,
    Embedding,
    NewChunk,
    NewDocument,
    NewVector,
    Outcome,
    OutcomeKind,
    Passage,
    Piece,
    Unbuilt,
    Vector,
)
from rag_server.core.errors import InvalidRequest, Violation
from rag_server.core.field_vectors import FieldVectors, Wanted, digest
from rag_server.core.pages import pieces_by_page
from rag_server.core.protocols import (
    Chunker,
    Embedder,
    EmbeddingStore,
    Parsing,
    Workers,
)
from rag_server.core.values import Span

T = TypeVar("T")
R = TypeVar("R")

# Chunks embedded per job: small enough that two threads share a page and that a
# deadline is noticed within a fraction of a second.
_EMBED_GROUP = 3
# Groups of one document that are in the pool at the same time: a long document must
# neither fill the queue nor keep others from it.
_GROUPS_AT_ONCE = 4
# As the contract says of titles that callers give.
_TITLE_BYTES = 1_024


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to be committed, and how many of its chunks were embedded for it."""

    document: NewDocument
    embedded: int

    def outcome(self, kind: OutcomeKind) -> Outcome:
        """The outcome once the commit said what it was."""
        return Outcome(self.document.id, kind, len(self.document.chunks), self.embedded)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A chunk that still lacks its embedding, which `key` names."""

    id: str
    text: str
    piece: Piece
    key: bytes


class Preparation:
    """Parses, chunks and embeds documents in the pool of writes."""

    def __init__(
        self,
        *,
        parsing: Parsing,
        chunker: Chunker,
        embedder: Embedder,
        embeddings: EmbeddingStore,
        writes: Workers,
        fields: Sequence[FieldVectors[Any]] = (),
    ) -> None:
        """`fields` that the collection has beside its chunks."""
        self._fields = fields
        self._parsing = parsing
        self._chunker = chunker
        self._embedder = embedder
        self._embeddings = embeddings
        self._writes = writes
        self._recipe = digest(chunker.fingerprint.encode(), embedder.fingerprint.encode())

    @property
    def recipe(self) -> bytes:
        """Changes whenever chunks or vectors of the same document may change."""
        return self._recipe

    def fingerprint(self, document: Document) -> bytes:
        """Equal for two documents of one id only if the same is stored of both."""
        said = fingerprint_of(document)
        for field in self._fields:
            if field.reads(document.content_type):
                said = digest(said, field.fingerprint.encode())
        return said

    async def prepare(self, document: Document, fingerprint: bytes, call: Call) -> Prepared:
        """Everything but the commit. Raises InvalidRequest when no text is left."""
        own = call.fork()
        parsed = _worded(await self._parsing.parse(document, own), document)

        def cut() -> tuple[list[_Cut], dict[bytes, Embedding]]:
            with own.stage("chunk"):
                return self._cut(call.principal.tenant, document, parsed)

        cuts, known = await self._writes.run(cut, call.deadline)
        call.absorb(own)
        missing = [cut for cut in cuts if cut.key not in known]
        known.update(await self._embed_all(missing, parsed.title, call))
        chunks = [cut.piece.span for cut in cuts]
        vectors = [
            vector
            for field in self._fields
            if field.reads(document.content_type)
            for vector in await self._vectors(field, parsed, chunks, call)
        ]
        call.telemetry.reached("ingest.embedded")
        stored = NewDocument(
            id=document.id,
            text=parsed.text,
            content_type=document.content_type,
            title=parsed.title,
            metadata=document.metadata,
            fingerprint=fingerprint,
            recipe=self._recipe,
            chunks=[_new_chunk(i, cut, known[cut.key], parsed.marks) for i, cut in enumerate(cuts)],
            vectors=vectors,
        )
        return Prepared(stored, len(missing))

    def rebuild(self, tenant: str, document: Unbuilt, check: Callable[[], None]) -> Build:
        """The same for a document that is stored, in the current thread; `check` is called
        every few chunks."""
        parsed = Parsed(document.text, document.title, document.marks)
        cuts, known = self._cut(tenant, document, parsed)
        missing = [cut for cut in cuts if cut.key not in known]
        for start in range(0, len(missing), _EMBED_GROUP):
            check()
            group = missing[start : start + _EMBED_GROUP]
            passages = [Passage(parsed.title, cut.text, cut.piece.sentences) for cut in group]
            embeddings = self._embedder.embed_passages(passages)
            known.update((cut.key, each) for cut, each in zip(group, embeddings, strict=True))
        chunks = [_new_chunk(i, cut, known[cut.key], parsed.marks) for i, cut in enumerate(cuts)]
        return Build(document.row, self._recipe, chunks)

    async def _vectors(
        self, field: FieldVectors[Any], parsed: Parsed, chunks: Sequence[Span], call: Call
    ) -> list[NewVector]:
        """Those of a field beside the chunks; what was embedded before is not embedded again."""
        tenant = call.principal.tenant

        def known() -> tuple[list[Wanted[Any]], dict[bytes, Vector]]:
            wanted = field.wanted(tenant, parsed, chunks)
            found = self._embeddings.known([each.key for each in wanted])
            return wanted, {key: each.vector for key, each in found.items()}

        wanted, vectors = await self._writes.run(known, call.deadline)
        missing = {each.key: each.source for each in wanted if each.key not in vectors}
        made = await self._in_groups(list(missing.values()), field.embed, call)
        vectors.update(zip(missing, made, strict=True))
        return [
            NewVector(field.modality, each.span, each.key, vectors[each.key]) for each in wanted
        ]

    def _cut(
        self, tenant: str, document: Document | Unbuilt, parsed: Parsed
    ) -> tuple[list[_Cut], dict[bytes, Embedding]]:
        hints = _language_hints(document)

        def chunked(text: str) -> list[Piece]:
            return self._chunker.chunk(text, document.content_type, parsed.title, hints)

        pieces = pieces_by_page(parsed, chunked)
        if not pieces:
            raise InvalidRequest.of(Violation("content", "has no visible text"))
        cuts = self._cuts(tenant, document.id, parsed, pieces)
        return cuts, self._embeddings.known([cut.key for cut in cuts])

    def _cuts(self, tenant: str, id: str, parsed: Parsed, pieces: Sequence[Piece]) -> list[_Cut]:
        encoded = parsed.text.encode()
        title = parsed.title.encode()
        occurrences: dict[bytes, int] = {}
        cuts = []
        for piece in pieces:
            text = piece.span.of(encoded)
            nth = occurrences[text] = occurrences.get(text, -1) + 1
            chunk_id = digest(id.encode(), title, text, b"%d" % nth).hex()[:32]
            cuts.append(_Cut(chunk_id, text.decode(), piece, self._key(tenant, title, text, piece)))
        return cuts

    def _key(self, tenant: str, title: bytes, text: bytes, piece: Piece) -> bytes:
        # With the tenant: what is known already must not tell one tenant of another's texts.
        bounds = ",".join(f"{span.start}-{span.end}" for span in piece.sentences)
        return digest(
            tenant.encode(), self._embedder.fingerprint.encode(), title, text, bounds.encode()
        )

    async def _embed_all(
        self, cuts: Sequence[_Cut], title: str, call: Call
    ) -> dict[bytes, Embedding]:
        passages = [Passage(title, cut.text, cut.piece.sentences) for cut in cuts]
        made = await self._in_groups(passages, self._embedder.embed_passages, call)
        return {cut.key: each for cut, each in zip(cuts, made, strict=True)}

    async def _in_groups(
        self, sources: Sequence[T], embed: Callable[[Sequence[T]], Sequence[R]], call: Call
    ) -> list[R]:
        """What `embed` makes of the sources, in order, a few of them at a time."""
        places = asyncio.Semaphore(_GROUPS_AT_ONCE)

        async def of_group(start: int) -> Sequence[R]:
            async with places:
                return await self._embed(sources[start : start + _EMBED_GROUP], embed, call)

        starts = range(0, len(sources), _EMBED_GROUP)
        tasks = [asyncio.ensure_future(of_group(start)) for start in starts]
        try:
            done = await asyncio.gather(*tasks)
        finally:
            # Where one failed, the rest would be embedded for nothing.
            for task in tasks:
                task.cancel()
        return [each for part in done for each in part]

    async def _embed(
        self, sources: Sequence[T], embed: Callable[[Sequence[T]], Sequence[R]], call: Call
    ) -> Sequence[R]:
        own = call.fork()

        def work() -> Sequence[R]:
            with own.stage("embed"):
                return embed(sources)

        made = await self._writes.run(work, call.deadline)
        call.absorb(own)
        return made


def _raw(document: Document) -> bytes:
    content = document.content
    return content.encode() if isinstance(content, str) else content


def _language_hints(document: Document | Unbuilt) -> list[str]:
    """What may say in which programming language a document is written."""
    own = document.metadata.get("language")
    suffix = document.id.rpartition("/")[2].rpartition(".")[2]
    return [own, suffix] if isinstance(own, str) else [suffix]


def _worded(parsed: Parsed, document: Document) -> Parsed:
    """With the title, and of an image with the text that stands for it."""
    titled = _titled(parsed, document.title)
    if parsed.pixels is None:
        return titled
    return replace(titled, text=titled.title if titled.title.strip() else _name(document.id))


def _name(id: str) -> str:
    """What an id says, if it is a path: words without directories and suffix."""
    last = id.rstrip("/").rpartition("/")[2]
    words = re.sub(r"[\W_]+", " ", last.rpartition(".")[0] or last).strip()
    return words or id


def _titled(parsed: Parsed, given: str | None) -> Parsed:
    title = parsed.title if given is None else given
    return replace(parsed, title=title.encode()[:_TITLE_BYTES].decode(errors="ignore"))


def fingerprint_of(document: Document) -> bytes:
    """Equal for two documents of one id only if both say the same."""
    metadata = json.dumps(dict(document.metadata), default=repr, sort_keys=True)
    return digest(
        _raw(document),
        document.content_type.encode(),
        repr(document.title).encode(),
        metadata.encode(),
    )


def _new_chunk(ordinal: int, cut: _Cut, embedding: Embedding, marks: Sequence[Mark]) -> NewChunk:
    place = _last_before(marks, cut.piece.span.start)
    return NewChunk(
        id=cut.id,
        ordinal=ordinal,
        span=cut.piece.span,
        text=cut.text,
        tokens=cut.piece.tokens,
        sentences=cut.piece.sentences,
        key=cut.key,
        embedding=embedding,
        parent=cut.piece.parent,
        page=place.page,
        heading=cut.piece.heading or place.heading,
    )


def _last_before(marks: Sequence[Mark], start: int) -> Mark:
    """The mark that holds at a byte."""
    index = bisect_right(marks, start, key=lambda mark: mark.start)
    return marks[index - 1] if index else Mark(0)
