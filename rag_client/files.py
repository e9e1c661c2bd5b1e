"""Files on disk as documents."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from rag_client.errors import InvalidArgument
from rag_client.types import ContentType, Document
from rag_client.values import Metadata

_KINDS = {
    ContentType.PLAIN: ".txt .rst .text",
    ContentType.MARKDOWN: ".md .markdown",
    ContentType.HTML: ".html .htm .xhtml",
    ContentType.PDF: ".pdf",
    ContentType.DOCX: ".docx",
    ContentType.CSV: ".csv .tsv",
    ContentType.JSONL: ".jsonl .ndjson",
    ContentType.IMAGE: ".png .jpg .jpeg .webp .gif",
    ContentType.CODE: ".py .pyi .js .mjs .cjs .jsx .ts .tsx .java .go .rs .c .h .cc .cpp .cxx"
    " .hh .hpp .cs .rb .php .swift .kt .scala .sh .sql .proto",
}
SUFFIXES = {suffix: kind for kind, suffixes in _KINDS.items() for suffix in suffixes.split()}
_BINARY = (ContentType.PDF, ContentType.DOCX, ContentType.IMAGE)


@dataclass(frozen=True, slots=True)
class Source:
    """A file to ingest, and the document it becomes."""

    path: Path
    id: str
    content_type: ContentType

    def check_same(self, other: "Source", how: str = "") -> None:
        """InvalidArgument unless `other`, which has the same id, is the same file; `how` a
        directory above both is named."""
        if self.path.resolve() != other.path.resolve():
            raise InvalidArgument.of(
                "PATH",
                f"{self.path} and {other.path} would both be {self.id!r}: "
                f"name a directory above both{how}",
            )


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files count. `globs` match the name or the id (none: every file);
    `content_type` overrides the suffix and lets every suffix in; ids are paths relative to
    `base`, or where that is None to the directory given (a file's own directory)."""

    globs: tuple[str, ...] = ()
    content_type: ContentType | None = None
    base: Path | None = None

    def sources(self, paths: Iterable[Path]) -> list[Source]:
        """The files under `paths`, each directory in order of its ids; hidden entries are
        left out.

        InvalidArgument: a file named itself whose suffix says nothing, a file outside
        `base`, or two files with one id.
        """
        found: dict[str, Source] = {}
        for source in (each for path in paths for each in self._under(path)):
            found.setdefault(source.id, source).check_same(source, " with --base")
        return list(found.values())

    def _under(self, path: Path) -> Iterator[Source]:
        if path.is_dir():
            sources = (self._source(each, path) for each in _files(path))
            yield from sorted((each for each in sources if each), key=lambda each: each.id)
            return
        if self._type_of(path) is None:
            known = " ".join(SUFFIXES)
            raise InvalidArgument.of("PATH", f"{path} has none of {known}: say which --type it is")
        source = self._source(path, path.parent)
        if source:
            yield source

    def _source(self, path: Path, root: Path) -> Source | None:
        content_type = self._type_of(path)
        name = self._id(path, root)
        wanted = not self.globs or any(
            fnmatchcase(path.name, glob) or fnmatchcase(name, glob) for glob in self.globs
        )
        return Source(path, name, content_type) if content_type and wanted else None

    def _type_of(self, path: Path) -> ContentType | None:
        return self.content_type or SUFFIXES.get(path.suffix.lower())

    def _id(self, path: Path, root: Path) -> str:
        if self.base is None:
            return _posix(path.relative_to(root))
        try:
            return _posix(path.resolve().relative_to(self.base.resolve()))
        except ValueError:
            raise InvalidArgument.of("--base", f"{path} is not under {self.base}") from None


def _posix(path: Path) -> str:
    # A name that is not UTF-8 on disk cannot be an id as it is.
    return os.fsencode(path.as_posix()).decode(errors="replace")


def _files(directory: Path) -> Iterator[Path]:
    for where, directories, names in os.walk(directory):
        directories[:] = [each for each in directories if not each.startswith(".")]
        yield from (Path(where, each) for each in names if not each.startswith("."))


def read(source: Source, metadata: Metadata, max_bytes: int) -> Document:
    """The document of a file; InvalidArgument (UNREADABLE_FILE) where it cannot be one."""
    raw = _bytes(source.path, max_bytes)
    if source.content_type in _BINARY:
        return Document(source.id, "", source.content_type, metadata=metadata, data=raw)
    return Document(source.id, _decoded(raw), source.content_type, metadata=metadata)


def _bytes(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            # No more than tells that it is too large: the file may have no end.
            raw = file.read(limit + 1)
    except OSError as error:
        raise _unreadable(f"the file cannot be read: {error.strerror}") from None
    if len(raw) > limit:
        raise _unreadable(f"the file is larger than the server takes ({limit:,} bytes)")
    return raw


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable("the file is not UTF-8 text") from None


def _unreadable(message: str) -> InvalidArgument:
    return InvalidArgument(message, reason="UNREADABLE_FILE")
