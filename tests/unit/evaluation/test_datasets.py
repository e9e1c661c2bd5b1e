import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.evaluation.datasets.formats import read
from tests.evaluation.datasets.raw import Malformed
from tests.evaluation.datasets.retrieval_set import RetrievalSet
from tests.evaluation.datasets.squad import MOST_QUESTIONS

_SIMPLE = {
    "corpus.jsonl": '{"id": "d1", "title": "One", "text": "first"}\n{"id": 2, "text": "second"}\n',
    "queries.jsonl": '{"id": "q1", "text": "which?"}\n',
    "qrels.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t1\n",
}


def _write(directory: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        (directory / name).write_text(content, encoding="utf-8")
    return directory


def _read(directory: Path, files: Mapping[str, str]) -> RetrievalSet:
    found = read(_write(directory, files))
    assert found is not None
    return found


def test_the_simple_format(tmp_path: Path) -> None:
    found = _read(tmp_path, _SIMPLE)
    assert [(each.id, each.title, each.text) for each in found.documents] == [
        ("d1", "One", "first"),
        ("2", "", "second"),
    ]
    assert found.queries == {"q1": "which?"}
    assert found.judgements == {"q1": {"d1": 1}}
    assert found.notes == []


def test_separators_within_a_text_end_no_line(tmp_path: Path) -> None:
    text = "one\u2028two\u0085three\x0bfour"
    line = json.dumps({"id": "d1", "text": text}, ensure_ascii=False)
    assert _read(tmp_path, {**_SIMPLE, "corpus.jsonl": f"\ufeff{line}\n"}).documents[0].text == text


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("corpus.jsonl", '{"id": "d1", "text": "a"}\n{broken\n', "corpus.jsonl line 2 is not JSON"),
        ("corpus.jsonl", '["d1", "a"]\n', "corpus.jsonl line 1 is not an object"),
        ("corpus.jsonl", "[" * 100_000, "corpus.jsonl line 1 is not JSON"),
        ("corpus.jsonl", '{"text": "a"}\n', 'line 1 has no "id"'),
        ("corpus.jsonl", '{"id": true, "text": "a"}\n', 'line 1 has no "id"'),
        ("corpus.jsonl", '{"id": "d1", "text": 5}\n', 'line 1: "text" is no text'),
        (
            "corpus.jsonl",
            '{"id": "1", "text": "a"}\n\n{"id": 1, "text": "b"}\n',
            "corpus.jsonl line 3 has the id of line 1 again",
        ),
        ("queries.jsonl", '{"id": "q1", "text": "a"}\n' * 2, "line 2 has the id of line 1 again"),
        ("corpus.jsonl", '{"id": "d1", "text": " "}\n', "has no document with text"),
        ("queries.jsonl", "", "has no question with a relevant document"),
        ("qrels.tsv", "q1\td1\t1\n", "must begin with query-id corpus-id score"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1 d1 1\n", "line 2 has 1 fields, not 3"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\tnan\n", "line 2: the score is no whole"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t.5\n", "line 2: the score is no whole"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\tinf\n", "line 2: the score is no whole"),
        (
            "qrels.tsv",
            "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td1\t2\n",
            "judges a document twice",
        ),
    ],
)
def test_a_hostile_set_says_where_it_is_wrong(
    tmp_path: Path, file: str, content: str, told: str
) -> None:
    with pytest.raises(Malformed, match=told.replace("(", r"\(")):
        read(_write(tmp_path, {**_SIMPLE, file: content}))


def test_a_set_that_lacks_a_file_says_which(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match=r"lacks qrels\.tsv"):
        read(_write(tmp_path, {name: _SIMPLE[name] for name in ("corpus.jsonl", "queries.jsonl")}))


def test_bytes_that_are_no_text_are_said_to_be_none(tmp_path: Path) -> None:
    _write(tmp_path, _SIMPLE)
    (tmp_path / "corpus.jsonl").write_bytes(b'{"id": "d1", "text": "\xff"}\n')
    with pytest.raises(Malformed, match=r"corpus\.jsonl is not UTF-8"):
        read(tmp_path)


