"""Points in time as the catalog stores them: whole microseconds since 1970, UTC."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def now_utc() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def to_micros(instant: datetime) -> int:
    """Microseconds since 1970 of an aware datetime; exact."""
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The datetime in UTC of such a number; exact."""
    return _EPOCH + timedelta(microseconds=micros)


def micros_of(span: timedelta) -> int:
    """Whole microseconds of a length of time."""
    return span // _MICROSECOND
