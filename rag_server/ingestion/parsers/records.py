"""Records of structured files as text that can be found and quoted."""

from collections.abc import Iterable

from rag_server.ingestion.parsers.encoding import visible

# A blank line, so that a record is a paragraph and is cut from its neighbours.
_BETWEEN = "\n\n"


def record(fields: Iterable[tuple[str, str]]) -> str:
    """One line of `name: value` for all values that are not blank."""
    words = ((name, " ".join(value.split())) for name, value in fields)
    return "; ".join(f"{name}: {value}" if name else value for name, value in words if value)


def joined(records: Iterable[str]) -> str:
    """The records that say anything, a paragraph each."""
    return visible(_BETWEEN.join(each for each in records if each))
