from collections.abc import Iterator

import pytest

from tests.serving import ServerProcess, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of its own for each page, since pages use the same names."""
    with serving(tmp_path_factory.mktemp("docs") / "data") as running:
        yield running
