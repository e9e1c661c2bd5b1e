"""Questions that show an image: what it is read by, and which pipelines can do without words."""

from rag_server.core.call import Call
from rag_server.core.content import ContentType, Modality, Pixels
from rag_server.core.documents import Document
from rag_server.core.errors import InvalidRequest, Violation
from rag_server.core.protocols import Parsing
from rag_server.core.retrieval import RetrieveRequest
from rag_server.core.specs import (
    HybridSpec,
    MultimodalSpec,
    ParentDocumentSpec,
    PipelineSpec,
    RetrieverSpec,
    parts_of,
)


class QuestionImages:
    """Reads them as documents are read: apart from the server, within the same limits."""

    def __init__(self, parsing: Parsing) -> None:
        self._parsing = parsing

    async def read(self, content: bytes, call: Call) -> Pixels | None:
        """None for no content. Raises InvalidRequest, about the field `image`, and what
        `Parsing.parse` raises."""
        if not content:
            return None
        document = Document("question", content, ContentType.IMAGE)
        try:
            parsed = await self._parsing.parse(document, call)
        except InvalidRequest as error:
            found = tuple(Violation("image", each.description) for each in error.violations)
            words = "; ".join(each.description for each in found)
            raise InvalidRequest(f"image: {words}", error.reason, error.metadata, found) from None
        return parsed.pixels


def check_shown(request: RetrieveRequest, plan: PipelineSpec) -> None:
    """Raise InvalidRequest for an image that the pipeline would not look at, or for missing words
    that it needs."""
    if request.image and not _looks(plan.retriever):
        wrong = "is not looked at by the pipeline: it needs a multimodal one with the field IMAGE"
        raise InvalidRequest.of(Violation("image", wrong))
    if not request.query.strip() and (plan.rerankers or _needs_words(plan.retriever)):
        wrong = "is required, since the pipeline does not search by the image alone"
        raise InvalidRequest.of(Violation("query", wrong))


def _looks(spec: RetrieverSpec) -> bool:
    if isinstance(spec, MultimodalSpec):
        return any(each.field is Modality.IMAGE for each in spec.fields)
    return any(map(_looks, parts_of(spec)))


def _needs_words(spec: RetrieverSpec) -> bool:
    if isinstance(spec, MultimodalSpec):
        return not _looks(spec)
    if isinstance(spec, HybridSpec | ParentDocumentSpec):
        return any(map(_needs_words, parts_of(spec)))
    # Others read the question themselves, or may.
    return True
