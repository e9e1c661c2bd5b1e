"""What happens to one document before it is committed: parse -> chunk -> embed what is new."""

import asyncio
import json
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Call
from rag_server.core.content import ContentType, Mark, Modality, Parsed, Pixels
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
from rag_server.core.pages import pieces_by_page
from rag_server.core.protocols import (
    Chunker,
    Embedder,
    EmbeddingStore,
    ImageEmbedder,
    Parsing,
    Workers,
)
from rag_server.core.values import Span

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
        image_embedder: ImageEmbedder | None = None,
    ) -> None:
        """`image_embedder`: of the collection's field for images; None: it has none."""
        self._image_embedder = image_embedder
        self._parsing = parsing
        self._chunker = chunker
        self._embedder = embedder
        self._embeddings = embeddings
        self._writes = writes
        self._recipe = _digest(chunker.fingerprint.encode(), embedder.fingerprint.encode())

    @property
    def recipe(self) -> bytes:
        """Changes whenever chunks or vectors of the same document may change."""
        return self._recipe

    def fingerprint(self, document: Document) -> bytes:
        """Equal for two documents of one id only if the same is stored of both."""
        said = fingerprint_of(document)
        if self._image_embedder is None or document.content_type is not ContentType.IMAGE:
            return said
        return _digest(said, self._image_embedder.fingerprint.encode())

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
        vectors = await self._vectors(parsed, call)
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

    async def _vectors(self, parsed: Parsed, call: Call) -> tuple[NewVector, ...]:
        """Those of the fields beside the chunks."""
        embedder, pixels = self._image_embedder, parsed.pixels
        if embedder is None or pixels is None:
            return ()
        own = call.fork()
        key = _image_key(call.principal.tenant, embedder, pixels)

        def work() -> Vector:
            with own.stage("embed"):
                known = self._embeddings.known([key]).get(key)
                return known.vector if known else embedder.embed_image(rgb(pixels))

        vector = await self._writes.run(work, call.deadline)
        call.absorb(own)
        return (NewVector(Modality.IMAGE, Span(0, len(parsed.text.encode())), key, vector),)

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
            chunk_id = _digest(id.encode(), title, text, b"%d" % nth).hex()[:32]
            cuts.append(_Cut(chunk_id, text.decode(), piece, self._key(tenant, title, text, piece)))
        return cuts

    def _key(self, tenant: str, title: bytes, text: bytes, piece: Piece) -> bytes:
        # With the tenant: what is known already must not tell one tenant of another's texts.
        bounds = ",".join(f"{span.start}-{span.end}" for span in piece.sentences)
        return _digest(
            tenant.encode(), self._embedder.fingerprint.encode(), title, text, bounds.encode()
        )

    async def _embed_all(
        self, cuts: Sequence[_Cut], title: str, call: Call
    ) -> dict[bytes, Embedding]:
        groups = [cuts[i : i + _EMBED_GROUP] for i in range(0, len(cuts), _EMBED_GROUP)]
        places = asyncio.Semaphore(_GROUPS_AT_ONCE)

        async def embed(group: Sequence[_Cut]) -> dict[bytes, Embedding]:
            async with places:
                return await self._embed(group, title, call)

        tasks = [asyncio.ensure_future(embed(group)) for group in groups]
        try:
            done = await asyncio.gather(*tasks)
        finally:
            # Where one failed, the rest would be embedded for nothing.
            for task in tasks:
                task.cancel()
        return {key: each for part in done for key, each in part.items()}

    async def _embed(self, cuts: Sequence[_Cut], title: str, call: Call) -> dict[bytes, Embedding]:
        own = call.fork()
        passages = [Passage(title, cut.text, cut.piece.sentences) for cut in cuts]

        def work() -> list[Embedding]:
            with own.stage("embed"):
                return self._embedder.embed_passages(passages)

        embeddings = await self._writes.run(work, call.deadline)
        call.absorb(own)
        return {cut.key: each for cut, each in zip(cuts, embeddings, strict=True)}


def rgb(pixels: Pixels) -> NDArray[np.uint8]:
    """uint8 (h, w, 3), read-only."""
    return np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, 3)


def _image_key(tenant: str, embedder: ImageEmbedder, pixels: Pixels) -> bytes:
    size = b"%d %d" % (pixels.width, pixels.height)
    return _digest(tenant.encode(), embedder.fingerprint.encode(), b"image", size, pixels.data)


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
    return _digest(
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


def _digest(*parts: bytes) -> bytes:
    """SHA-256 over parts, each preceded by its length so that no two lists collide."""
    digest = sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
