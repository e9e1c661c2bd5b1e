"""Chunks that were found, by what they stand in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from math import inf

from rag_server.core.documents import Relative, StoredChunk
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import Expansion

# Document; start of the parent in it, or -1; id of a chunk that has no parent, or empty.
Key = tuple[str, int, str]


@dataclass(slots=True)
class Family:
    """What was found of one parent: `children` best first, each with its chunk."""

    children: list[tuple[Candidate, StoredChunk]] = field(default_factory=list)

    @property
    def best(self) -> Candidate:
        """The best child."""
        return self.children[0][0]

    @property
    def chunk(self) -> StoredChunk:
        """The best child's chunk."""
        return self.children[0][1]

    def score(self, mean_of: int) -> float:
        """Mean of the best children's scores."""
        scores = [child.score for child, _ in self.children[:mean_of]]
        return sum(scores) / len(scores)


def families(
    children: Iterable[tuple[Candidate, StoredChunk]], expansion: Expansion
) -> list[Family]:
    """By parent, in the order of their best children; a chunk without one is its own."""
    found: dict[Key, Family] = {}
    for candidate, chunk in children:
        found.setdefault(_key(chunk, expansion), Family()).children.append((candidate, chunk))
    return list(found.values())


def _key(chunk: StoredChunk, expansion: Expansion) -> Key:
    if expansion is Expansion.DOCUMENT:
        return chunk.document_id, -1, ""
    if chunk.parent is None:
        return chunk.document_id, -1, chunk.id
    return chunk.document_id, chunk.parent.start, ""


def family_id(members: Sequence[Relative]) -> str:
    """Id of what `members` make up. Theirs come from the text and its place among equal ones,
    so this one is the same after any ingest of the same text."""
    return sha256("\n".join(each.id for each in members).encode()).hexdigest()[:32]


def window(members: Sequence[Relative], best: int, found: set[int], limit: int) -> slice:
    """Neighbouring members around the row `best` with at most `limit` tokens in all, or `best`
    alone; grows to the side where something that was `found` (rows) is nearer, else towards the
    shorter neighbour."""
    start = next(place for place, each in enumerate(members) if each.row == best)
    stop, left = start + 1, limit - members[start].tokens
    places = [place for place, each in enumerate(members) if each.row in found]
    while True:
        before = min((start - 1 - place for place in places if place < start), default=inf)
        after = min((place - stop for place in places if place >= stop), default=inf)
        sides = [(before, start - 1), (after, stop)]
        fitting = [
            (distance, members[place].tokens, place)
            for distance, place in sides
            if 0 <= place < len(members) and members[place].tokens <= left
        ]
        if not fitting:
            return slice(start, stop)
        _, tokens, place = min(fitting)
        left -= tokens
        start, stop = min(start, place), max(stop, place + 1)
