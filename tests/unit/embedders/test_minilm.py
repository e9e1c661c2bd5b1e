import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rag_server.core.documents import Passage
from rag_server.core.values import Span
from rag_server.embedders.minilm import MiniLm, load_minilm
from rag_server.text.offsets import ByteOffsets
from rag_server.text.sentences import sentences

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ragrpc"


@pytest.fixture(scope="module")
def minilm() -> MiniLm:
    return load_minilm(CACHE)


def passage(text: str, title: str = "") -> Passage:
    return Passage(title, text, ByteOffsets(text).spans(sentences(text)))


def test_what_means_the_same_is_near(minilm: MiniLm) -> None:
    question = minilm.embed_query("How many vacation days do I get?")
    near, far = minilm.embed_passages(
        [passage("Staff are granted 25 days of leave."), passage("Pigeons fly south in autumn.")]
    )
    assert question @ near.vector > 0.4 > 0.2 > question @ far.vector


def test_the_question_is_nearest_to_the_sentence_that_answers_it(minilm: MiniLm) -> None:
    text = "Caf\u00e9s open at nine \U0001f600. Staff are granted 25 days of leave. Rain is likely."
    (embedding,) = minilm.embed_passages([passage(text, "Handbook")])
    cosines = embedding.sentences @ minilm.embed_query("How many vacation days do I get?")
    assert int(np.argmax(cosines)) == 1


def test_sentence_vectors_are_units_times_127(minilm: MiniLm) -> None:
    (embedding,) = minilm.embed_passages([passage("One sentence. And another one.")])
    lengths = np.linalg.norm(embedding.sentences.astype(np.float32), axis=1)
    assert lengths == pytest.approx(np.full(2, 127.0), abs=2.0)


def test_a_sentence_beyond_the_window_is_zero(minilm: MiniLm) -> None:
    (embedding,) = minilm.embed_passages(
        [Passage("", "word " * 300, (Span(0, 4), Span(1400, 1404)))]
    )
    assert embedding.sentences.any(axis=1).tolist() == [True, False]


def test_the_title_is_part_of_the_vector(minilm: MiniLm) -> None:
    with_title, without = minilm.embed_passages(
        [passage("It costs five euros.", "Parking permits"), passage("It costs five euros.")]
    )
    question = minilm.embed_query("How much is a parking permit?")
    assert question @ with_title.vector > question @ without.vector + 0.2


def test_an_endless_title_leaves_room_for_the_text(minilm: MiniLm) -> None:
    (embedding,) = minilm.embed_passages([passage("word " * 190, "title " * 1_000)])
    assert embedding.sentences.any()


@pytest.mark.parametrize(
    "unit",
    [
        "Caf\u00e9s, open at nine. ",
        "\u65e5\u672c\u8a9e\u306f",
        "e\u0301.\u0301 \u0301",
        "a\x1cb|",
        "\U0001f600 ",
    ],
)
def test_a_text_read_in_slices_has_the_tokens_of_the_whole(minilm: MiniLm, unit: str) -> None:
    text = unit * (100_000 // len(unit))
    sliced = minilm.token_offsets(text)
    whole = minilm._tokenizer.encode(text, add_special_tokens=False).offsets
    assert sliced == whole


def test_a_long_text_has_the_vector_of_its_beginning(minilm: MiniLm) -> None:
    assert np.array_equal(minilm.embed_query("word " * 300), minilm.embed_query("word " * 30_000))


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_reading_a_long_text_starts_no_thread() -> None:
    # In a process of its own: a pool of threads is started once and stays.
    code = (
        "import pathlib, sys; from rag_server.embedders import EMBEDDERS;"
        f"embedder = EMBEDDERS['minilm'](pathlib.Path({str(CACHE)!r}));"
        "count = lambda: sum(1 for _ in pathlib.Path('/proc/self/task').iterdir());"
        "before = count(); embedder.token_offsets('word ' * 30_000);"
        "sys.exit(count() != before)"
    )
    unset = {key: value for key, value in os.environ.items() if key != "TOKENIZERS_PARALLELISM"}
    assert subprocess.run([sys.executable, "-c", code], env=unset, check=False).returncode == 0


def test_importing_the_table_of_embedders_loads_no_model_runtime() -> None:
    code = "import sys, rag_server.embedders; sys.exit('onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_quantising_tools_are_loaded_only_to_quantise(minilm: MiniLm) -> None:
    code = (
        "import sys, pathlib; from rag_server.embedders import EMBEDDERS;"
        f"EMBEDDERS['minilm'](pathlib.Path({str(CACHE)!r}));"
        "sys.exit('onnxruntime.quantization' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
