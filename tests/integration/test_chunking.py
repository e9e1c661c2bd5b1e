"""Collections that say how their documents are cut, through a real server."""

from itertools import count, pairwise

import grpc
import pytest
from ragrpc.v1 import chunking_pb2 as pb
from ragrpc.v1 import collection_service_pb2, collection_service_pb2_grpc

from rag_client import (
    Chunk,
    Chunking,
    CodeChunking,
    Document,
    HierarchicalChunking,
    InvalidArgument,
    MarkdownChunking,
    NotFound,
    OutcomeKind,
    RagClient,
    RecursiveChunking,
    SentenceChunking,
)

_names = count()

MANUAL = """# Manual

## Install

Run the installer. Über alles: 日本語の文です。

### Linux

- Unpack it.
- Start it.

## Use

It works. It works well. It works every day. It never sleeps. It never eats.
"""
CODE = "class Stack:\n" + "".join(
    f"    def method_{n}(self, item):\n        self.items[{n}] = item\n        return {n}\n\n"
    for n in range(6)
)


def cut(rag: RagClient, chunking: Chunking, document: Document) -> list[Chunk]:
    """The chunks of a document in a new collection, once each stands where it says."""
    name = rag.collections.create(f"chunking{next(_names)}", chunking=chunking).name
    rag.documents.upsert(name, [document]).raise_for_failures()
    stored = rag.documents.get(name, document.id)
    chunks = list(rag.documents.chunks(name, document.id, page_size=2))
    assert [chunk.span.of(stored.text) for chunk in chunks] == [chunk.text for chunk in chunks]
    return chunks


def test_a_collection_says_how_it_is_chunked(rag: RagClient) -> None:
    asked: dict[str, Chunking] = {
        "recursive": RecursiveChunking(),
        "sentence": SentenceChunking(100, overlap=2),
        "markdown": MarkdownChunking(64),
        "code": CodeChunking(language="rust"),
        "any-code": CodeChunking(max_tokens=100),
        "hierarchical": HierarchicalChunking(parent_tokens=300),
    }
    for name, chunking in asked.items():
        rag.collections.create(f"says-{name}", chunking=chunking)
    assert {name: rag.collections.get(f"says-{name}").chunking for name in asked} == {
        "recursive": RecursiveChunking(200),
        "sentence": SentenceChunking(100, 2),
        "markdown": MarkdownChunking(64),
        "code": CodeChunking(200, "rust"),
        "any-code": CodeChunking(100),
        "hierarchical": HierarchicalChunking(100, 300),
    }


def test_what_says_nothing_is_chunked_by_structure(rag: RagClient, collection: str) -> None:
    assert rag.collections.get(collection).chunking == RecursiveChunking(200)


def test_chunks_of_markdown_know_their_headings(rag: RagClient) -> None:
    chunks = cut(rag, MarkdownChunking(), Document("m", MANUAL, content_type="markdown"))
    assert [(chunk.heading, chunk.text.splitlines()[0]) for chunk in chunks] == [
        ("Manual > Install", "# Manual"),
        ("Manual > Install > Linux", "### Linux"),
        ("Manual > Use", "## Use"),
    ]
    assert {(chunk.parent, chunk.page) for chunk in chunks} == {(None, None)}


def test_chunks_have_parents_that_hold_them(rag: RagClient) -> None:
    text = "\n\n".join(f"Paragraph {n}. {'Some words in it. ' * 6}" for n in range(12))
    chunks = cut(rag, HierarchicalChunking(40, 120), Document("h", text))
    parents = [chunk.parent for chunk in chunks if chunk.parent]
    assert len(parents) == len(chunks)
    assert 1 < len(set(parents)) < len(chunks)
    assert all(
        p.start <= c.span.start < c.span.end <= p.end for p, c in zip(parents, chunks, strict=True)
    )


