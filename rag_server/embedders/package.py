"""Model files inside an installed package, trusted by their sha256 alone."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rag_server.core.errors import PreconditionFailed


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of an installed package: path below the package, and what it must hash to."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """An importable package, the distribution that carries it, and its model files.

    The package is located, never imported: only its data is wanted.
    """

    module: str
    distribution: str

    def read(self, file: ModelFile) -> bytes:
        """The content of a file. Raises PreconditionFailed where the package or the
        file is missing, or where the content is not what it must be."""
        path = self._root() / file.path
        try:
            content = path.read_bytes()
        except OSError as error:
            raise self._broken(file, "cannot be read") from error
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise self._broken(file, "is not the expected one (its sha256 differs)")
        return content

    def _root(self) -> Path:
        spec = find_spec(self.module)
        if spec is None or not spec.submodule_search_locations:
            raise PreconditionFailed(
                f"the model package is missing; install {self.distribution}",
                metadata={"package": self.distribution},
            )
        return Path(next(iter(spec.submodule_search_locations)))

    def _broken(self, file: ModelFile, what: str) -> PreconditionFailed:
        return PreconditionFailed(
            f"the model file {file.path} {what}; reinstall {self.distribution}",
            metadata={"file": file.path, "package": self.distribution},
        )
