import itertools
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.text.sentences import sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["One.", "Two!", "Three?", "Four"],
        ["He met Dr. Smith at 3.14 p.m. on Monday.", "v1.2.3 is out."],
        ["The U.S. Government said no.", "He lives in the U.S.", "The end."],
        ["J. R. R. Tolkien wrote it, e.g. in 1954.", "See Fig. 3 for more."],
        ["He is No. 1.", "No.", "That is wrong."],
        ['"Is it?" he asked.', '"Yes!"', "She left.", "(Really.)", "Done... or not"],
        ["Call foo.bar() on example.com now.", "it works."],
        ["Staff get 25 days.[1][2]", "More follow. [3]", "Last [4]."],
        ["the problem .", "the results were small ."],
    ],
)
def test_sentences_of_english(expected: list[str]) -> None:
    assert expected == split(" ".join(expected))


@pytest.mark.parametrize(
    "expected",
    [
        ["\u65e5\u672c\u8a9e\u3067\u3059\u3002", "\u300c\u306f\u3044\u3002\u300d", "\u7d42"],
        ["\u0906\u092a\u0964", "\u092e\u0948\u0902\u0964"],
    ],
)
def test_sentences_of_scripts_without_spaces_between_them(expected: list[str]) -> None:
    assert expected == split("".join(expected))


@pytest.mark.parametrize(
    "expected",
    [
        ["# Head", "Body text"],
        ["Title\n=====", "Body text"],
        ["- one", "- two", "12. three"],
        ["| a | b |", "| c | d |"],
        ["a\tb", "c\td"],
        ["before", "```py\nx = 1. Y\n\nz = 2\n```", "after"],
    ],
)
def test_structure_is_a_boundary(expected: list[str]) -> None:
    assert expected == split("\n".join(expected))


def test_lines_wrapped_by_hand_are_one_sentence() -> None:
    assert split("This is\nwrapped. So is\r\nthis.") == ["This is\nwrapped.", "So is\r\nthis."]


def test_a_blank_line_ends_a_sentence() -> None:
    assert split("no period\n \nnext") == ["no period", "next"]


def test_a_stray_fence_does_not_swallow_the_rest() -> None:
    assert len(split("Text.\n\n```\nOne. Two.")) == 3


TEXTS = st.text() | st.lists(
    st.sampled_from(
        ["A b.", " ", "\n", "# h", "```", "|x|", "- i", "===", "\u3002", "[1]", ".", '"']
    )
).map("".join)


@given(TEXTS)
def test_ranges_are_trimmed_disjoint_and_hold_every_visible_character(text: str) -> None:
    ranges = sentences(text)
    assert all(
        text[start:end] and text[start:end] == text[start:end].strip() for start, end in ranges
    )
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(ranges))
    visible = "".join(text.split())
    assert visible == "".join("".join(text[start:end].split()) for start, end in ranges)


@pytest.mark.parametrize(
    "unit",
    [
        ".",
        ".)",
        "a.b",
        ". [1]",
        "- ",
        "# a\n",
        "|",
        "```\n",
        "=",
        "\u3002",
        '"',
        "a\t",
        "[1",
        "1. ",
    ],
)
def test_the_time_grows_with_the_length_not_with_its_square(
    unit: str, seconds: Callable[[Callable[[], object]], float]
) -> None:
    short, long = unit * (10_000 // len(unit)), unit * (320_000 // len(unit))
    # 32 times the length: linear is 32 times the time, quadratic 1,024 times.
    assert seconds(lambda: sentences(long)) < 250 * seconds(lambda: sentences(short))


@pytest.fixture
def seconds() -> Callable[[Callable[[], object]], float]:
    def best_of_three(work: Callable[[], object]) -> float:
        times = []
        for _ in range(3):
            started = time.process_time()
            work()
            times.append(time.process_time() - started)
        return min(times)

    return best_of_three
