"""A real, tiny cross-encoder: its logit is how many words the text shares with the question."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from onnx import ModelProto, TensorProto, helper, save
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def write_cross_encoder(directory: Path, words: Sequence[str], labels: int = 1) -> Path:
    """`model.onnx` and `tokenizer.json`, which knows `words`; with two labels the first is 0."""
    directory.mkdir(parents=True, exist_ok=True)
    _tokenizer(words).save(str(directory / "tokenizer.json"))
    save(_model(labels), str(directory / "model.onnx"))
    return directory


def _tokenizer(words: Sequence[str]) -> Tokenizer:
    vocabulary = {word: number for number, word in enumerate([*_SPECIAL, *words])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return tokenizer


def _model(labels: int) -> ModelProto:
    """Words of the text (type 1) that are among the question's (type 0), [SEP] and unknown
    ones aside."""
    steps = [
        ("Greater", ["input_ids", "last_special"], "is_word"),
        ("Cast", ["is_word"], "word"),
        ("Mul", ["word", "attention_mask"], "seen"),
        ("Mul", ["seen", "token_type_ids"], "of_text"),
        ("Sub", ["seen", "of_text"], "of_question"),
        ("Unsqueeze", ["input_ids", "one"], "row"),
        ("Unsqueeze", ["input_ids", "two"], "column"),
        ("Equal", ["row", "column"], "is_same"),
        ("Cast", ["is_same"], "same"),
        ("Unsqueeze", ["of_text", "one"], "texts"),
        ("Unsqueeze", ["of_question", "two"], "questions"),
        ("Mul", ["same", "texts"], "half"),
        ("Mul", ["half", "questions"], "shared"),
        ("ReduceSum", ["shared", "both"], "counted"),
        ("Unsqueeze", ["counted", "one"], "label"),
        ("Cast", ["label"], "logit"),
    ]
    nodes = [
        helper.make_node(kind, inputs, [output], **_options(kind, output))
        for kind, inputs, output in steps
    ]
    zeros = ["zero"] * (labels - 1)
    nodes.append(helper.make_node("Mul", ["logit", "none"], ["zero"]))
    nodes.append(helper.make_node("Concat", [*zeros, "logit"], ["logits"], axis=1))
    graph = helper.make_graph(
        nodes,
        "overlap",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"]) for name in _INPUTS],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", labels])],
        [
            helper.make_tensor("last_special", TensorProto.INT64, [], [3]),
            helper.make_tensor("one", TensorProto.INT64, [1], [1]),
            helper.make_tensor("two", TensorProto.INT64, [1], [2]),
            helper.make_tensor("both", TensorProto.INT64, [2], [1, 2]),
            helper.make_tensor("none", TensorProto.FLOAT, [], [0.0]),
        ],
    )
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=9)


def _options(kind: str, output: str) -> dict[str, Any]:
    match kind:
        case "Cast":
            return {"to": TensorProto.FLOAT if output == "logit" else TensorProto.INT64}
        case "ReduceSum":
            return {"keepdims": 0}
        case _:
            return {}
