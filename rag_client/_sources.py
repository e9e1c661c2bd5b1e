"""What is ingested: documents as they are, files and directories as documents."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from rag_client.files import Selection, Source, read
from rag_client.types import Document

One: TypeAlias = Document | str | PathLike[str]
Sources: TypeAlias = One | Iterable[One]
AsyncSources: TypeAlias = Sources | AsyncIterable[One]


def entries(sources: Sources) -> Iterator[Document | Source]:
    """Documents, and files that are still to be read, in order; a directory stands for the files
    below it. InvalidArgument for two files with one id, of which the second would replace the
    first."""
    each_one = [sources] if isinstance(sources, Document | str | PathLike) else sources
    known: dict[str, Source] = {}
    for each in each_one:
        yield from _entries(each, known)


async def aio_entries(sources: AsyncSources) -> AsyncIterator[Document | Source]:
    """The same of what may be an asynchronous iterable."""
    if isinstance(sources, AsyncIterable):
        known: dict[str, Source] = {}
        async for each in sources:
            for entry in _entries(each, known):
                yield entry
    else:
        for entry in entries(sources):
            yield entry


def loaded(entry: Document | Source, max_bytes: int) -> Document:
    """The document of an entry. InvalidArgument where a file cannot become one."""
    return entry if isinstance(entry, Document) else read(entry, {}, max_bytes)


def _entries(one: One, known: dict[str, Source]) -> Iterable[Document | Source]:
    if isinstance(one, Document):
        return [one]
    found = Selection().sources([Path(one)])
    for each in found:
        known.setdefault(each.id, each).check_same(each)
    return found
