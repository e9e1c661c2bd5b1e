"""Metadata values and byte spans, and which values the contract can carry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite

from rag_client.errors import InvalidArgument

# A datetime without a timezone is taken as UTC; those read back are always aware, in UTC.
Scalar = bool | int | float | str | datetime
# Lists are not empty and hold one kind of item: all str, all int or all float. Read back,
# they are tuples.
Value = Scalar | Sequence[str] | Sequence[int] | Sequence[float]
Metadata = Mapping[str, Value]

_INT64 = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range [start, end) of offsets into the UTF-8 bytes of a text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The part of `text` in this range."""
        return text.encode()[self.start : self.end].decode()


def checked(field: str, value: object) -> Value:
    """`value` as it will be read back: lists as tuples, datetimes aware and in UTC.

    Raises InvalidArgument naming `field` for what the contract cannot carry: other types,
    None, NaN and infinities, integers beyond 64 bits, lists that are empty, mix kinds or
    hold anything but str, int or float.
    """
    if isinstance(value, list | tuple):
        return _list(field, value)
    return _scalar(field, value)


def _scalar(field: str, value: object) -> Scalar:
    match value:
        case bool():
            return value
        case str():
            return _text(field, value)
        case int():
            return _integer(field, value)
        case float():
            return _number(field, value)
        case datetime():
            return _instant(field, value)
        case _:
            kinds = "a bool, int, float, str, datetime or a list of str, int or float"
            raise InvalidArgument.of(field, f"must be {kinds}, not {type(value).__name__}")


def _list(field: str, items: Sequence[object]) -> Value:
    if not items:
        raise InvalidArgument.of(field, "a list must not be empty")
    kinds = {type(item) for item in items}
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise InvalidArgument.of(field, f"a list must hold one kind of item, not {names}")
    values = tuple(_scalar(f"{field}[{at}]", item) for at, item in enumerate(items))
    if any(isinstance(each, bool | datetime) for each in values):
        raise InvalidArgument.of(field, "a list must hold str, int or float")
    return values  # type: ignore[return-value]  # one kind of item, as checked above


def _text(field: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidArgument.of(field, "is not valid Unicode") from None
    return value


def _integer(field: str, value: int) -> int:
    if value not in _INT64:
        raise InvalidArgument.of(field, "must fit in a signed 64-bit integer")
    return value


def _number(field: str, value: float) -> float:
    if not isfinite(value):
        raise InvalidArgument.of(field, "must be finite")
    return value


def _instant(field: str, value: datetime) -> datetime:
    try:
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except OverflowError:
        raise InvalidArgument.of(field, "must lie in the years 1 to 9999, in UTC") from None
