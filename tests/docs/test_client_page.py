"""The code of the client's page runs, from top to bottom, against a real server."""

import pytest

from tests.docs.pages import ROOT, Page
from tests.serving import ServerProcess

CLIENT = Page(ROOT / "docs" / "client.md")


def test_the_code_runs_in_order(server: ServerProcess, capsys: pytest.CaptureFixture[str]) -> None:
    scope: dict[str, object] = {"__name__": "client"}
    for block in CLIENT.blocks("python"):
        exec(block.replace("localhost:50051", server.address), scope)
    shown = capsys.readouterr().out
    assert "{'created': 2, 'updated': 0, 'unchanged': 0, 'failed': 0}" in shown
    assert "Staff get 25 days of paid vacation a year." in shown
    assert "COLLECTION_NOT_FOUND" in shown
