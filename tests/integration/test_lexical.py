"""Retrieval by words through a real server."""

from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from urllib.request import urlopen

import pytest

from rag_client import (
    DenseRetriever,
    Document,
    F,
    HybridRetriever,
    InvalidArgument,
    LexicalRetriever,
    PipelineSpec,
    RagClient,
    Retrieval,
    WeightedRetriever,
)
from tests.serving import serving
from tests.waiting import eventually

BY_WORDS = PipelineSpec(LexicalRetriever())
NOTES = [
    Document("refused", "The peer closed with ERR_CONN_42 since v1.2.3.", metadata={"n": 1}),
    Document("timeout", "The peer did not answer: ERR_CONN_7.", metadata={"n": 2}),
    Document("running", "Runners were running in the rain.", metadata={"n": 3}),
    Document("tokyo", "東京都に住んでいます。", metadata={"n": 4}),
    Document("titled", "About something else.", title="Peer review", metadata={"n": 5}),
]
_LAG = 'ragrpc_index_lag_revisions{index="lexical"} '


@pytest.fixture
def notes(rag: RagClient, collection: str) -> str:
    rag.documents.upsert(collection, NOTES)
    return collection


def by_words(rag: RagClient, collection: str, question: str, **options: object) -> Retrieval:
    return rag.retrieve(collection, question, spec=BY_WORDS, **options)  # type: ignore[arg-type]  # of several types


def ids(found: Retrieval) -> list[str]:
    return [hit.document_id for hit in found.hits]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("ERR_CONN_42", ["refused", "timeout"]),
        ("err_conn_7", ["timeout", "refused"]),
        ("what is new in v1.2.3?", ["refused"]),
        ("Who ran? A runner runs.", ["running"]),
        ("東京", ["tokyo"]),
        ("of the and", []),
        ("zeppelin", []),
    ],
)
def test_words_are_found_stemmed_and_identifiers_whole_and_in_parts(
    rag: RagClient, notes: str, question: str, expected: list[str]
) -> None:
    assert ids(by_words(rag, notes, question)) == expected


def test_titles_weigh_more_than_text(rag: RagClient, notes: str) -> None:
    found = by_words(rag, notes, "peers")
    assert ids(found)[0] == "titled"
    assert [(each.stage, each.rank) for each in found.hits[0].stage_scores] == [("lexical", 1)]


def test_filters_deletes_and_updates_are_exact(rag: RagClient, notes: str) -> None:
    assert ids(by_words(rag, notes, "peer", filter=F("n") < 5)) == ["timeout", "refused"]
    rag.documents.delete(notes, ["refused"])
    assert ids(by_words(rag, notes, "ERR_CONN_42")) == ["timeout"]
    rag.documents.upsert(notes, [Document("timeout", "All is well.")])
    assert ids(by_words(rag, notes, "ERR_CONN_42")) == []
    assert ids(by_words(rag, notes, "well")) == ["timeout"]


def test_a_writer_reads_its_own_words_at_once(rag: RagClient, collection: str) -> None:
    for number in range(10):
        rag.documents.upsert(collection, [Document(f"d{number}", f"The word is codeword{number}.")])
        assert ids(by_words(rag, collection, f"codeword{number}"))[0] == f"d{number}"


def test_a_hybrid_scores_what_its_dense_part_finds(rag: RagClient, notes: str) -> None:
    parts = [WeightedRetriever(DenseRetriever()), WeightedRetriever(LexicalRetriever())]
    found = rag.retrieve(notes, "ERR_CONN_42", spec=PipelineSpec(HybridRetriever(parts)))
    assert ids(found)[0] == "refused"
    assert len(found.hits) == len(NOTES)


def test_a_wrong_weight_is_named(rag: RagClient, notes: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        rag.retrieve(notes, "peer", spec=replace(BY_WORDS, retriever=LexicalRetriever(-1.0)))
    assert [each.field for each in caught.value.violations] == [
        "spec.retriever.lexical.bigram_weight"
    ]


def test_the_index_is_there_after_a_kill_and_made_anew_when_it_is_damaged(data_dir: Path) -> None:
    expected = ["refused", "timeout"]
    with serving(data_dir) as server, RagClient(server.address) as rag:
        rag.collections.create("notes")
        rag.documents.upsert("notes", NOTES)
        eventually(lambda: _lag(server.sidecar_port) == 0)
        server.kill()
    with serving(data_dir) as server, RagClient(server.address) as rag:
        assert ids(by_words(rag, "notes", "ERR_CONN_42")) == expected
    (part,) = (data_dir / "lexical").iterdir()
    for each in part.glob("*.store"):
        each.write_bytes(b"damaged")
    with serving(data_dir) as server, RagClient(server.address) as rag:
        assert ids(by_words(rag, "notes", "ERR_CONN_42")) == expected
        eventually(lambda: _lag(server.sidecar_port) == 0)
        rmtree(part)
        eventually(lambda: part.exists())
        assert ids(by_words(rag, "notes", "ERR_CONN_42")) == expected


def _lag(sidecar_port: int) -> float:
    with urlopen(f"http://127.0.0.1:{sidecar_port}/metrics", timeout=5) as response:
        lines = response.read().decode().splitlines()
    (line,) = (each for each in lines if each.startswith(_LAG))
    return float(line.removeprefix(_LAG))
