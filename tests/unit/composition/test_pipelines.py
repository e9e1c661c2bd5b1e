from pathlib import Path

import pytest

from rag_server.composition.pipelines import named_pipelines
from rag_server.core.specs import (
    DenseSpec,
    HybridSpec,
    MmrSpec,
    PipelineSpec,
    RrfSpec,
    SentenceSpec,
    WeightedSpec,
)
from rag_server.settings import Settings, SettingsError

OWN = """
pipelines:
  careful:
    description: Two opinions.
    retriever:
      hybrid:
        parts:
          - retriever: {dense: {min_score: 0.1}}
            weight: 2
          - retriever: {sentence: {}}
        rrf: {k: 10}
    rerankers:
      - mmr: {relevance: 0.5}
"""


def pipelines(tmp_path: Path, text: str | bytes, **asked: object) -> dict[str, PipelineSpec]:
    path = tmp_path / "pipelines.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    settings = Settings.model_validate({"retrieval": {"pipelines_file": path, **asked}})
    return dict(named_pipelines(settings))


def test_those_of_a_file_stand_beside_the_shipped_ones(tmp_path: Path) -> None:
    known = pipelines(tmp_path, OWN, default_pipeline="careful")
    assert {"fast", "default", "precise"} < set(known)
    parts = (WeightedSpec(DenseSpec(0.1), 2.0), WeightedSpec(SentenceSpec()))
    expected = HybridSpec(parts, RrfSpec(10.0))
    assert known["careful"] == PipelineSpec(expected, (MmrSpec(0.5),), "careful", "Two opinions.")


def test_one_of_the_same_name_replaces_a_shipped_one(tmp_path: Path) -> None:
    known = pipelines(tmp_path, OWN.replace("careful", "default"))
    assert known["default"].description == "Two opinions."


DENSE = "retriever: {dense: {}}"
TOO_DEEP = "retriever: " + "{sentence: {base: " * 4 + "{dense: {}}" + "}}" * 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pipelines: [", "is not valid YAML (line"),
        (b"\xff\xfe", "it is not UTF-8"),
        ("", "must hold `pipelines:`"),
        ("pipelines: {}\nextra: 1", "must hold `pipelines:`"),
        (f"pipelines: {{Has Space: {{{DENSE}}}}}", "'Has Space' is not a name"),
        ("pipelines: {a: 3}", "pipeline a: must be a mapping"),
        (f"pipelines: {{a: {{{DENSE}, description: 3}}}}", "description must be text"),
        ("pipelines: {a: {}}", "pipeline a: retriever is required"),
        (f"pipelines: {{a: {{{DENSE}, colour: red}}}}", "colour"),
        ("pipelines: {a: {retriever: {dens: {}}}}", "dens"),
        ("pipelines: {a: {retriever: {}}}", "retriever.strategy is empty"),
        ("pipelines: {a: {retriever: {dense: {min_score: 7}}}}", "dense.min_score must be between"),
        ("pipelines: {a: {retriever: {hybrid: {parts: []}}}}", "hybrid.parts is required"),
        (f"pipelines: {{a: {{retriever: {{hybrid: {{parts: [{{{DENSE}}}]}}}}}}}}", "2 to 8 items"),
        (
            f"pipelines: {{a: {{retriever: {{hybrid: {{parts: [{{{DENSE}, weight: 0}}, "
            f"{{{DENSE}}}]}}}}}}}}",
            "hybrid.parts[0].weight must be between",
        ),
        (f"pipelines: {{a: {{{DENSE}, rerankers: [{{}}]}}}}", "rerankers[0].strategy is empty"),
        (
            f"pipelines: {{a: {{{DENSE}, rerankers: [{{mmr: {{depth: 0}}}}]}}}}",
            "rerankers[0].mmr.depth must be between",
        ),
        (
            f"pipelines: {{a: {{{DENSE}, rerankers: [{'{mmr: {}},' * 5}]}}}}",
            "rerankers must have 0 to 4 items",
        ),
        (f"pipelines: {{a: {{{TOO_DEEP}}}}}", "a.retriever nests over 4 strategies deep"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        pipelines(tmp_path, text)
    assert said in str(caught.value)
    assert "retrieval.pipelines_file" in str(caught.value)


def test_parents_are_not_ranked_against_chunks(tmp_path: Path) -> None:
    parts = f"[{{retriever: {{parent_document: {{}}}}}}, {{{DENSE}}}]"
    text = f"pipelines: {{a: {{retriever: {{hybrid: {{parts: {parts}}}}}}}}}"
    with pytest.raises(SettingsError, match="may not be parts of a hybrid"):
        pipelines(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    wanted = {"retrieval": {"pipelines_file": tmp_path / "none.yaml"}}
    with pytest.raises(SettingsError, match=r"none\.yaml cannot be read"):
        named_pipelines(Settings.model_validate(wanted))


def test_the_default_must_be_among_them() -> None:
    wanted = {"retrieval": {"default_pipeline": "nobody"}}
    with pytest.raises(
        SettingsError, match="'nobody', which is not one of: default, fast, precise"
    ):
        named_pipelines(Settings.model_validate(wanted))
