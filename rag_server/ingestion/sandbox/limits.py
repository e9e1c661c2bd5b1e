"""What parsing one document may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes as sent, bytes as text, seconds, and bytes of address space of a parser."""

    input_bytes: int
    text_bytes: int
    seconds: float
    memory_bytes: int