def test_what_cannot_be_measured_is_left_out_and_told(tmp_path: Path) -> None:
    documents = [
        {"id": "d1", "text": "found"},
        {"id": "d2", "title": "Title only"},
        {"id": "d3", "text": ""},
    ]
    queries = [
        {"id": "asked", "text": "which?"},
        {"id": "unjudged", "text": "what?"},
        {"id": "only-junk", "text": "why?"},
        {"id": "empty", "text": " "},
        {"id": "long", "text": "x" * 8_193},
    ]
    qrels = ("asked d1 1", "asked d3 1", "asked gone 2", "only-junk d1 0", "empty d1 1", "no d1 1")
    found = _read(
        tmp_path,
        {
            "corpus.jsonl": "\n".join(map(json.dumps, documents)),
            "queries.jsonl": "\n".join(map(json.dumps, queries)),
            "qrels.tsv": "\n".join(["query-id corpus-id score", *qrels]).replace(" ", "\t"),
        },
    )
    assert [(each.id, each.text) for each in found.documents] == [
        ("d1", "found"),
        ("d2", "Title only"),
    ]
    # What nothing can find still counts as not found.
    assert found.judgements == {"asked": {"d1": 1, "d3": 1, "gone": 2}}
    assert set(found.queries) == {"asked"}
    assert [note.split()[0] for note in found.notes] == ["1", "1", "1", "1", "1", "2", "2"]
    assert "which?" not in " ".join(found.notes)


def test_cranfield_numbers_its_queries_by_their_order(tmp_path: Path) -> None:
    found = _read(
        tmp_path,
        {
            "cran.all.1400.xml": "<doc>\n<docno>1</docno>\n<title>shear\nflow .</title>\n"
            "<text>shear\nflow .\n  past a plate</text>\n</doc>\n"
            "<doc>\n<docno>2</docno>\n<title></title>\n<text></text>\n</doc>\n",
            "cran.qry.xml": "<?xml version='1.0' encoding='utf-8'?>\n<xml><top><num> 1</num>\n"
            "<title>\nwhat flows\n</title></top><top><num> 4</num><title>what else</title></top>"
            "</xml>",
            "cranqrel.trec.txt": "1 0 1 1\n2 0 1 3\n2 0 2 1\n",
        },
    )
    assert [(each.id, each.title, each.text) for each in found.documents] == [
        ("1", "shear flow .", "past a plate")
    ]
    assert found.queries == {"1": "what flows", "2": "what else"}
    assert found.judgements == {"1": {"1": 1}, "2": {"1": 3, "2": 1}}
    assert found.notes == [
        "1 documents have no text and are left out",
        "1 judgements want a document without text, which nothing can find",
    ]


def test_a_passage_that_clapnq_has_twice_is_one_document(tmp_path: Path) -> None:
    def line(name: str, text: str) -> str:
        passage = {"title": "T", "text": text, "sentences": [text]}
        return json.dumps({"id": name, "input": f"about {name}", "passages": [passage]})

    found = _read(
        tmp_path,
        {
            "clapnq_dev_answerable.jsonl": f"{line('1', 'same')}\n{line('2', 'other')}\n",
            "clapnq_dev_unanswerable.jsonl": f"{line('3', 'same')}\n",
        },
    )
    assert [(each.title, each.text) for each in found.documents] == [("T", "same"), ("T", "other")]
    ids = [each.id for each in found.documents]
    assert found.judgements == {"1": {ids[0]: 1}, "2": {ids[1]: 1}, "3": {ids[0]: 1}}


def _squad(questions: int) -> str:
    asked = [
        {"id": f"q{number}", "question": f"what {number}", "is_impossible": number % 2 == 1}
        for number in range(questions)
    ]
    paragraph = {"context": "Text.", "qas": asked}
    article = {"title": "Some_Article", "paragraphs": [paragraph]}
    return json.dumps({"version": "v2.0", "data": [article]})


def test_squad_asks_what_is_answerable(tmp_path: Path) -> None:
    found = _read(tmp_path, {"dev-v2.0.json": _squad(6)})
    assert [(each.title, each.text) for each in found.documents] == [("Some Article", "Text.")]
    assert list(found.queries) == ["q0", "q2", "q4"]


def test_squad_spaces_its_questions_evenly(tmp_path: Path) -> None:
    found = _read(tmp_path, {"dev-v2.0.json": _squad(6 * MOST_QUESTIONS)})
    assert list(found.queries) == [f"q{6 * number}" for number in range(MOST_QUESTIONS)]
    assert found.notes == ["1,000 of 3,000 answerable questions"]


@pytest.mark.parametrize("content", ['{"data": [{"title": "T"}]}', '{"data": 5}', "[]", "no"])
def test_what_is_called_as_squad_and_is_none_is_told(tmp_path: Path, content: str) -> None:
    with pytest.raises(Malformed, match=r"is not in the format of SQuAD|cannot be read"):
        read(_write(tmp_path, {"dev-v2.0.json": content}))


def test_an_entity_that_grows_is_not_read(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><doc><docno>1</docno></doc>'
    files = {"cran.all.1400.xml": bomb, "cran.qry.xml": "", "cranqrel.trec.txt": ""}
    with pytest.raises(Malformed, match="declares a document type"):
        read(_write(tmp_path, files))


def test_a_directory_without_a_set_holds_none(tmp_path: Path) -> None:
    assert read(_write(tmp_path, {"README.md": "nothing", "data.json": "{}"})) is None
