import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.text.identifiers import names_things


@pytest.mark.parametrize(
    "question",
    [
        "ERR_CONN_42",
        "What is ERR_CONN_42?",
        "v1.2.3",
        "changes in v1.2.3",
        "/etc/hosts",
        "os.path.join",
        "getUserName",
        "192.168.0.1",
        "std::vector",
        "src\\main.c",
        "CVE-2024-1234",
    ],
)
def test_questions_that_are_identifiers(question: str) -> None:
    assert names_things(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many days of vacation do staff get?",
        "What happened in 2024?",
        "e-mail rules",
        "who?",
        "U.S. policy on trade",
        "How do I reset my iPhone password quickly?",
        "???",
        "",
    ],
)
def test_questions_in_words(question: str) -> None:
    assert not names_things(question)


@given(st.text(max_size=200))
def test_any_text_is_one_or_the_other(question: str) -> None:
    assert names_things(question) in (True, False)
