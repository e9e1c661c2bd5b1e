import sys
from hashlib import sha256
from pathlib import Path

import pytest

from rag_server.core.errors import PreconditionFailed
from rag_server.embedders import quantised as module
from rag_server.embedders.package import ModelFile, ModelPackage
from rag_server.embedders.quantised import quantised

PACKAGE = ModelPackage("weights_of_a_test", "weights-of-a-test==1.0")
FILE = ModelFile("assets/model.bin", sha256(b"weights").hexdigest())


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / PACKAGE.module
    (home / "assets").mkdir(parents=True)
    (home / "__init__.py").write_text("raise SystemError('imported')")
    (home / FILE.path).write_bytes(b"weights")
    monkeypatch.syspath_prepend(tmp_path)
    return home


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Counts how often a model is quantised, which itself is left out."""
    calls: list[Path] = []

    def quantise(source: Path, target: Path) -> None:
        calls.append(source)
        target.write_bytes(b"small " + source.read_bytes())

    monkeypatch.setattr(module, "_quantise", quantise)
    return calls


def files() -> dict[str, bytes]:
    return {"model.onnx": b"model"}


def test_a_model_file_is_read_without_importing_its_package(installed: Path) -> None:
    assert PACKAGE.read(FILE) == b"weights"
    assert PACKAGE.module not in sys.modules


def test_another_content_is_refused_and_the_file_is_named(installed: Path) -> None:
    (installed / FILE.path).write_bytes(b"other weights")
    with pytest.raises(PreconditionFailed, match=r"assets/model\.bin.*reinstall weights-of-a-test"):
        PACKAGE.read(FILE)


def test_a_missing_file_is_named(installed: Path) -> None:
    (installed / FILE.path).unlink()
    with pytest.raises(PreconditionFailed, match=r"assets/model\.bin cannot be read"):
        PACKAGE.read(FILE)


def test_a_missing_package_is_named() -> None:
    with pytest.raises(PreconditionFailed, match=r"install nothing-of-the-kind==1"):
        ModelPackage("nothing_of_the_kind", "nothing-of-the-kind==1").read(FILE)


def test_a_model_is_quantised_once(tmp_path: Path, made: list[Path]) -> None:
    models = [quantised(tmp_path / "new", "m", "hash", files) for _ in range(3)]
    assert (models, len(made)) == ([b"small model"] * 3, 1)


def test_another_source_is_quantised_anew(tmp_path: Path, made: list[Path]) -> None:
    for source_hash in ("one", "two"):
        quantised(tmp_path, "m", source_hash, files)
    assert len(made) == 2


@pytest.mark.parametrize("broken", ["model.onnx", "model.onnx.sha256"])
def test_a_damaged_model_is_made_again(tmp_path: Path, made: list[Path], broken: str) -> None:
    quantised(tmp_path, "m", "hash", files)
    next(tmp_path.glob(f"m-*/{broken}")).write_bytes(b"damage \xff")
    assert quantised(tmp_path, "m", "hash", files) == b"small model"
    assert len(made) == 2


def test_a_process_that_was_faster_wins(
    tmp_path: Path, made: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def raced() -> dict[str, bytes]:
        quantised(tmp_path, "m", "hash", files)
        return {"model.onnx": b"late"}

    assert quantised(tmp_path, "m", "hash", raced) == b"small model"


def test_nothing_else_is_left_behind(tmp_path: Path, made: list[Path]) -> None:
    quantised(tmp_path, "m", "hash", files)
    names = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert names == ["model.onnx", "model.onnx.sha256"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_cache_directory_that_cannot_be_written_is_named(
    tmp_path: Path, made: list[Path]
) -> None:
    occupied = tmp_path / "file"
    occupied.touch()
    with pytest.raises(PreconditionFailed, match="cannot be written"):
        quantised(occupied, "m", "hash", files)
