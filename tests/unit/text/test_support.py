import pytest

from rag_server.text.support import NUMBER_CAP, support
from rag_server.text.words import words


def score(statement: str, source: str) -> float:
    return support(words(statement), words(source))


def test_words_are_folded_stemmed_and_rid_of_stop_words() -> None:
    assert words("The ENGINES were dancing, not").stems == ("engin", "danc", "not")


@pytest.mark.parametrize("identifier", ["err_conn_42", "v1.2.3", "x86"])
def test_identifiers_stay_whole(identifier: str) -> None:
    assert (identifier,) == words(f"the {identifier.upper()}").stems


@pytest.mark.parametrize("spelling", ["1,000", "1000", "1000.0", "1,000.00"])
def test_a_number_has_one_spelling(spelling: str) -> None:
    assert frozenset({"1000"}) == words(spelling).numbers


def test_a_number_word_is_a_number() -> None:
    assert words("twelve days").numbers == words("12 days").numbers


def test_a_statement_in_the_words_of_its_source_is_fully_supported() -> None:
    assert score("Staff get 25 days.", "All staff get 25 days a year.") == 1.0


def test_a_statement_about_something_else_is_not_supported() -> None:
    assert score("Pigeons fly south", "Staff get 25 days.") == 0.0


def test_a_statement_without_content_is_not_supported() -> None:
    assert score("It is.", "It is.") == 0.0


def test_the_order_of_words_counts() -> None:
    source = "Dogs bite men"
    assert score("dogs bite men", source) > score("men bite dogs", source) > 0.0


def test_a_number_that_the_source_lacks_caps_the_score() -> None:
    assert score("Staff get 30 days a year.", "Staff get 25 days a year.") == NUMBER_CAP


def test_a_negation_that_the_source_lacks_costs_support() -> None:
    source = "The valve is safe."
    assert score("The valve is not safe.", source) < score("The valve is safe.", source)
