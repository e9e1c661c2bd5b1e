"""Documents whose text says which document and version it is, in every part."""

import random
import re
from collections.abc import Iterable
from functools import cache

from rag_client import Document, F, Filter, Metadata

KIND = "story"
OF_STORIES: Filter = F("kind") == KIND

# Long enough that no two parts share a chunk.
_WORDS = 44
_MARK = re.compile(r"version (\d+) part")


@cache
def text(document_id: str, version: int) -> str:
    """The text of a version (from 1). Two to six parts are its own; the last part is the
    same in all versions, as much of an edited document is."""
    drawn = random.Random(f"{document_id}/{version}")
    count = drawn.randint(2, 6)
    own = [
        f"{document_id} version {version} part {part} of {count}: {_filler(drawn)}"
        for part in range(1, count + 1)
    ]
    stable = f"{document_id} in all versions: {_filler(random.Random(document_id))}"
    return "\n\n".join([*own, stable])


def document(document_id: str, version: int) -> Document:
    """A version as it is sent."""
    metadata: Metadata = {"kind": KIND, "version": version}
    return Document(id=document_id, text=text(document_id, version), metadata=metadata)


def whole_version(document_id: str, chunks: Iterable[str]) -> int | None:
    """The version that chunks (in order) make up completely; None where they are not
    exactly the text of one version."""
    joined = "".join(chunks)
    mark = _MARK.search(joined)
    if mark is None:
        return None
    version = int(mark[1])
    return version if _visible(joined) == _visible(text(document_id, version)) else None


def versions(chunks: Iterable[str]) -> set[int]:
    """All versions that any of the chunks belongs to."""
    return {int(mark) for chunk in chunks for mark in _MARK.findall(chunk)}


def _filler(drawn: random.Random) -> str:
    return " ".join(f"w{drawn.randrange(10_000)}" for _ in range(_WORDS))


def _visible(joined: str) -> str:
    return "".join(joined.split())
