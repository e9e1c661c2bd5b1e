"""Shared by all benchmarks: the report, and the data directory of 10,000 chunks."""

import shutil
from pathlib import Path

import pytest
from rich.console import Console

from tests.bench.library import Filler
from tests.bench.remote import Remote
from tests.bench.report import Report
from tests.bench.results import Results

_REPORT = pytest.StashKey[Report]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_REPORT] = Report(Results.of("bench"))


def pytest_terminal_summary(config: pytest.Config) -> None:
    config.stash[_REPORT].print("Benchmarks", Console())


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    return request.config.stash[_REPORT]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with 10,000 chunks; one server at a time may use it."""
    data_dir = tmp_path_factory.mktemp("filled")
    with Remote(Filler, data_dir) as filler:
        filler.call(Filler.fill)
    return data_dir


@pytest.fixture
def filled_copy(filled: Path, tmp_path: Path) -> Path:
    """The same again, for who does without a server."""
    return Path(shutil.copytree(filled, tmp_path / "copy"))
