import pytest

from tests.chaos.ledger import ABSENT, Ledger
from tests.chaos.story import text, versions, whole_version


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(("a", "b"))


def test_a_document_that_was_never_asked_for_must_be_absent(ledger: Ledger) -> None:
    assert [ledger.accepts("a", state) for state in (ABSENT, 1)] == [True, False]


def test_what_was_asked_but_not_acknowledged_may_or_may_not_have_happened(ledger: Ledger) -> None:
    ledger.ask({"a": 1})
    assert [ledger.accepts("a", state) for state in (ABSENT, 1, 2)] == [True, True, False]


def test_what_was_acknowledged_must_be_there(ledger: Ledger) -> None:
    ledger.ask({"a": 1})
    ledger.acknowledge(["a"])
    assert [ledger.accepts("a", state) for state in (ABSENT, 1)] == [False, True]


def test_while_an_update_is_under_way_either_version_will_do(ledger: Ledger) -> None:
    ledger.ask({"a": 1})
    ledger.acknowledge(["a"])
    ledger.ask({"a": 2})
    assert [ledger.accepts("a", state) for state in (ABSENT, 1, 2)] == [False, True, True]


def test_an_acknowledged_deletion_must_not_come_back(ledger: Ledger) -> None:
    ledger.ask({"a": 1})
    ledger.acknowledge(["a"])
    ledger.ask({"a": ABSENT})
    ledger.acknowledge(["a"])
    assert [ledger.accepts("a", state) for state in (ABSENT, 1)] == [True, False]


def test_a_restart_settles_what_was_under_way(ledger: Ledger) -> None:
    ledger.ask({"a": 1})
    ledger.settle("a", 1)
    assert [ledger.accepts("a", state) for state in (ABSENT, 1)] == [False, True]


def test_versions_are_never_asked_for_twice(ledger: Ledger) -> None:
    assert [ledger.next_version("a") for _ in range(3)] == [1, 2, 3]
    assert ledger.next_version("b") == 1


def test_all_parts_of_one_version_are_whole() -> None:
    assert whole_version("a", text("a", 3).split("\n\n")) == 3


def test_a_missing_part_is_not_whole() -> None:
    parts = text("a", 3).split("\n\n")
    assert [whole_version("a", parts[:cut] + parts[cut + 1 :]) for cut in range(len(parts))] == [
        None
    ] * len(parts)


def test_parts_of_two_versions_are_not_whole() -> None:
    mixed = text("a", 3).split("\n\n")[:1] + text("a", 4).split("\n\n")[1:]
    assert whole_version("a", mixed) is None
    assert versions(mixed) == {3, 4}


def test_another_documents_text_is_not_whole() -> None:
    assert whole_version("a", [text("b", 3)]) is None
