"""Files on disk as documents."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from rag_client.errors import InvalidArgument
from rag_client.types import ContentType, Document
from rag_client.values import Metadata

SUFFIXES = {
    ".txt": ContentType.PLAIN,
    ".rst": ContentType.PLAIN,
    ".md": ContentType.MARKDOWN,
    ".markdown": ContentType.MARKDOWN,
    ".html": ContentType.HTML,
    ".htm": ContentType.HTML,
}


@dataclass(frozen=True, slots=True)
class Source:
    """A file to ingest, and the document it becomes."""

    path: Path
    id: str
    content_type: ContentType


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
            if found.setdefault(source.id, source).path.resolve() != source.path.resolve():
                raise InvalidArgument.of(
                    "PATH",
                    f"{found[source.id].path} and {source.path} would both be {source.id!r}: "
                    "name a directory above both with --base",
                )
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
    try:
        raw = source.path.read_bytes()
    except OSError as error:
        raise _unreadable(f"the file cannot be read: {error.strerror}") from None
    if len(raw) > max_bytes:
        raise _unreadable(f"the file is larger than the server takes ({max_bytes:,} bytes)")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable("the file is not UTF-8 text") from None
    return Document(source.id, text, source.content_type, metadata=metadata)


def _unreadable(message: str) -> InvalidArgument:
    return InvalidArgument(message, reason="UNREADABLE_FILE")
