"""A cross-encoder on onnxruntime, from a directory with `model.onnx` and `tokenizer.json` as
exporters of Hugging Face models write them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from rag_server.core.call import Deadline
from rag_server.core.errors import DeadlineExceeded, PreconditionFailed, Reason

_MODEL, _TOKENIZER = "model.onnx", "tokenizer.json"
# What a model reads of question and text together, unless its tokenizer's file says less.
_MOST_TOKENS = 512
# Pairs of one pass: of about the same length, so that little is padded.
_BATCH = 8
# By the names that exporters give to a graph's inputs.
_INPUTS: Mapping[str, Callable[[Encoding], Sequence[int]]] = {
    "input_ids": lambda each: each.ids,
    "attention_mask": lambda each: each.attention_mask,
    "token_type_ids": lambda each: each.type_ids,
}
_PADS = ("[PAD]", "<pad>")


class PairModel:
    """Implements `PairScorer`. Runs on the calling thread and releases the GIL meanwhile."""

    def __init__(self, model: bytes, tokenizer: bytes) -> None:
        self._session = onnxruntime.InferenceSession(
            model, _session_options(), providers=["CPUExecutionProvider"]
        )
        self._inputs = [each.name for each in self._session.get_inputs()]
        self._tokenizer = Tokenizer.from_buffer(tokenizer)
        self._pad = _prepare(self._tokenizer)
        # Seconds that a token of a pass took, as last measured.
        self._pace = 0.0
        # A graph that is no cross-encoder is found out now.
        self._pass(self._tokenizer.encode_batch([("question", "text")]))

    def scores(self, question: str, texts: Sequence[str], deadline: Deadline) -> list[float]:
        """0 to 1 per text, in order."""
        pairs = self._tokenizer.encode_batch([(question, text) for text in texts])
        order = sorted(range(len(pairs)), key=lambda n: len(pairs[n].ids))
        scores = np.zeros(len(pairs))
        for start in range(0, len(order), _BATCH):
            self._check(sum(len(pairs[n].ids) for n in order[start:]), deadline)
            some = order[start : start + _BATCH]
            scores[some] = self._timed([pairs[n] for n in some])
        result: list[float] = scores.tolist()
        return result

    def _check(self, tokens: int, deadline: Deadline) -> None:
        """Raise DeadlineExceeded where so many tokens take longer than there is time."""
        if deadline.remaining() <= tokens * self._pace:
            raise DeadlineExceeded(
                "the cross-encoder needs more time than the call has",
                Reason.DEADLINE_EXCEEDED,
                {"stage": "rerank"},
            )

    def _timed(self, pairs: Sequence[Encoding]) -> NDArray[np.float64]:
        began = perf_counter()
        scores = self._pass(pairs)
        self._pace = (perf_counter() - began) / sum(len(each.ids) for each in pairs)
        return scores

    def _pass(self, pairs: Sequence[Encoding]) -> NDArray[np.float64]:
        longest = max(len(each.ids) for each in pairs)
        for each in pairs:
            each.pad(longest, pad_id=self._pad)
        feed = {
            name: np.array([_INPUTS[name](each) for each in pairs], np.int64)
            for name in self._inputs
        }
        logits = np.asarray(self._session.run(None, feed)[0], np.float64)
        return _fit(logits.reshape(len(pairs), -1))


def load_pair_model(directory: Path, sha256: str | None) -> PairModel:
    """The model of a directory, whose graph holds its weights. Raises PreconditionFailed where
    it is missing, is none, or `model.onnx` does not hash to `sha256` (None: whatever it does)."""
    try:
        model = (directory / _MODEL).read_bytes()
        tokenizer = (directory / _TOKENIZER).read_bytes()
    except OSError as error:
        raise _unusable(f"{error.filename} cannot be read: {error.strerror}") from None
    if sha256 is not None and hashlib.sha256(model).hexdigest() != sha256.lower():
        raise _unusable(f"{directory / _MODEL} is not the expected one (its sha256 differs)")
    try:
        return PairModel(model, tokenizer)
    except Exception as error:
        # Neither library has a type for files that are none of its own.
        raise _unusable(f"{directory} holds no cross-encoder") from error


def _unusable(what: str) -> PreconditionFailed:
    return PreconditionFailed(f"the cross-encoder cannot be loaded: {what}")


def _fit(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 (n,), 0 to 1, of logits (n, labels): one label is how well a pair fits, of two the
    second is that it does."""
    if logits.shape[1] > 2:
        raise ValueError("more labels than two")
    fit = logits[:, -1] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]
    # The logistic function, without its overflow.
    return 0.5 * (1.0 + np.tanh(0.5 * fit))


def _prepare(tokenizer: Tokenizer) -> int:
    """Settle how pairs are cut, once for all threads; the id that fills a pass up."""
    # Read before both are set anew.
    known, padding = tokenizer.truncation, tokenizer.padding
    most = min(known["max_length"], _MOST_TOKENS) if known else _MOST_TOKENS
    tokenizer.enable_truncation(most, strategy="longest_first")
    tokenizer.no_padding()
    if padding:
        return int(padding["pad_id"])
    ids = (tokenizer.token_to_id(each) for each in _PADS)
    return next((each for each in ids if each is not None), 0)


def _session_options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return options
