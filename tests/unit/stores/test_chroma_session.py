from pathlib import Path

import pytest

from rag_server.core.documents import IndexSettings
from rag_server.core.errors import Unavailable
from rag_server.stores.chroma import ChromaIndex, EmbeddedEngine
from rag_server.stores.chroma.session import Session
from tests.tmpfs import small_disk

IDENTITY = "0123456789abcdef"


def test_a_part_is_built_as_its_settings_say(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path / "chroma")
    ChromaIndex(engine, IDENTITY).prepare(
        "c1-g1", IndexSettings(ef_construction=50, ef_search=40, max_neighbors=8)
    )

    def look(session: Session) -> None:
        hnsw = session.api.get_collection(f"{IDENTITY}-embeddings-c1-g1").configuration_json["hnsw"]
        built = {name: hnsw[name] for name in ("space", "ef_construction", "ef_search")}
        assert built == {"space": "cosine", "ef_construction": 50, "ef_search": 40}
        assert hnsw["max_neighbors"] == 8

    engine.write(look)
    engine.close()


@pytest.mark.parametrize("name", ["notes", "c1-g1-old", "c2-g1", f"{IDENTITY}-embeddings-c2-g1"])
def test_collections_of_others_are_no_parts(tmp_path: Path, name: str) -> None:
    engine = EmbeddedEngine(tmp_path / "chroma")
    engine.write(lambda session: session.api.create_collection(name, metadata={"mine": True}))
    index = ChromaIndex(engine, IDENTITY)
    index.prepare("c3-g1", IndexSettings())
    assert index.names() == ["c3-g1"]
    engine.close()
    again = EmbeddedEngine(tmp_path / "chroma")
    assert ChromaIndex(again, IDENTITY).names() == ["c3-g1"]
    again.close()


def test_nothing_is_written_where_the_disk_is_nearly_full(tmp_path: Path) -> None:
    def create(session: Session) -> None:
        session.api.create_collection("notes")

    with small_disk(tmp_path / "disk", megabytes=48) as disk:
        engine = EmbeddedEngine(disk.path / "chroma")
        disk.fill()
        with pytest.raises(Unavailable, match="nearly full"):
            engine.write(create)
        disk.make_room()
        engine.write(create)
        engine.close()
