import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.core.documents import View
from rag_server.core.errors import InvalidRequest, Reason
from rag_server.core.tokens import (
    _seal,
    consistency_token,
    page_start,
    page_start_number,
    page_token,
    revision_of,
)


def test_a_consistency_token_gives_back_its_revision() -> None:
    assert revision_of(consistency_token(7, 42), View(7, 1, 50)) == 42


def test_a_consistency_token_of_another_collection_is_refused() -> None:
    with pytest.raises(InvalidRequest) as caught:
        revision_of(consistency_token(7, 42), View(8, 1, 50))
    assert caught.value.reason is Reason.INVALID_CONSISTENCY_TOKEN


@given(st.text(max_size=40))
def test_any_other_text_is_no_consistency_token(text: str) -> None:
    with pytest.raises(InvalidRequest):
        revision_of(text, View(7, 1, 50))


@given(st.text())
def test_a_page_token_gives_back_where_the_page_begins(after: str) -> None:
    assert page_start(page_token(after, "documents:1"), "documents:1") == after


def test_the_empty_page_token_is_the_first_page() -> None:
    assert page_start("", "documents:1") == ""


def test_a_page_token_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidRequest) as caught:
        page_start(page_token("a", "documents:1"), "documents:2")
    assert caught.value.reason is Reason.INVALID_PAGE_TOKEN


def test_a_damaged_page_token_is_refused() -> None:
    token = page_token("abc", "documents:1")
    damaged = ("B" if token[0] == "A" else "A") + token[1:]
    with pytest.raises(InvalidRequest):
        page_start(damaged, "documents:1")


@pytest.mark.parametrize("payload", ["²", "abc", "", "-1", "9" * 30, "1\0"])
def test_a_forged_number_is_refused_like_a_damaged_token(payload: str) -> None:
    # Tokens are no secrets: anybody can seal anything.
    with pytest.raises(InvalidRequest):
        revision_of(_seal(payload, "collection:7"), View(7, 1, 50))
    if payload:
        with pytest.raises(InvalidRequest):
            page_start_number(_seal(payload, "page:chunks"), "chunks")
