"""An ONNX model with int8 weights, made once from float32 and kept in a cache directory."""

import contextlib
import hashlib
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import onnxruntime

from rag_server.core.errors import PreconditionFailed

# Seven bits instead of eight: on a CPU with AVX2 but without VNNI the product of
# an unsigned and a signed byte saturates in 16 bits otherwise, which costs
# precision there and makes vectors depend on the machine.
_RECIPE = "dynamic-int8-per-channel-reduce-range-1"
_MODEL = "model.onnx"
_DIGEST = "model.onnx.sha256"


def recipe() -> str:
    """Name of the way in which weights are quantised; it changes when that does."""
    return _RECIPE


def quantised(
    cache_dir: Path, name: str, source_hash: str, files: Callable[[], Mapping[str, bytes]]
) -> bytes:
    """The quantised model, from the cache where it is intact, else made anew.

    `files` gives the content of the float32 model by file name, the graph as
    "model.onnx"; it is asked only when there is something to make. Several
    processes may race: each makes a whole directory and one of them wins. Raises
    PreconditionFailed where the cache directory cannot be written.
    """
    key = hashlib.sha256(f"{source_hash}|{onnxruntime.__version__}|{_RECIPE}".encode())
    home = cache_dir / f"{name}-{key.hexdigest()[:16]}"
    if model := _intact(home):
        return model
    content = files()
    with contextlib.suppress(OSError):
        _make(home, content)
    if model := _intact(home):
        return model
    raise PreconditionFailed(
        f"the cache directory {cache_dir} cannot be written or is full; name another one",
        metadata={"directory": str(cache_dir)},
    )


def _intact(home: Path) -> bytes | None:
    try:
        model = (home / _MODEL).read_bytes()
        digest = (home / _DIGEST).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
    return model if hashlib.sha256(model).hexdigest() == digest else None


def _make(home: Path, files: Mapping[str, bytes]) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".quantise-") as scratch:
        source, made = Path(scratch, "source"), Path(scratch, "made")
        source.mkdir()
        made.mkdir()
        # Copies, because the package may be read-only or hard-linked from an
        # installer's store, which onnx refuses as external data.
        for file, content in files.items():
            (source / file).write_bytes(content)
        _quantise(source / _MODEL, made / _MODEL)
        (made / _DIGEST).write_text(hashlib.sha256((made / _MODEL).read_bytes()).hexdigest() + "\n")
        _replace(made, home, Path(scratch, "old"))


def _replace(made: Path, home: Path, old: Path) -> None:
    """Put `made` at `home` in one step; where another process was first, keep its result."""
    if home.exists() and _intact(home) is None:
        home.rename(old)
    try:
        made.rename(home)
    except OSError:
        if _intact(home) is None:
            raise


def _quantise(source: Path, target: Path) -> None:
    # Imported here: they cost a second that only the very first start needs.
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = source.with_name("prepared.onnx")
    # Shapes only: without them quantising writes a warning into the root logger.
    quant_pre_process(source, prepared, skip_optimization=True, skip_symbolic_shape=True)
    quantize_dynamic(
        prepared, target, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8
    )
