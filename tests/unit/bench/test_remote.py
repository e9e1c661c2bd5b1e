import os

import pytest

from tests.bench.remote import Remote


class Counter:
    def __init__(self, start: int) -> None:
        if start < 0:
            raise ValueError("start must not be negative")
        self._count = start

    def add(self, number: int) -> int:
        self._count += number
        return self._count

    def process(self) -> int:
        return os.getpid()

    def divide(self) -> float:
        return self._count / 0


def test_the_object_lives_in_another_process_and_keeps_its_state() -> None:
    with Remote(Counter, 5) as counter:
        assert counter.call(Counter.process) != os.getpid()
        assert counter.call(Counter.add, 2) == 7
        assert counter.call(Counter.add, 3) == 10


def test_an_error_over_there_is_an_error_here_and_the_object_lives_on() -> None:
    with Remote(Counter, 5) as counter:
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            counter.call(Counter.divide)
        assert counter.call(Counter.add, 1) == 6


def test_an_object_that_cannot_be_made_is_an_error_at_once() -> None:
    with pytest.raises(RuntimeError, match="must not be negative"):
        Remote(Counter, -1)
