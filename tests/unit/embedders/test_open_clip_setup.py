"""A server that is told to use OpenCLIP says what it lacks."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.embedders import IMAGE_EMBEDDERS


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "open_clip", ModuleType("open_clip"))


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "open_clip", None)
    with pytest.raises(PreconditionFailed, match=r"ragrpc\[clip\]") as caught:
        IMAGE_EMBEDDERS["open_clip"](tmp_path)
    assert caught.value.reason is Reason.EXTRA_NOT_INSTALLED


@pytest.mark.usefixtures("installed")
def test_without_a_model_the_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(PreconditionFailed, match=r"images\.model must name"):
        IMAGE_EMBEDDERS["open_clip"](None)
    with pytest.raises(PreconditionFailed, match=r"holds no open_clip_config\.json"):
        IMAGE_EMBEDDERS["open_clip"](tmp_path)
    (tmp_path / "open_clip_config.json").write_text("{}")
    with pytest.raises(PreconditionFailed, match="holds none of open_clip_model"):
        IMAGE_EMBEDDERS["open_clip"](tmp_path)
