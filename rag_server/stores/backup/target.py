"""Where backups lie: a directory, or whatever else fsspec reaches by a URL."""

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from rag_server.core.errors import Exhausted, NotFound, RagError, Reason, Unavailable
from rag_server.stores.durability import flush


class Target:
    """Files under a URL. What was put is durable, and a published file is there whole or not
    at all. Names are relative, with slashes. Raises Unavailable without the driver's text,
    Exhausted (STORAGE_FULL) where a directory has no room."""

    def __init__(self, url: str, options: Mapping[str, Any] | None = None) -> None:
        """`options` go to fsspec's filesystem; they may hold secrets."""
        with _translated():
            self._files, self._root = fsspec.core.url_to_fs(
                url, use_listings_cache=False, skip_instance_cache=True, **(options or {})
            )
        self._local = isinstance(self._files, LocalFileSystem)

    def put(self, source: Path, name: str) -> None:
        """Store a file under `name`."""
        path = self._path(name)
        with _translated():
            self._make_room(path)
            self._files.put_file(str(source), path)
            self._flush(path)

    def publish(self, data: bytes, name: str) -> None:
        """Make `name` appear with this content, in one step."""
        path = self._path(name)
        # An object store does that by itself.
        part = f"{path}.part" if self._local else path
        with _translated():
            self._make_room(path)
            self._files.pipe_file(part, data)
            self._flush(part)
            if self._local:
                Path(part).replace(path)
                flush(Path(path).parent)

    def fetch(self, name: str, destination: Path) -> None:
        """Copy a file here. Raises NotFound."""
        with _translated(), _missing():
            self._files.get_file(self._path(name), str(destination))

    def read(self, name: str) -> bytes:
        """Content of a small file. Raises NotFound."""
        with _translated(), _missing():
            content: bytes = self._files.cat_file(self._path(name))
        return content

    def directories(self) -> list[str]:
        """Names of what lies directly under the URL, ascending."""
        with _translated():
            if not self._files.exists(self._root):
                return []
            found = self._files.ls(self._root, detail=False)
        return sorted(PurePosixPath(path).name for path in found)

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is fine."""
        with _translated():
            if self._files.exists(self._path(name)):
                self._files.rm_file(self._path(name))

    def remove_directory(self, name: str) -> None:
        """Remove a directory with all that is in it; one that is not there is fine."""
        with _translated():
            if self._files.exists(self._path(name)):
                self._files.rm(self._path(name), recursive=True)

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _make_room(self, path: str) -> None:
        # Elsewhere there are no directories, or the driver makes them.
        if self._local:
            Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _flush(self, path: str) -> None:
        if self._local:
            # The directory of a new backup is an entry of the root.
            for each in (Path(path), Path(path).parent, Path(self._root)):
                flush(each)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except RagError:
        raise
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise _unusable(error) from error
        raise Exhausted("the backup target is full", Reason.STORAGE_FULL) from error
    except Exception as error:
        raise _unusable(error) from error


def _unusable(error: Exception) -> Unavailable:
    # Drivers raise what they like, with addresses and keys in the text.
    return Unavailable(
        "the backup target cannot be used",
        Reason.BACKUP_TARGET_UNAVAILABLE,
        {"cause": type(error).__name__},
    )


@contextmanager
def _missing() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound("a file of the backup is missing", Reason.BACKUP_NOT_FOUND) from error
