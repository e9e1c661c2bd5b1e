"""The lexical index: its parts by name, each in a directory of its own."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from threading import Lock

from rag_server.core.documents import ChunkWords
from rag_server.core.errors import Reason, Unavailable
from rag_server.core.protocols import RankedRows
from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.indexes.lexical import layout
from rag_server.indexes.lexical.analysis import analyse
from rag_server.indexes.lexical.part import Damaged, Part, score_beside
from rag_server.indexes.lexical.tail import Counts

# Before the name of a directory that is being removed.
_GONE = "gone-"
_NOTHING = Counts(0, 0.0, Counter[str]().__getitem__)


class LexicalIndex:
    """Implements `core.protocols.LexicalIndex`. Searches may run beside anything; changes come
    from one thread. A part that is damaged is forgotten, and made anew by who follows."""

    def __init__(self, directory: Path, catalog: str, telemetry: Telemetry = SILENT) -> None:
        """`catalog`: its identity. What is of another, or cannot be read, is removed."""
        self._directory = directory
        self._catalog = catalog
        self._telemetry = telemetry
        self._lock = Lock()
        self._parts: dict[str, Part] = {}
        directory.mkdir(parents=True, exist_ok=True)
        for path in sorted(directory.iterdir()):
            self._open(path)

    def prepare(self, name: str) -> int:
        """Make the part unless it is there; the revision that it has applied."""
        if name not in self._parts:
            path = self._directory / name
            self._remove(path)
            try:
                self._parts[name] = Part.create(path, self._catalog)
            except Damaged as error:
                raise _away() from error
        return self.applied(name)

    def applied(self, name: str) -> int:
        """Revision up to which the feed is applied; 0 for an unknown name."""
        part = self._parts.get(name)
        return 0 if part is None else part.applied

    def apply(self, name: str, chunks: Sequence[ChunkWords], upto: int) -> None:
        """Add the chunks and publish `upto` in one commit; idempotent. Raises Unavailable
        where that fails, and forgets a part that cannot be read any more."""
        part = self._changing(name)
        try:
            part.apply(chunks, upto, self._telemetry)
        except Damaged as error:
            self._doubt(name, part)
            raise _away() from error

    def remove(self, name: str, ids: Sequence[str]) -> None:
        """Remove chunks; unknown ids and names are fine."""
        part = self._parts.get(name)
        if part is None or not ids:
            return
        try:
            part.remove(ids, self._telemetry)
        except Damaged as error:
            self._doubt(name, part)
            raise _away() from error

    def search(
        self,
        name: str,
        question: str,
        limit: int,
        *,
        bigram_weight: float,
        among: Sequence[str] | None = None,
        applied: int = 0,
    ) -> list[tuple[str, float]]:
        """Up to `limit` (chunk id, score), best first; none for an unknown name."""
        those = None if among is None else layout.by_id(among)
        query = layout.query(analyse(question), bigram_weight, those)
        with self._reading(name, applied) as part:
            if part is None or query is None:
                return []
            return part.search(query, limit)

    def rank(
        self,
        name: str,
        question: str,
        limit: int,
        *,
        bigram_weight: float,
        among: Sequence[int] | None = None,
        applied: int = 0,
    ) -> RankedRows:
        """The same by rows; none at revision 0 for an unknown name."""
        those = None if among is None else layout.by_row(among)
        query = layout.query(analyse(question), bigram_weight, those)
        with self._reading(name, applied) as part:
            if part is None or query is None:
                return RankedRows.nothing(self.applied(name))
            return part.rank(query, limit)

    def score(
        self, name: str, question: str, texts: Sequence[ChunkWords], *, bigram_weight: float
    ) -> list[float]:
        """Scores of chunks that the part may not have."""
        if not texts:
            return []
        asked, counted = analyse(question), [layout.counted(each) for each in texts]
        part = self._parts.get(name)
        if part is None:
            return score_beside(asked, counted, bigram_weight, _NOTHING, _NOTHING)
        try:
            return part.score(asked, counted, bigram_weight)
        except Damaged as error:
            self._forget(name, part)
            raise _lost() from error

    def ids(self, name: str) -> list[str]:
        """Ids of all chunks of a part; none for an unknown name."""
        part = self._parts.get(name)
        try:
            return [] if part is None else part.ids()
        except Damaged as error:
            raise _away() from error

    def count(self, name: str) -> int:
        """Number of chunks of a part."""
        part = self._parts.get(name)
        return 0 if part is None else len(part)

    def drop(self, name: str) -> None:
        """Remove the whole part; an unknown name is fine."""
        part = self._parts.get(name)
        if part is not None:
            self._forget(name, part)
            part.close()
        self._remove(self._directory / name)

    def names(self) -> list[str]:
        """Names of all parts."""
        return list(self._parts)

    def refresh(self) -> None:
        """Notice parts whose files are gone, and let writers rest."""
        for name, part in list(self._parts.items()):
            if not (part.path / "meta.json").exists():
                self._forget(name, part)
                continue
            try:
                part.rest()
            except Damaged:
                self._doubt(name, part)

    def close(self) -> None:
        """Let go of all writers."""
        for part in self._parts.values():
            part.close()

    @contextmanager
    def _reading(self, name: str, applied: int) -> Iterator[Part | None]:
        """The part; None for an unknown name. Raises Unavailable unless `applied` is there,
        and where what is read is damaged, which is forgotten."""
        part = self._parts.get(name)
        if applied > (0 if part is None else part.applied):
            raise _lost()
        try:
            yield part
        except Damaged as error:
            if part is not None:
                self._forget(name, part)
            raise _lost() from error

    def _open(self, path: Path) -> None:
        try:
            self._parts[path.name] = Part.open(path, self._catalog)
        except Damaged:
            self._remove(path)

    def _changing(self, name: str) -> Part:
        part = self._parts.get(name)
        if part is None:
            raise _lost()
        return part

    def _doubt(self, name: str, part: Part) -> None:
        """After a change that failed: a full disk leaves the part good, lost files do not."""
        part.close()
        try:
            Part.open(part.path, self._catalog)
        except Damaged:
            self._forget(name, part)

    def _forget(self, name: str, part: Part) -> None:
        with self._lock:
            if self._parts.get(name) is part:
                del self._parts[name]

    def _remove(self, path: Path) -> None:
        """Remove a directory; a kill in between leaves nothing that looks like a part."""
        if not path.exists():
            return
        gone = path.with_name(_GONE + path.name.removeprefix(_GONE))
        if gone != path:
            rmtree(gone, ignore_errors=True)
            path.rename(gone)
        rmtree(gone, ignore_errors=True)


def _lost() -> Unavailable:
    message = "the lexical index does not have what it had: it is being filled again"
    return Unavailable(message, Reason.INDEX_BEHIND)


def _away() -> Unavailable:
    return Unavailable("the lexical index cannot be written or read", Reason.NOT_READY)
