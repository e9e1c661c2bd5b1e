"""Chunks of documents that have pages: none reaches over the end of one, so that the page of
a chunk is that of all it says."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

from rag_server.core.content import Parsed
from rag_server.core.documents import Piece

Cut = Callable[[str], list[Piece]]


def pieces_by_page(parsed: Parsed, cut: Cut) -> list[Piece]:
    """What `cut` makes of the text of each page, with spans in the whole text."""
    encoded = parsed.text.encode()
    bounds = [0, *_page_starts(parsed), len(encoded)]
    return [
        _shifted(piece, start)
        for start, end in pairwise(bounds)
        if start < end
        for piece in cut(encoded[start:end].decode())
    ]


def _page_starts(parsed: Parsed) -> Iterator[int]:
    page = parsed.marks[0].page if parsed.marks else None
    for mark in parsed.marks:
        if mark.page != page:
            page = mark.page
            yield mark.start


def _shifted(piece: Piece, offset: int) -> Piece:
    if not offset:
        return piece
    parent = piece.parent.shift(offset) if piece.parent else None
    return replace(piece, span=piece.span.shift(offset), parent=parent)
