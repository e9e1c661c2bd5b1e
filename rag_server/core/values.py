"""Metadata values and byte spans: the smallest pieces of the domain."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

Scalar = bool | int | float | str | datetime
# Lists are homogeneous: all str, all int or all float.
Value = Scalar | tuple[str, ...] | tuple[int, ...] | tuple[float, ...]
Metadata = Mapping[str, Value]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range [start, end) of offsets into the UTF-8 bytes of a text."""

    start: int
    end: int

    def shift(self, offset: int) -> "Span":
        """The same range, `offset` bytes further on."""
        return Span(self.start + offset, self.end + offset)

    def of(self, encoded: bytes) -> bytes:
        """The bytes of `encoded` in this range."""
        return encoded[self.start : self.end]
