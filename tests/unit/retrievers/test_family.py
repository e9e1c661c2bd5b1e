from hypothesis import given
from hypothesis import strategies as st

from rag_server.core.documents import Relative
from rag_server.core.values import Span
from rag_server.retrievers.parent_document.family import family_id, window


def members(*tokens: int) -> list[Relative]:
    return [
        Relative(row, f"id{row}", row, Span(10 * row, 10 * row + 9), count, Span(0, 1_000))
        for row, count in enumerate(tokens)
    ]


def test_a_window_grows_towards_what_was_found() -> None:
    assert window(members(5, 5, 5, 5, 5), 2, {2, 4}, 16) == slice(2, 5)
    assert window(members(5, 5, 5, 5, 5), 2, {2, 0}, 16) == slice(0, 3)


def test_a_member_over_the_limit_stands_alone() -> None:
    assert window(members(1, 99, 1), 1, {1}, 16) == slice(1, 2)


@given(
    tokens=st.lists(st.integers(1, 30), min_size=1, max_size=12),
    limit=st.integers(1, 200),
    data=st.data(),
)
def test_a_window_holds_the_best_and_fits(
    tokens: list[int], limit: int, data: st.DataObject
) -> None:
    family = members(*tokens)
    best = data.draw(st.integers(0, len(tokens) - 1))
    found = data.draw(st.sets(st.integers(0, len(tokens) - 1)))
    kept = family[window(family, best, found, limit)]
    assert best in [each.row for each in kept]
    assert len(kept) == 1 or sum(each.tokens for each in kept) <= limit
    # Nothing more would have fitted on either side.
    left = limit - sum(each.tokens for each in kept)
    beside = [kept[0].row - 1, kept[-1].row + 1]
    assert all(tokens[row] > left for row in beside if 0 <= row < len(tokens))


def test_an_id_depends_on_the_members_alone() -> None:
    one, other = members(1, 2, 3), members(4, 5, 6)
    assert family_id(one) == family_id(other)
    assert family_id(one) != family_id(one[:2])