def test_chunks_of_sentences_overlap(rag: RagClient) -> None:
    text = " ".join(f"Sentence number {n} has a few words." for n in range(12))
    chunks = cut(rag, SentenceChunking(40, overlap=1), Document("s", text))
    assert len(chunks) > 2
    assert all(b.text.startswith(a.text.rpartition(". ")[2]) for a, b in pairwise(chunks))


@pytest.mark.parametrize(
    "document",
    [
        Document("src/stack.py", CODE),
        Document("stack", CODE, metadata={"language": "Python"}),
        Document("stack", CODE, content_type="code"),
    ],
    ids=["suffix", "metadata", "content"],
)
def test_chunks_of_code_know_what_they_define(rag: RagClient, document: Document) -> None:
    chunks = cut(rag, CodeChunking(max_tokens=32), document)
    assert [chunk.heading for chunk in chunks[1:]] == [f"Stack > method_{n}" for n in range(1, 6)]


def test_a_chunk_is_found_and_cited_whatever_the_strategy(rag: RagClient) -> None:
    for strategy in (SentenceChunking(32, overlap=1), HierarchicalChunking(32, 64)):
        name = rag.collections.create(f"chunking{next(_names)}", chunking=strategy).name
        text = (
            "Cats sleep a lot. " * 10 + "The quokka lives on Rottnest Island. " + "Dogs bark. " * 10
        )
        rag.documents.upsert(name, [Document("animals", text)]).raise_for_failures()
        answer = rag.query(name, "Where does the quokka live?")
        assert [each.source_text for each in answer.citations] == [
            "The quokka lives on Rottnest Island."
        ]


def test_the_same_document_again_is_unchanged(rag: RagClient) -> None:
    for strategy in (MarkdownChunking(), CodeChunking(), HierarchicalChunking()):
        name = rag.collections.create(f"chunking{next(_names)}", chunking=strategy).name
        again = [rag.documents.upsert(name, [Document("m.py", MANUAL)]) for _ in range(2)]
        assert again[1].outcomes[0].kind is OutcomeKind.UNCHANGED


WRONG = [
    (pb.Chunking(), "chunking.strategy"),
    (pb.Chunking(recursive=pb.RecursiveChunking(max_tokens=15)), "chunking.recursive.max_tokens"),
    (pb.Chunking(markdown=pb.MarkdownChunking(max_tokens=8_193)), "chunking.markdown.max_tokens"),
    (pb.Chunking(sentence=pb.SentenceChunking(overlap=11)), "chunking.sentence.overlap"),
    (pb.Chunking(sentence=pb.SentenceChunking(overlap=-1)), "chunking.sentence.overlap"),
    (pb.Chunking(code=pb.CodeChunking(language="cobol")), "chunking.code.language"),
    (
        pb.Chunking(hierarchical=pb.HierarchicalChunking(parent_tokens=100)),
        "chunking.hierarchical.parent_tokens",
    ),
    (
        pb.Chunking(hierarchical=pb.HierarchicalChunking(max_tokens=0)),
        "chunking.hierarchical.max_tokens",
    ),
]


@pytest.mark.parametrize(("chunking", "field"), WRONG, ids=[str(n) for n in range(len(WRONG))])
def test_a_wrong_chunking_is_named_and_creates_nothing(
    rag: RagClient, channel: grpc.Channel, chunking: pb.Chunking, field: str
) -> None:
    stub = collection_service_pb2_grpc.CollectionServiceStub(channel)
    request = collection_service_pb2.CreateCollectionRequest(collection="no", chunking=chunking)
    with pytest.raises(grpc.RpcError) as caught:
        stub.CreateCollection(request, timeout=30)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert str(caught.value.details()).startswith(f"{field}: ")
    with pytest.raises(NotFound):
        rag.collections.get("no")


def test_what_is_no_chunking_is_refused_before_a_call(rag: RagClient) -> None:
    with pytest.raises(InvalidArgument, match="must be one of RecursiveChunking"):
        rag.collections.create("no", chunking="markdown")  # type: ignore[arg-type]  # as a slip
