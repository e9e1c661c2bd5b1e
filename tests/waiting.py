"""Waiting for a condition instead of a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(find: Callable[[], T | None], seconds: float = 30.0) -> T:
    """The first result that is true; fails when there is none in time."""
    until = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.01)
    return found
