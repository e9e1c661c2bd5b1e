"""Images and texts in one space, by a CLIP model of the operator's own."""

import json
from hashlib import file_digest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_server.core.documents import Vector
from rag_server.core.errors import PreconditionFailed, Reason

_CONFIG = "open_clip_config.json"
_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")


class OpenClipEmbedder:
    """Implements `ImageEmbedder` and `WordedImageEmbedder` by OpenCLIP."""

    def __init__(self, directory: Path, model: Any, preprocess: Any, tokenizer: Any) -> None:
        """What `load_open_clip` read from `directory`."""
        self._model = model
        self._preprocess = preprocess
        self._tokenizer = tokenizer
        digest = _digest(directory)
        self.name = f"open_clip:{directory.name}"
        self.fingerprint = f"open_clip-1:{digest}"
        self.dimension = len(self.embed_text("a picture"))

    def embed_image(self, image: NDArray[np.uint8]) -> Vector:
        """Unit float32 (d,)."""
        from PIL import Image

        tensor = self._preprocess(Image.fromarray(image)).unsqueeze(0)
        return self._encoded(self._model.encode_image, tensor)

    def embed_text(self, text: str) -> Vector:
        """Unit float32 (d,); what is beyond the model's window is cut."""
        return self._encoded(self._model.encode_text, self._tokenizer([text]))

    @staticmethod
    def _encoded(encode: Any, tensor: Any) -> Vector:
        import torch

        with torch.inference_mode():
            vector: Vector = encode(tensor)[0].float().numpy()
        return vector / np.linalg.norm(vector)


def load_open_clip(directory: Path | None) -> OpenClipEmbedder:
    """The model of a directory in the format of OpenCLIP's `local-dir:`, from which alone it is
    read. Raises PreconditionFailed where the extra, the setting or a file is missing."""
    try:
        import open_clip
    except ImportError:
        raise PreconditionFailed(
            "images.embedder open_clip needs OpenCLIP: pip install 'ragrpc[clip]'",
            Reason.EXTRA_NOT_INSTALLED,
            {"extra": "clip"},
        ) from None
    _check(directory)
    assert directory is not None
    name = f"local-dir:{directory}"
    model, _, preprocess = open_clip.create_model_and_transforms(name)
    model.eval()
    return OpenClipEmbedder(directory, model, preprocess, open_clip.get_tokenizer(name))


def _check(directory: Path | None) -> None:
    if directory is None:
        raise _missing("images.model must name the directory of the model for open_clip")
    if not (directory / _CONFIG).is_file():
        raise _missing(f"images.model: {directory} holds no {_CONFIG}")
    if not any((directory / each).is_file() for each in _WEIGHTS):
        raise _missing(f"images.model: {directory} holds none of {', '.join(_WEIGHTS)}")


def _missing(message: str) -> PreconditionFailed:
    return PreconditionFailed(message, Reason.NOT_READY)


def _digest(directory: Path) -> str:
    """Of what the vectors depend on."""
    weights = next(each for name in _WEIGHTS if (each := directory / name).is_file())
    with weights.open("rb") as file:
        digest = file_digest(file, "sha256")
    config = json.loads((directory / _CONFIG).read_text("utf-8"))
    digest.update(json.dumps(config, sort_keys=True).encode())
    return digest.hexdigest()[:16]
