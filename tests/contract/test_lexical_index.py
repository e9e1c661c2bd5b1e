"""The index of words: what it finds, that a kill or damage at any point leaves it right or
empty, and that what is scored beside it is scored like it."""

import os
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_server.core.documents import ChunkWords
from rag_server.core.errors import Reason, Unavailable
from rag_server.indexes.lexical.index import LexicalIndex
from tests.contract.conftest import IDENTITY, Points

NAME = "c1-g1"
TEXTS = {
    "a": "wings in a slipstream",
    "b": "a wing and its lift, measured at ERR_CONN_42",
    "c": "heat in slabs",
    "d": "lift of wings and the lift of tails",
}


def chunks(**texts: str) -> list[ChunkWords]:
    return [ChunkWords(0, chunk_id, "", text) for chunk_id, text in texts.items()]


def found(index: LexicalIndex, question: str, **limits: object) -> list[str]:
    options = {"limit": 10, "bigram_weight": 0.2} | limits
    return [each for each, _ in index.search(NAME, question, **options)]  # type: ignore[arg-type]  # of several types


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "lexical"


@pytest.fixture
def index(directory: Path) -> Iterator[LexicalIndex]:
    index = LexicalIndex(directory, IDENTITY)
    index.prepare(NAME)
    index.apply(NAME, chunks(**TEXTS), 3)
    yield index
    index.close()


def test_the_best_by_words_come_first(index: LexicalIndex) -> None:
    assert found(index, "lifting wing")[0] == "d"
    assert set(found(index, "lifting wing")) == {"a", "b", "d"}
    assert found(index, "conn") == found(index, "err_conn_42") == ["b"]
    assert found(index, "the of and") == []


def test_titles_count_three_times(index: LexicalIndex) -> None:
    index.apply(NAME, [ChunkWords(0, "t", "Rudder", "of a boat")], 4)
    index.apply(NAME, [ChunkWords(0, "u", "Boat", "with a rudder")], 5)
    assert found(index, "rudder") == ["t", "u"]


def test_neighbours_count(index: LexicalIndex) -> None:
    texts = {"e": "cold gas, warm flow", "f": "cold flow, warm gas"}
    index.apply(NAME, chunks(**texts), 4)
    assert found(index, "cold flow") == ["f", "e"]
    scores = dict(index.search(NAME, "cold flow", 5, bigram_weight=0.0))
    assert scores["e"] == scores["f"]


def test_only_those_among_are_found_with_the_scores_that_they_have(index: LexicalIndex) -> None:
    every = dict(index.search(NAME, "wing lift", 10, bigram_weight=0.2))
    some = dict(
        index.search(NAME, "wing lift", 10, bigram_weight=0.2, among=["a", "b", "c", "unknown"])
    )
    assert some == pytest.approx({"a": every["a"], "b": every["b"]})
    assert found(index, "wing", among=[]) == []


def test_applying_again_changes_nothing(index: LexicalIndex) -> None:
    before = index.search(NAME, "wing", 10, bigram_weight=0.2)
    index.apply(NAME, chunks(**TEXTS), 3)
    index.apply(NAME, chunks(a=TEXTS["a"]), 2)
    assert (index.applied(NAME), index.count(NAME)) == (3, 4)
    assert [each for each, _ in index.search(NAME, "wing", 10, bigram_weight=0.2)] == [
        each for each, _ in before
    ]


def test_what_is_removed_is_found_no_more(index: LexicalIndex) -> None:
    index.remove(NAME, ["a", "unknown"])
    assert "a" not in found(index, "wing slipstream")
    assert (index.applied(NAME), index.count(NAME)) == (3, 3)
    assert sorted(index.ids(NAME)) == ["b", "c", "d"]


def test_a_part_is_there_after_a_restart(index: LexicalIndex, directory: Path) -> None:
    index.close()
    again = LexicalIndex(directory, IDENTITY)
    assert (again.applied(NAME), again.names(), found(again, "heat")) == (3, [NAME], ["c"])


def test_a_part_of_another_catalog_is_gone(index: LexicalIndex, directory: Path) -> None:
    index.close()
    again = LexicalIndex(directory, "another")
    assert (again.applied(NAME), again.names()) == (0, [])
    assert list(directory.iterdir()) == []


def test_a_search_names_the_revision_that_it_counts_on(index: LexicalIndex) -> None:
    with pytest.raises(Unavailable) as caught:
        found(index, "wing", applied=4)
    assert caught.value.reason is Reason.INDEX_BEHIND
    index.drop(NAME)
    with pytest.raises(Unavailable):
        found(index, "wing", applied=3)
    assert found(index, "wing") == []


def segment_files(directory: Path) -> list[Path]:
    files = [each for each in (directory / NAME).iterdir() if each.is_file()]
    return sorted(each for each in files if not each.name.startswith("."))


