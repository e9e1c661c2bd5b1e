import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def untouched_by_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither this machine's variables nor a `.env` of the working directory."""
    for name in os.environ:
        if name.upper().startswith("RAGRPC_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
