from pathlib import Path

import pytest

from rag_server.composition.rerankers import load_cross_encoder
from rag_server.settings import Settings, SettingsError
from tests.cross_encoder import write_cross_encoder


def settings(directory: Path | None) -> Settings:
    return Settings.model_validate({"reranking": {"cross_encoder_directory": directory}})


def test_there_is_a_cross_encoder_where_one_is_named(tmp_path: Path) -> None:
    assert load_cross_encoder(settings(None)) is None
    assert load_cross_encoder(settings(write_cross_encoder(tmp_path, ["cats"]))) is not None


def test_a_directory_without_a_model_keeps_a_server_from_starting(tmp_path: Path) -> None:
    said = r"reranking\.cross_encoder_directory: .*model\.onnx cannot be read"
    with pytest.raises(SettingsError, match=said):
        load_cross_encoder(settings(tmp_path))
