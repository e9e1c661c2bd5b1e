import hashlib
import math
from pathlib import Path

import pytest

from rag_server.core.call import Deadline
from rag_server.core.errors import DeadlineExceeded, PreconditionFailed
from rag_server.rerankers.pair_model import load_pair_model
from tests.cross_encoder import write_cross_encoder

WORDS = ["cats", "purr", "eels", "swim", "hens"]
QUESTION = "which cats purr"
TEXTS = ["Eels swim", "Cats purr", "Hens", "cats " * 600, "Cats swim " + "on " * 40]


def logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


@pytest.mark.parametrize("labels", [1, 2])
def test_each_pair_has_the_score_of_the_model(tmp_path: Path, labels: int) -> None:
    model = load_pair_model(write_cross_encoder(tmp_path, WORDS, labels), None)
    scores = model.scores(QUESTION, TEXTS * 5, Deadline(30.0))
    # The fourth is cut: 512 tokens less three special ones and the question's three.
    few = [logistic(0), logistic(2), logistic(0), 1.0, logistic(1)]
    assert scores == pytest.approx(few * 5)


def test_no_texts_have_no_scores(tmp_path: Path) -> None:
    model = load_pair_model(write_cross_encoder(tmp_path, WORDS), None)
    assert model.scores(QUESTION, [], Deadline(30.0)) == []


def test_what_cannot_be_done_in_time_is_not_begun(tmp_path: Path) -> None:
    model = load_pair_model(write_cross_encoder(tmp_path, WORDS), None)
    assert len(model.scores(QUESTION, TEXTS, Deadline(30.0))) == len(TEXTS)
    with pytest.raises(DeadlineExceeded):
        model.scores(QUESTION, TEXTS, Deadline(0.0))
    with pytest.raises(DeadlineExceeded):
        # By what the first ones took.
        model.scores(QUESTION, TEXTS * 2_000, Deadline(0.01))


def test_the_model_is_the_one_that_was_meant(tmp_path: Path) -> None:
    directory = write_cross_encoder(tmp_path, WORDS)
    right = hashlib.sha256((directory / "model.onnx").read_bytes()).hexdigest()
    load_pair_model(directory, right.upper())
    with pytest.raises(PreconditionFailed, match="sha256 differs"):
        load_pair_model(directory, "0" * 64)


@pytest.mark.parametrize(
    ("file", "said"),
    [("model.onnx", "holds no cross-encoder"), ("tokenizer.json", "holds no cross-encoder")],
)
def test_what_is_no_model_is_refused(tmp_path: Path, file: str, said: str) -> None:
    directory = write_cross_encoder(tmp_path, WORDS)
    (directory / file).write_bytes(b"{}")
    with pytest.raises(PreconditionFailed, match=said):
        load_pair_model(directory, None)
    (directory / file).unlink()
    with pytest.raises(PreconditionFailed, match="cannot be read"):
        load_pair_model(directory, None)


def test_a_model_of_three_labels_is_none_of_ours(tmp_path: Path) -> None:
    with pytest.raises(PreconditionFailed, match="holds no cross-encoder"):
        load_pair_model(write_cross_encoder(tmp_path, WORDS, labels=3), None)