def test_a_part_with_any_file_missing_cut_or_overwritten_is_right_or_made_anew(
    index: LexicalIndex, directory: Path, tmp_path: Path
) -> None:
    index.close()
    kept = {each: each.read_bytes() for each in segment_files(directory)}
    for path, content in kept.items():
        for damage in (None, b"", content[: len(content) // 2], os.urandom(len(content))):
            rmtree(directory)
            (directory / NAME).mkdir(parents=True)
            for each, intact in kept.items():
                if each != path:
                    each.write_bytes(intact)
            if damage is not None:
                path.write_bytes(damage)
            served = healed(directory)
            assert served == [["a", "b", "d"], ["c"]], (path.name, damage and len(damage))


def healed(directory: Path) -> list[list[str]]:
    """What an index finds after it was followed as a follower does it."""
    index = LexicalIndex(directory, IDENTITY)
    for _ in range(3):
        if index.applied(NAME) < 3:
            index.prepare(NAME)
            index.apply(NAME, chunks(**TEXTS), 3)
        try:
            index.refresh()
            return [sorted(found(index, word, applied=3)) for word in ("wing", "heat")]
        except Unavailable:
            continue
    raise AssertionError("it does not heal")


def test_files_that_are_gone_are_noticed(index: LexicalIndex, directory: Path) -> None:
    rmtree(directory / NAME)
    index.refresh()
    assert index.applied(NAME) == 0
    index.prepare(NAME)
    index.apply(NAME, chunks(**TEXTS), 3)
    assert found(index, "heat", applied=3) == ["c"]


def test_the_points_of_a_change(directory: Path) -> None:
    points = Points()
    index = LexicalIndex(directory, IDENTITY, points)
    index.prepare(NAME)
    index.apply(NAME, chunks(**TEXTS), 1)
    index.close()
    assert points.seen == ["lexical.begin", "lexical.inside", "lexical.done"]


class Died(BaseException):
    """Stands for SIGKILL: nothing of ours is done after it."""


class Dying(Points):
    def __init__(self, at: str) -> None:
        super().__init__()
        self.at = at

    def reached(self, point: str) -> None:
        if point == self.at and len(self.seen) > 2:
            raise Died
        super().reached(point)


@pytest.mark.parametrize("point", ["lexical.begin", "lexical.inside", "lexical.done"])
def test_words_and_their_revision_are_committed_together(directory: Path, point: str) -> None:
    index = LexicalIndex(directory, IDENTITY, Dying(point))
    index.prepare(NAME)
    index.apply(NAME, chunks(a=TEXTS["a"]), 1)
    with pytest.raises((Died, Unavailable)):
        index.apply(NAME, chunks(c=TEXTS["c"]), 2)
    index.close()
    again = LexicalIndex(directory, IDENTITY)
    assert (again.applied(NAME), found(again, "heat")) in [(1, []), (2, ["c"])]
    assert found(again, "wing") == ["a"]


_words = st.lists(
    st.sampled_from(["wing", "lift", "heat", "slab", "flow", "gas", "tail"]),
    min_size=1,
    max_size=30,
).map(" ".join)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(_words, min_size=4, max_size=12), question=_words)
def test_what_is_not_in_the_index_is_scored_as_if_it_were(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], question: str
) -> None:
    index = LexicalIndex(tmp_path_factory.mktemp("lexical"), IDENTITY)
    others = [f"wing lift {n} heat flow" if n % 3 else f"gas tail {n} slab" for n in range(200)]
    every = [ChunkWords(n, f"{n:03}", "", text) for n, text in enumerate((*others, *texts))]
    index.prepare(NAME)
    index.apply(NAME, every[:-3], 1)
    beside = index.score(NAME, question, every[-3:], bigram_weight=0.2)
    index.apply(NAME, every[-3:], 2)
    inside = dict(index.search(NAME, question, 300, bigram_weight=0.2))
    index.close()
    # tantivy counts one document too many: that which says what the part is.
    assert beside == pytest.approx([inside.get(n.chunk_id, 0.0) for n in every[-3:]], rel=0.05)


def test_without_a_part_texts_are_scored_by_themselves(directory: Path) -> None:
    index = LexicalIndex(directory, IDENTITY)
    scores = index.score(NAME, "lifting wing", chunks(**TEXTS), bigram_weight=0.2)
    ranked = sorted(zip(scores, TEXTS, strict=True), reverse=True)
    assert [name for score, name in ranked if score > 0] == ["d", "b", "a"]


def test_a_part_of_an_older_layout_is_made_anew(
    index: LexicalIndex, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.close()
    monkeypatch.setattr("rag_server.indexes.lexical.layout.LAYOUT", 10_000)
    again = LexicalIndex(directory, IDENTITY)
    assert (again.applied(NAME), list(directory.iterdir())) == (0, [])
    assert healed(directory) == [["a", "b", "d"], ["c"]]


def test_rows_are_ranked_as_their_chunks_are(index: LexicalIndex) -> None:
    texts = [ChunkWords(n, each, "", TEXTS[each]) for n, each in enumerate(TEXTS, 2**40)]
    index.apply(NAME, texts, 4)
    ranked = index.rank(NAME, "wing lift", 10, bigram_weight=0.2, applied=4)
    by_id = index.search(NAME, "wing lift", 10, bigram_weight=0.2)
    names = {each.row: each.chunk_id for each in texts}
    assert ranked.applied == 4
    assert [names[row] for row in ranked.rows.tolist()] == [each for each, _ in by_id]
    assert ranked.scores.tolist() == [score for _, score in by_id]
    some = index.rank(NAME, "wing lift", 10, bigram_weight=0.2, among=[2**40, 2**40 + 2, 7])
    assert some.rows.tolist() == [2**40]
    # So many are looked up in another way.
    beside = [2**40, 2**40 + 2, *range(2_000)]
    many = index.rank(NAME, "wing lift", 10, bigram_weight=0.2, among=beside)
    assert (many.rows.tolist(), many.scores.tolist()) == ([2**40], some.scores.tolist())
    assert not len(index.rank(NAME, "wing lift", 10, bigram_weight=0.2, among=[]).rows)
    assert not len(index.rank("unknown", "wing", 10, bigram_weight=0.2).rows)
