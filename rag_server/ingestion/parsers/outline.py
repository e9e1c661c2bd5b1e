"""Where the sections that a document's outline names begin on a page."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rag_server.text.headings import HeadingPath


class Entry(NamedTuple):
    """A section of an outline; `level` counts from 1."""

    level: int
    title: str


def sections(
    blocks: Sequence[str], entries: Sequence[Entry], path: HeadingPath
) -> Iterator[tuple[str, str]]:
    """(block, headings that it stands under) of a page on which `entries` begin, in order;
    `path` is followed. A section begins at the block that begins with its title; one whose
    title is nowhere begins where the one before it did, or with the page."""
    places = list(_places(blocks, entries))
    for index, block in enumerate(blocks):
        for entry in (each for place, each in places if place == index):
            path.enter(*entry)
        yield block, str(path)


def _places(blocks: Sequence[str], entries: Sequence[Entry]) -> Iterator[tuple[int, Entry]]:
    """(index of the block, entry), ascending."""
    keys = [(_key(block), _key(block.partition("\n")[0])) for block in blocks]
    reached = 0
    for entry in entries:
        wanted = _key(entry.title)
        found = (i for i in range(reached, len(keys)) if wanted and _begins(*keys[i], wanted))
        reached = next(found, reached)
        yield reached, entry


def _begins(block: str, line: str, title: str) -> bool:
    # On the page a number may stand before it.
    return block.startswith(title) or line.endswith(title)


def _key(text: str) -> str:
    """Letters and digits only: outlines and pages differ in all else."""
    return re.sub(r"[\W_]+", "", text).casefold()
