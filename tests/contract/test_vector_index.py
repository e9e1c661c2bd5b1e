import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rag_server.composition.index import open_index
from rag_server.core.call import Deadline
from rag_server.core.documents import IndexSettings
from rag_server.core.errors import Reason, Unavailable
from rag_server.core.protocols import Changes, InspectableIndex, VectorIndex
from rag_server.settings import Settings
from tests.contract.conftest import IDENTITY, INDEXES, Place

Open = Callable[[], Any]
NAME = "c1-g1"


@pytest.fixture
def index(index_under_test: InspectableIndex) -> InspectableIndex:
    return index_under_test


def unit(count: int, dimension: int = 8, seed: int = 0) -> NDArray[np.float32]:
    drawn = np.random.default_rng(seed).standard_normal((count, dimension))
    return normal(drawn)


def normal(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    scaled: NDArray[np.float64] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled.astype(np.float32)


def changes(upto: int, ids: Sequence[str], seed: int = 0) -> Changes:
    return Changes(upto, list(ids), unit(len(ids), seed=seed))


def found(index: VectorIndex, vector: NDArray[np.float32], limit: int = 10) -> list[str]:
    return [chunk_id for chunk_id, _ in search(index, vector, limit)]


def search(
    index: VectorIndex, vector: NDArray[np.float32], limit: int, name: str = NAME, applied: int = 0
) -> list[tuple[str, float]]:
    return index.search(name, vector, limit, Deadline(30.0), applied=applied)


def fill(index: VectorIndex, stretch: Changes, name: str = NAME) -> None:
    index.prepare(name, IndexSettings())
    index.apply(name, stretch)


def test_unknown_name_is_at_revision_zero_and_empty(index: VectorIndex) -> None:
    assert index.applied(NAME) == 0
    assert search(index, unit(1)[0], 5) == []
    index.remove(NAME, ["a"])
    index.drop(NAME)


def test_applied_entries_are_found_by_cosine_best_first(index: VectorIndex) -> None:
    vectors = unit(20)
    ids = [f"chunk-{n}" for n in range(20)]
    fill(index, Changes(3, ids, vectors))
    query = unit(1, seed=7)[0]
    cosines = vectors @ query
    expected = [ids[n] for n in np.argsort(-cosines)[:5]]
    hits = search(index, query, 5)
    assert index.applied(NAME) == 3
    assert [chunk_id for chunk_id, _ in hits] == expected
    np.testing.assert_allclose([score for _, score in hits], np.sort(cosines)[::-1][:5], atol=1e-5)


def test_limit_beyond_the_rows_gives_all_of_them(index: VectorIndex) -> None:
    fill(index, changes(1, ["a", "b", "c"]))
    assert sorted(found(index, unit(1)[0], limit=1_000)) == ["a", "b", "c"]


def test_applying_again_changes_nothing(index: VectorIndex) -> None:
    stretch = changes(2, ["a", "b"])
    fill(index, stretch)
    once = search(index, unit(1)[0], 10)
    fill(index, stretch)
    assert search(index, unit(1)[0], 10) == once
    assert index.applied(NAME) == 2


def test_applying_an_older_stretch_takes_nothing_back(index: VectorIndex) -> None:
    fill(index, changes(5, ["a", "b"]))
    fill(index, changes(2, ["a"]))
    assert index.applied(NAME) == 5
    assert sorted(found(index, unit(1)[0])) == ["a", "b"]


def test_entries_put_back_beside_another_stretch_take_nothing_back(
    index: VectorIndex, index_points: Any
) -> None:
    fill(index, changes(1, ["a"]))

    def meanwhile(point: str) -> None:
        if point == "index.inside":
            del index_points.reached
            index.apply(NAME, changes(5, ["b"], seed=1))

    index_points.reached = meanwhile
    index.apply(NAME, changes(0, ["a"]))
    assert index.applied(NAME) == 5
    assert sorted(found(index, unit(1)[0])) == ["a", "b"]


def test_known_entry_keeps_its_vector(index: VectorIndex) -> None:
    first, other = unit(2)
    fill(index, Changes(1, ["a"], first[np.newaxis]))
    fill(index, Changes(2, ["a", "b"], np.stack([other, other])))
    held = dict(search(index, first, 10))
    assert held["a"] == pytest.approx(1.0, abs=1e-5)
    assert held.keys() == {"a", "b"}


def test_removed_entry_may_come_back(index: VectorIndex) -> None:
    fill(index, changes(1, ["a", "b"]))
    index.remove(NAME, ["a"])
    fill(index, changes(2, ["a", "b"]))
    ((nearest, score), _) = search(index, unit(2)[0], 10)
    assert nearest == "a"
    assert score == pytest.approx(1.0, abs=1e-5)


def test_stretch_without_chunks_publishes_its_revision(index: VectorIndex) -> None:
    nothing = Changes(4, [], np.empty((0, 0), np.float32))
    fill(index, nothing)
    assert index.applied(NAME) == 4
    assert search(index, unit(1)[0], 5) == []
    fill(index, changes(5, ["a"]))
    fill(index, Changes(6, [], np.empty((0, 0), np.float32)))
    assert index.applied(NAME) == 6
    assert found(index, unit(1)[0]) == ["a"]


def test_preparing_again_leaves_a_part_as_it_is(index: VectorIndex) -> None:
    fill(index, changes(3, ["a"]))
    index.prepare(NAME, IndexSettings(ef_search=10))
    assert (index.applied(NAME), found(index, unit(1)[0])) == (3, ["a"])


def test_a_part_that_is_not_prepared_is_not_filled(index: VectorIndex) -> None:
    with pytest.raises(Unavailable) as caught:
        index.apply(NAME, changes(1, ["a"]))
    assert caught.value.reason is Reason.INDEX_BEHIND
    assert index.names() == []


def test_a_search_that_counts_on_more_than_is_applied_is_refused(index: VectorIndex) -> None:
    fill(index, changes(3, ["a"]))
    assert search(index, unit(1)[0], 5, applied=3)
    for name, revision in ((NAME, 4), ("c9-g1", 1)):
        with pytest.raises(Unavailable) as caught:
            search(index, unit(1)[0], 5, name, applied=revision)
        assert caught.value.reason is Reason.INDEX_BEHIND


def test_all_that_is_held_can_be_read(index: InspectableIndex) -> None:
    assert (index.ids(NAME), index.vectors(NAME, ["a"])) == ([], {})
    fill(index, changes(1, ["a", "b", "c"]))
    index.remove(NAME, ["b"])
    assert sorted(index.ids(NAME)) == ["a", "c"]
    held = index.vectors(NAME, ["c", "never there", "a"])
    assert held.keys() == {"a", "c"}
    np.testing.assert_allclose([held["a"], held["c"]], unit(3)[[0, 2]], atol=1e-6)
    assert index.vectors(NAME, []) == {}


def test_removed_entries_are_not_found(index: VectorIndex) -> None:
    fill(index, changes(1, ["a", "b", "c"]))
    index.remove(NAME, ["b", "never there"])
    index.remove(NAME, [])
    assert sorted(found(index, unit(1)[0])) == ["a", "c"]
    assert index.applied(NAME) == 1


def test_part_whose_entries_are_all_removed_goes_on(index: VectorIndex) -> None:
    fill(index, changes(1, ["a", "b"]))
    index.remove(NAME, ["a", "b"])
    assert found(index, unit(1)[0]) == []
    fill(index, changes(2, ["c"]))
    assert found(index, unit(1)[0]) == ["c"]


def test_parts_are_independent(index: VectorIndex) -> None:
    fill(index, changes(1, ["a"]))
    fill(index, Changes(7, ["z"], unit(1, dimension=16)), "c2-g1")
    index.drop(NAME)
    assert (index.applied(NAME), index.applied("c2-g1")) == (0, 7)
    assert [each for each, _ in search(index, unit(1, dimension=16)[0], 5, "c2-g1")] == ["z"]


def test_dropped_part_can_be_made_anew(index: VectorIndex) -> None:
    fill(index, changes(9, ["a"]))
    index.drop(NAME)
    assert (index.applied(NAME), found(index, unit(1)[0])) == (0, [])
    fill(index, changes(1, ["b"]))
    assert (index.applied(NAME), found(index, unit(1)[0])) == (1, ["b"])


def test_more_entries_than_one_batch_takes(index: VectorIndex) -> None:
    ids = [f"chunk-{n}" for n in range(6_000)]
    vectors = unit(6_000)
    fill(index, Changes(1, ids, vectors))
    assert found(index, vectors[0], limit=1) == ["chunk-0"]
    assert found(index, vectors[-1], limit=1) == ["chunk-5999"]


def test_all_is_there_after_reopening(index_opener: Open) -> None:
    first = index_opener()
    fill(first, changes(1, ["a", "b"]))
    fill(first, changes(2, ["c"], seed=3))
    first.remove(NAME, ["b"])
    before = search(first, unit(1)[0], 10)
    first.close()
    second = index_opener()
    after = search(second, unit(1)[0], 10)
    applied = second.applied(NAME)
    second.close()
    assert applied == 2
    assert after == before


def wipe(settings: Settings) -> None:
    """Lose everything, by whatever accident."""
    if settings.chroma.mode == "embedded":
        shutil.rmtree(settings.data.directory / "chroma")
        return
    index = open_index(settings, IDENTITY)
    index.refresh()
    for name in index.names():
        index.drop(name)
    index.close()


def test_what_was_wiped_reads_as_revision_zero(
    index_opener: Open, index_settings: Settings
) -> None:
    first = index_opener()
    fill(first, changes(5, ["a"]))
    first.close()
    wipe(index_settings)
    second = index_opener()
    applied, hits = second.applied(NAME), search(second, unit(1)[0], 5)
    fill(second, changes(5, ["a"]))
    refilled = found(second, unit(1)[0])
    second.close()
    assert (applied, hits) == (0, [])
    assert refilled == ["a"]


def test_crash_between_vectors_and_revision_is_made_up_for(
    index_opener: Open, index_points: Any
) -> None:
    def crash(point: str) -> None:
        if point == "index.inside":
            raise ZeroDivisionError

    first = index_opener()
    fill(first, changes(1, ["a"]))
    index_points.reached = crash
    with pytest.raises(ZeroDivisionError):
        fill(first, changes(2, ["b"], seed=1))
    first.close()
    del index_points.reached
    second = index_opener()
    applied = second.applied(NAME)
    fill(second, changes(2, ["b"], seed=1))
    hits = found(second, unit(1)[0])
    second.close()
    assert applied == 1
    assert sorted(hits) == ["a", "b"]


def test_apply_passes_its_three_points(index: VectorIndex, index_points: Any) -> None:
    fill(index, changes(1, ["a"]))
    assert index_points.seen == ["index.begin", "index.inside", "index.done"]


def test_recall_against_exact_search(index: VectorIndex) -> None:
    generator = np.random.default_rng(5)
    centres = generator.standard_normal((40, 64))

    def draw(count: int) -> NDArray[np.float32]:
        near = centres[generator.integers(0, 40, count)] + generator.standard_normal((count, 64))
        return normal(near)

    vectors, queries = draw(2_000), draw(50)
    ids = [str(n) for n in range(2_000)]
    fill(index, Changes(1, ids, vectors))
    exact = np.argsort(-(queries @ vectors.T), axis=1)[:, :10]
    kept = sum(
        len(set(found(index, query)) & {ids[n] for n in nearest})
        for query, nearest in zip(queries, exact, strict=True)
    )
    assert kept >= 0.99 * 500


def test_working_index_answers_a_ping(index_under_test: Any) -> None:
    assert index_under_test.ping() is None


class TestShared:
    """An index that another process changes, too."""

    @pytest.fixture(params=["chroma-server", "chroma-cloud"])
    def index_settings(self, request: pytest.FixtureRequest, index_place: Place) -> Settings:
        return INDEXES[request.param](index_place)

    @pytest.fixture
    def other(self, index_opener: Open) -> Iterator[VectorIndex]:
        opened = index_opener()
        yield opened
        opened.close()

    def test_what_another_wrote_is_seen_after_a_refresh(
        self, index: VectorIndex, other: VectorIndex
    ) -> None:
        fill(other, changes(3, ["a"]))
        assert index.applied(NAME) == 0
        index.refresh()
        assert (index.applied(NAME), found(index, unit(1)[0])) == (3, ["a"])
        fill(other, changes(4, ["b"], seed=1))
        index.refresh()
        assert index.applied(NAME) == 4

    def test_a_part_that_another_made_anew_is_refused_not_read(
        self, index: VectorIndex, other: VectorIndex
    ) -> None:
        fill(other, changes(3, ["a"]))
        index.refresh()
        other.drop(NAME)
        fill(other, changes(1, ["b"]))
        with pytest.raises(Unavailable):
            search(index, unit(1)[0], 5, applied=3)
        assert index.applied(NAME) == 0
        index.refresh()
        assert (index.applied(NAME), found(index, unit(1)[0])) == (1, ["b"])

    def test_a_part_that_was_lost_is_not_filled_but_made_anew(
        self, index: VectorIndex, other: VectorIndex
    ) -> None:
        fill(index, changes(3, ["a"]))
        other.refresh()
        other.drop(NAME)
        with pytest.raises(Unavailable):
            index.apply(NAME, changes(4, ["b"], seed=1))
        assert index.applied(NAME) == 0
        fill(index, changes(4, ["a", "b"]))
        assert sorted(found(index, unit(1)[0])) == ["a", "b"]

    def test_no_proxy_leads_back_to_this_machine(
        self, index_opener: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        opened = index_opener()
        fill(opened, changes(3, ["a"]))
        assert found(opened, unit(1)[0]) == ["a"]
        opened.close()

    def test_two_that_prepare_the_same_part_share_it(
        self, index: VectorIndex, other: VectorIndex
    ) -> None:
        index.prepare(NAME, IndexSettings())
        other.prepare(NAME, IndexSettings())
        index.apply(NAME, changes(1, ["a"]))
        assert found(other, unit(1)[0]) == ["a"]


def test_a_part_of_another_catalog_is_not_taken_for_ours(index_settings: Settings) -> None:
    first = open_index(index_settings, "fedcba9876543210")
    first.refresh()
    fill(first, changes(3, ["theirs"]))
    first.close()
    index = open_index(index_settings, IDENTITY)
    index.refresh()
    assert (index.applied(NAME), search(index, unit(1)[0], 5)) == (0, [])
    fill(index, changes(3, ["ours"]))
    assert found(index, unit(1)[0]) == ["ours"]
    for name in index.names():
        if name != NAME:
            index.drop(name)
    index.close()
    again = open_index(index_settings, "fedcba9876543210")
    again.refresh()
    # Somebody may still use what is in a shared Chroma; nobody does in one of our own.
    assert found(again, unit(1)[0]) == (["theirs"] if again.shared else [])
    again.close()


def test_the_cloud_is_spoken_to_with_key_tenant_and_database(index_place: Place) -> None:
    settings = INDEXES["chroma-cloud"](index_place)
    index = open_index(settings, IDENTITY)
    index_place.tls.seen.clear()
    index.refresh()
    sent = bytes(index_place.tls.seen).lower()
    index.close()
    path = f"/api/v2/tenants/acme/databases/{settings.chroma.database}/collections"
    assert f"get {path}".lower().encode() in sent
    assert b"x-chroma-token: secret-of-ours" in sent
    assert index.most_results == 300
