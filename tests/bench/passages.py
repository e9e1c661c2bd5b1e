"""Questions with the place of what answers them, in documents long enough to be cut."""

import ast
import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rag_server.core.content import ContentType
from rag_server.core.values import Span

# Of the standard library: about 250 KB of documented functions.
_MODULES = (
    *("bdb", "calendar", "cmd", "csv", "fractions", "ftplib", "glob", "heapq", "statistics"),
    *("tempfile", "textwrap"),
)
_ARTICLES = 10
_PER_ARTICLE = 50
_SECTIONS = 10
_SHORTEST_FUNCTION = 5


@dataclass(frozen=True, slots=True)
class Source:
    """A document; `hint` names its programming language."""

    text: str
    title: str = ""
    content_type: ContentType = ContentType.PLAIN
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the byte span in document number `source` that answers it."""

    question: str
    source: int
    answer: Span


@dataclass(frozen=True, slots=True)
class Passages:
    """Documents with questions to them."""

    sources: list[Source]
    asked: list[Asked]


def data_directory() -> Path | None:
    """Where the evaluation data are, as EVAL_DATA says; None where nobody said."""
    named = os.environ.get("EVAL_DATA")
    return Path(named) if named else None


def prose(data: Path) -> Passages:
    """Articles of SQuAD as whole documents, with answerable questions."""
    articles = json.loads((data / "squad_v2_dev" / "dev-v2.0.json").read_text())["data"]
    sources, asked = [], []
    for number, article in enumerate(articles[:_ARTICLES]):
        text = ""
        found: list[Asked] = []
        for paragraph in article["paragraphs"]:
            base = len(text.encode())
            found += _answerable(paragraph, number, base)
            text += paragraph["context"] + "\n\n"
        sources.append(Source(text, article["title"].replace("_", " ")))
        asked += random.Random(number).sample(found, min(_PER_ARTICLE, len(found)))
    return Passages(sources, asked)


def _answerable(paragraph: Any, source: int, base: int) -> Iterator[Asked]:
    for question in paragraph["qas"]:
        for answer in question["answers"][:1]:
            place = _span(paragraph["context"], answer["answer_start"], answer["text"])
            yield Asked(question["question"], source, place.shift(base))


def _span(text: str, start: int, found: str) -> Span:
    begin = len(text[:start].encode())
    return Span(begin, begin + len(found.encode()))


def sections(data: Path) -> Passages:
    """Passages of CLAPnq, ten a document, each a section of markdown under its title."""
    lines = (data / "clapnq_dev" / "clapnq_dev_answerable.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    random.Random(0).shuffle(rows)
    texts, asked = [""] * (-(-len(rows) // _SECTIONS)), []
    for number, row in enumerate(rows):
        source, passage = number // _SECTIONS, row["passages"][0]
        head = f"{texts[source]}## {passage['title']}\n\n"
        texts[source] = f"{head}{passage['text']}\n\n"
        told = next(iter(row["output"][0]["selected_sentences"]), "").strip()
        start = passage["text"].find(told) if told else -1
        if start >= 0:
            place = _span(passage["text"], start, told).shift(len(head.encode()))
            asked.append(Asked(row["input"], source, place))
    return Passages([Source(text, content_type=ContentType.MARKDOWN) for text in texts], asked)


def functions() -> Passages:
    """Modules of the standard library without docstrings; the question is the first line of
    one, the answer the function that had it."""
    sources, asked = [], []
    for number, name in enumerate(_MODULES):
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        text, told = _undocumented(Path(spec.origin).read_text())
        sources.append(Source(text, hint="py"))
        starts = [0]
        for line in text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line.encode()))
        for node, question in zip(_functions(text), told, strict=True):
            end = node.end_lineno or node.lineno
            if question and end - node.lineno >= _SHORTEST_FUNCTION:
                asked.append(Asked(question, number, Span(starts[node.lineno - 1], starts[end])))
    return Passages(sources, asked)


def _undocumented(text: str) -> tuple[str, list[str]]:
    """The code without the docstrings of its functions, and their first lines in order (empty:
    it had none, or nothing else)."""
    lines, told = text.splitlines(keepends=True), []
    for node in _functions(text):
        first, has_more = node.body[0], len(node.body) > 1
        question = (ast.get_docstring(node) or "").partition("\n")[0] if has_more else ""
        told.append(question)
        if question:
            lines[first.lineno - 1 : first.end_lineno] = [""] * (
                (first.end_lineno or first.lineno) - first.lineno + 1
            )
    return "".join(lines), told


def _functions(text: str) -> list[ast.FunctionDef]:
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    return sorted(found, key=lambda node: node.lineno)
