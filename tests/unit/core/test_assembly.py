from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.core.assembly import Assembly
from rag_server.core.documents import Document, OutcomeKind
from rag_server.core.errors import InvalidRequest
from rag_server.core.frames import Answer, Credits, End, Frame, Header, Item, Refused

LARGEST = 10
WINDOW = Credits(bytes=16, items=3)
END = End()


@pytest.fixture
def assembly() -> Assembly:
    return Assembly(WINDOW, LARGEST)


def header(number: int, size: int | None = None, cost: int = 0) -> Header:
    return Header(number, Document(f"d{number}", b""), cost, size)


def taken(assembly: Assembly, *frames: Frame) -> list[Item | Answer]:
    return list(assembly.take(frames))


def failure(result: Item | Answer) -> tuple[int, str]:
    assert isinstance(result, Answer)
    assert result.outcome.kind is OutcomeKind.FAILED
    assert isinstance(result.outcome.error, InvalidRequest)
    return result.number, result.outcome.error.violations[0].field


def test_an_item_is_whole_at_its_end(assembly: Assembly) -> None:
    assert taken(assembly, header(1), b"ab", b"c", b"de") == []
    assert taken(assembly, END) == [Item(1, Document("d1", b"abcde"))]


def test_an_item_that_is_too_large_fails_and_gives_back_what_it_costs(assembly: Assembly) -> None:
    (failed,) = taken(assembly, header(1), b"x" * 9, b"xx")
    assert failure(failed) == (1, "content")
    assembly.settle(1)
    assert assembly.grant() == Credits(11, 1)
    for _ in range(10):
        assert taken(assembly, b"x" * 16) == []
        assert assembly.grant() == Credits(16, 0)
    assert taken(assembly, END, header(2), b"y", END) == [Item(2, Document("d2", b"y"))]


def test_an_item_that_says_it_is_too_large_fails_at_once(assembly: Assembly) -> None:
    (failed,) = taken(assembly, header(1, size=11))
    assert failure(failed) == (1, "content")


@pytest.mark.parametrize(
    ("frames", "field"),
    [
        ([header(1), b"a", header(2), b"b", END], "end"),
        ([header(1), END], "content"),
        ([header(1, size=3), b"ab", END], "content"),
        ([Refused(1, "", InvalidRequest("no")), b"a", END], None),
    ],
)
def test_a_wrong_item_fails_by_itself(
    assembly: Assembly, frames: Sequence[Frame], field: str | None
) -> None:
    failed, *others = taken(assembly, *frames)
    assert isinstance(failed, Answer)
    assert failed.number == 1
    assert field is None or failure(failed) == (1, field)
    assert all(isinstance(each, Item) for each in others)


@pytest.mark.parametrize(
    "frames",
    [
        [b"a"],
        [END],
        [header(1), b"a", END, END],
        [header(1), b"a", END, header(1)],
        [header(1), b"x" * 9, END, header(2), b"x" * 8],
        [header(1, cost=17)],
        [header(1), b"x", END, header(2), b"x", END, header(3), b"x", END, header(4)],
    ],
    ids=["data", "end", "second end", "number", "bytes", "header bytes", "items"],
)
def test_what_cannot_belong_to_an_item_or_is_not_paid_for_is_refused(
    assembly: Assembly, frames: Sequence[Frame]
) -> None:
    with pytest.raises(InvalidRequest):
        taken(assembly, *frames)


def test_what_is_left_open_fails_in_the_end(assembly: Assembly) -> None:
    assert taken(assembly, header(1), b"a") == []
    (failed,) = assembly.finish()
    assert failure(failed) == (1, "end")


frames = st.one_of(
    st.builds(header, st.integers(0, 3), st.none() | st.integers(0, 12), st.integers(0, 2)),
    st.binary(max_size=8),
    st.just(END),
    st.builds(Refused, st.integers(0, 3), st.just("d"), st.just(InvalidRequest("no"))),
)


@given(st.lists(frames, max_size=40))
def test_every_item_is_answered_once_and_its_credits_come_back(given_frames: list[Frame]) -> None:
    assembly = Assembly(WINDOW, LARGEST)
    left_bytes, left_items, begun, answered = WINDOW.bytes, WINDOW.items, 0, 0
    for frame in given_frames:
        try:
            results = taken(assembly, frame)
        except InvalidRequest:
            return
        if isinstance(frame, bytes):
            left_bytes -= len(frame)
        elif not isinstance(frame, End):
            left_bytes -= frame.bytes
            left_items -= 1
            begun += 1
        for each in results:
            assembly.settle(each.number)
        answered += len(results)
        if granted := assembly.grant():
            left_bytes += granted.bytes
            left_items += granted.items
        assert left_bytes >= 0
        assert left_items >= 0
    for each in assembly.finish():
        assembly.settle(each.number)
        answered += 1
    last = assembly.grant() or Credits(0, 0)
    assert (answered, left_items + last.items) == (begun, WINDOW.items)
    # What was lent beyond the window is paid back first.
    assert WINDOW.bytes <= left_bytes + last.bytes <= 2 * WINDOW.bytes


def test_an_item_larger_than_the_window_is_lent_what_it_lacks_once_it_is_alone() -> None:
    assembly = Assembly(WINDOW, 100)
    first, part = b"x" * 4, b"y" * 6
    assert len(taken(assembly, header(1), first, END, header(2), part, part)) == 1
    assert assembly.grant() is None
    assembly.settle(1)
    assert assembly.grant() == Credits(4 + WINDOW.bytes, 1)
    assert len(taken(assembly, *([part] * 3), END)) == 1
    assembly.settle(2)
    assert assembly.grant() == Credits(30 - WINDOW.bytes, 1)
