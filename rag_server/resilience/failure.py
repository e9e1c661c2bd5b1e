"""What adapters of drivers raise, so that retries and breakers understand it."""

from dataclasses import dataclass


@dataclass
class Failure(Exception):
    """A dependency did not answer, or not as one that works. What it refuses for a reason of
    the question is no Failure.

    `detail` is one phrase for a person, without driver text ("cannot be reached");
    `transient`: asking again at once may help; `timed_out`: the time given was not enough;
    `retry_after`: seconds that the dependency itself asks to be left alone, if it did.
    """

    detail: str
    transient: bool = True
    timed_out: bool = False
    retry_after: float | None = None


@dataclass
class BreakerOpen(Exception):
    """The dependency was not asked, since it fails; `retry_after` seconds from now it may be."""

    retry_after: float


class CutShort(Exception):
    """The caller's deadline left less time than the dependency is normally given."""
