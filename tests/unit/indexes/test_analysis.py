import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.indexes.lexical.analysis import analyse


def words(text: str) -> list[str]:
    return list(analyse(text).words)


def pairs(text: str) -> list[tuple[str, ...]]:
    return [tuple(pair.split("\x1f")) for pair in analyse(text).pairs]


def test_words_are_folded_stemmed_and_stop_words_left_out() -> None:
    assert words("The Boundaries of a FLOW were flowing") == ["boundari", "flow", "flow"]
    assert words("\ufb01ne Straße \u2163") == ["fine", "strass", "iv"]


@pytest.mark.parametrize(
    ("text", "whole", "parts"),
    [
        ("ERR_CONN_42", "err_conn_42", ["err", "conn", "42"]),
        ("v1.2.3", "v1.2.3", ["v", "1", "2", "3"]),
        ("foo.bar()", "foo.bar", ["foo", "bar"]),
        ("my-app-2", "my-app-2", ["app", "2"]),
        ("CamelCase", "camelcas", ["camel", "case"]),
        ("parseURL", "parseurl", ["pars", "url"]),
        ("HTTPServer", "httpserver", ["http", "server"]),
        ("std::vector", "std::vector", ["std", "vector"]),
        ("ann@example.com", "ann@example.com", ["ann", "exampl", "com"]),
        ("C++", "c++", ["c"]),
        ("x86", "x86", ["x", "86"]),
    ],
)
def test_identifiers_are_found_whole_and_by_their_parts(
    text: str, whole: str, parts: list[str]
) -> None:
    assert words(text) == [whole, *parts]


def test_compounds_are_their_parts_and_found_whole_by_the_pair() -> None:
    assert words("boundary-layer") == words("boundary layer") == ["boundari", "layer"]
    assert pairs("boundary-layer") == [("boundari", "layer")]


def test_pairs_reach_over_stop_words() -> None:
    assert pairs("the flow of the gas is hot") == [("flow", "gas"), ("gas", "hot")]


def test_numbers_have_one_spelling() -> None:
    assert words("1,000 1000 1000.0 3.14") == ["1000", "1000", "1000", "3.14"]
    assert words("twelve") == words("12")


def test_scripts_without_spaces_give_characters_and_neighbours() -> None:
    assert words("東京都") == ["東", "京", "都", "東京", "京都"]
    assert set(words("京都")) <= set(words("東京都に住む"))
    assert words("abc東京") == ["abc", "東", "京", "東京"]
    assert set(words("ไทย")) <= set(words("ภาษาไทย"))


def test_marks_belong_to_their_words() -> None:
    assert words("हिन्दी भाषा") == ["हिन्दी", "भाषा"]
    assert words("cafe\u0301") == words("café")
    assert words("co\u00adoperate") == words("cooperate")


@given(st.text())
def test_terms_hold_no_white_space_and_are_bounded(text: str) -> None:
    terms = analyse(text)
    for term in (*terms.words, *terms.pairs):
        assert term
        assert term.split() == [term] or "\x1f" in term
        assert not any(mark in term for mark in " \t\n\r\x0b\x0c")
        assert len(term) <= 2 * 3 * 128 + 1


@given(st.lists(st.sampled_from(["flow", "ERR_1", "東京", "v2.0", "the", "Café"]), max_size=12))
def test_the_words_of_a_text_are_those_of_its_tokens(tokens: list[str]) -> None:
    together = [word for token in tokens for word in words(token)]
    assert words(" ".join(tokens)) == together


@given(st.text(max_size=40))
def test_brackets_around_a_text_change_nothing(text: str) -> None:
    assert analyse(f"({text})") == analyse(text)


def test_a_long_token_costs_time_in_proportion_and_makes_short_terms() -> None:
    terms = analyse("a" * 1_000_000 + " " + "b_1" * 10_000)
    assert max(map(len, terms.words)) <= 128
