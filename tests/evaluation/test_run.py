"""The whole run over sets of a few documents, with a real server and a cheap embedder."""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.__main__ import main
from tests.evaluation.service import Launch

_PLACES = ("harbour", "mountain", "desert", "forest", "island", "valley")


class Run:
    """`make eval` over the sets in a directory."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.sets, self.out = directory / "sets", directory / "out"
        self.sets.mkdir()
        self._capsys = capsys
        self._launch = Launch(
            cache=directory / "cache",
            embedder="hashing",
            command=(sys.executable, "-m", "tests.chaos.server"),
        )

    def set(self, name: str, documents: Iterable[Mapping[str, str]], qrels: str) -> None:
        directory = self.sets / name
        directory.mkdir(exist_ok=True)
        queries = [{"id": f"q{each}", "text": each} for each in _PLACES]
        (directory / "corpus.jsonl").write_text("\n".join(map(json.dumps, documents)))
        (directory / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
        (directory / "qrels.tsv").write_text(f"query-id\tcorpus-id\tscore\n{qrels}")

    def __call__(self, *arguments: str, only: str = "retrieval") -> dict[str, Any]:
        options = ("--json", "--resamples", "200", "--out", str(self.out), "--only", only)
        main((*options, *arguments), self._launch)
        printed = self._capsys.readouterr()
        self.said = printed.err
        told: dict[str, Any] = json.loads(printed.out)[only]
        return told


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    made = Run(tmp_path, capsys)
    monkeypatch.setenv("EVAL_DATA", f"{made.sets}:{tmp_path / 'absent'}")
    return made


# The vectors depend on the text alone: a question finds the document that says the same.
def _own(documents: Iterable[str]) -> list[dict[str, str]]:
    return [{"id": f"d {each}/é", "text": each} for each in documents]


def _judged(places: Iterable[str]) -> str:
    return "".join(f"q{each}\td {each}/é\t1\n" for each in places)


def test_every_pipeline_is_measured_on_every_set(run: Run, tmp_path: Path) -> None:
    run.set("plain", _own(_PLACES), _judged(_PLACES))
    run.set("broken", _own(_PLACES), "q\td\n")
    extra = tmp_path / "pipelines.yaml"
    extra.write_text("pipelines: {strict: {retriever: {dense: {min_score: 0.99}}}}")

    told = run("--pipelines", str(extra))

    figures = told["figures"]
    for name in ("default", "strict"):
        assert {
            metric: figures[f"plain.{name}.{metric}"]
            for metric in ("ndcg10", "recall10", "mrr10", "recall100")
        } == {"ndcg10": 1, "recall10": 1, "mrr10": 1, "recall100": 1}
        assert figures[f"plain.{name}.p50_ms"] > 0
    assert told["intervals"]["plain.default.ndcg10"] == [1, 1]
    assert told["left_out"] == {"broken": "qrels.tsv line 2 has 2 fields, not 3"}
    compared = {(each["pipeline"], each["reference"]) for each in told["comparisons"]}
    assert ("strict", "default") in compared
    assert {pipeline for pipeline, _ in compared} | {"default"} == {
        name.split(".")[1] for name in figures
    }
    assert json.loads((run.out / "results.json").read_text())["figures"] == figures
    report = (run.out / "retrieval.html").read_text()
    assert "plain" in report
    assert "<svg" in report
    assert "absent: no such directory" in " ".join(run.said.split())
    # Questions and documents are named by their ids.
    assert not [place for place in _PLACES if f" {place} " in report]


def test_a_second_run_embeds_nothing_and_follows_the_set(run: Run) -> None:
    run.set("plain", _own(_PLACES), _judged(_PLACES))
    assert run("--only", "retrieval")["figures"]["plain.default.mrr10"] == 1
    run.set("plain", _own(_PLACES[:3]), _judged(_PLACES))
    figures = run("--only", "retrieval")["figures"]
    # Three of the six documents are gone, and nothing of the first run is found any more.
    assert figures["plain.default.recall100"] == 0.5


def test_hostile_sets_are_measured_as_far_as_they_can_be(run: Run) -> None:
    odd = [
        {"id": "tab\tand\nline", "text": "harbour"},
        {"id": "x" * 600, "text": "mountain"},
        {"id": "twin", "text": "desert"},
        {"id": "nul", "text": "a\x00b"},
        {"id": "lone", "text": "\ud800"},
        {"id": "void", "text": ""},
    ]
    qrels = f"qmountain\t{'x' * 600}\t1\nqdesert\ttwin\t1\nqforest\tvoid\t1\nqisland\tnowhere\t1\n"
    run.set("odd", odd, qrels)
    told = run()
    assert told["left_out"] == {}
    # Of four questions two want what nothing can find.
    assert told["figures"]["odd.default.recall10"] == 0.5
    said = " ".join(run.said.split())
    assert "1 documents were refused (InvalidArgument)" in said
    assert "1 documents have no text and are left out" in said
    assert "desert" not in said


def test_rows_of_tables_are_asked_for_with_and_without_their_field(run: Run) -> None:
    directory = run.sets / "rows"
    directory.mkdir()
    rows = "".join(f"| {place} | {n} |\n" for n, place in enumerate(_PLACES))
    (directory / "places.md").write_text(f"# Places\n\n| Place | Number |\n|---|---|\n{rows}")
    asked = [("desert?", "| desert |"), ("moon?", "| moon |")]
    (directory / "questions.jsonl").write_text(
        "".join(
            json.dumps({"question": question, "document": "places.md", "answer": answer}) + "\n"
            for question, answer in asked
        )
    )
    told = run("--set", "rows", only="tables")
    assert told["left_out"] == {}
    for name in ("dense", "dense_table", "default", "default_table", "table"):
        assert told["figures"][f"tables.rows.{name}.row1"] == 0.5
    assert told["figures"]["tables.rows.dense_table.mrr10_gain"] == 0
    (directory / "questions.jsonl").write_text('{"question": "desert?", "document": "x.md"}')
    told = run("--set", "rows", only="tables")
    assert told["left_out"] == {"tables.rows": "Malformed"}


def test_without_sets_there_is_nothing_to_measure_and_no_error(run: Run) -> None:
    assert run()["figures"] == {}
    assert "Nothing was measured" in run.said


def test_conditions_that_are_read_off_questions_are_counted(run: Run) -> None:
    directory = run.sets / "notes"
    directory.mkdir()
    schema = {"fields": [{"name": "year", "type": "int64", "description": "Year of writing"}]}
    documents = [
        {"id": each, "text": each, "metadata": {"year": 2000 + n}} for n, each in enumerate(_PLACES)
    ]
    recent = {"field": "year", "op": "gt", "value": 2003}
    questions = [
        {"question": "notes after 2003", "filter": recent, "today": "2024-01-01"},
        {"question": "notes before 2002", "filter": recent, "today": "2024-01-01"},
        {"question": "harbour", "filter": None, "today": "2024-01-01"},
    ]
    (directory / "schema.json").write_text(json.dumps(schema))
    for name, lines in (("documents", documents), ("questions", questions)):
        (directory / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    told = run("--set", "notes", only="selfquery")
    figures = told["figures"]
    # One of two conditions is labelled as what it does not say.
    assert figures["selfquery.notes.execution_match"] == pytest.approx(2 / 3)
    assert figures["selfquery.notes.no_harm_points"] == 0
    assert told["missed_questions"] == {"notes": ["notes before 2002"]}
