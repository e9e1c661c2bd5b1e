import sys

import pytest

from rag_server.core.chunking import LANGUAGES, CodeChunking
from rag_server.core.content import ContentType
from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.ingestion.chunkers import CHUNKERS
from tests.embedders import HashingEmbedder

TOKENS = HashingEmbedder().token_offsets
PYTHON = '''\
"""A stack."""

import sys


# What it is for.
@final
class Stack:
    """Last in, first out."""

    def __init__(self) -> None:
        self.items = []

    # The one at the top.
    @property
    def top(self):
        """The last that came."""
        return self.items[-1]

    def push(self, item):
        self.items.append(item)


def main():
    stack = Stack()
    stack.push(sys.argv[1])
    print(stack.top)
'''
# A class and a method in each, the method with ten lines of the same statement.
SOURCES = {
    "c": ("struct a {{\n  int b;\n}};\n\nint *\nmain(void)\n{{\n{body}}}\n", "main"),
    "cpp": (
        "namespace deep {{\n\ntemplate <typename T>\nclass Stack {{\n public:\n"
        "  void push(T item) {{\n{body}  }}\n}};\n}}\n",
        "deep > Stack > push",
    ),
    "go": ("package main\n\nfunc (s *Stack) Push(item int) {{\n{body}}}\n", "Push"),
    "java": (
        "@Fine\npublic class Stack {{\n  public void push() {{\n{body}  }}\n}}\n",
        "Stack > push",
    ),
    "javascript": (
        "export default class Stack {{\n  push(item) {{\n{body}  }}\n}}\n",
        "Stack > push",
    ),
    "python": ("class Stack:\n    @final\n    def push(self, item):\n{body}", "Stack > push"),
    "rust": (
        "#[derive(Debug)]\nimpl Stack {{\n  fn push(&self) {{\n{body}  }}\n}}\n",
        "Stack > push",
    ),
    "tsx": ("const View = () => {{\n{body}  return <div/>;\n}};\n", "View"),
    "typescript": (
        "namespace deep {{\n  abstract class Stack<T> {{\n    push(item: T): void {{\n{body}"
        "    }}\n  }}\n}}\n",
        "deep > Stack > push",
    ),
}


def source(language: str, lines: int = 10) -> tuple[str, str]:
    template, path = SOURCES[language]
    end = "" if language in ("python", "go") else ";"
    return template.format(body=f"        call(now){end}\n" * lines), path


def chunk(
    text: str,
    language: str = "",
    *,
    max_tokens: int = 200,
    hints: tuple[str, ...] = (),
    content_type: ContentType = ContentType.PLAIN,
) -> list[tuple[str, str]]:
    chunker = CHUNKERS[CodeChunking](CodeChunking(max_tokens, language), TOKENS)
    pieces = chunker.chunk(text, content_type, "", hints)
    return [(piece.heading, piece.span.of(text.encode()).decode()) for piece in pieces]


def test_functions_and_methods_are_kept_whole_with_what_stands_above_them() -> None:
    pieces = chunk(PYTHON, "python", max_tokens=40)
    assert [(heading, text.splitlines()[0]) for heading, text in pieces] == [
        ("", '"""A stack."""'),
        ("Stack > __init__", "def __init__(self) -> None:"),
        ("Stack > top", "# The one at the top."),
        ("Stack > push", "def push(self, item):"),
        ("main", "def main():"),
    ]


def test_a_class_that_fits_is_kept_whole() -> None:
    text = PYTHON.replace("import sys", "import sys\n" + "\nprint(sys)" * 14)
    pieces = chunk(text, "python", max_tokens=96)
    assert [heading for heading, _ in pieces] == ["", "Stack", "main"]
    assert pieces[1][1].startswith("# What it is for.\n@final\nclass Stack:")


def test_small_neighbours_share_a_piece() -> None:
    ((heading, text),) = chunk(PYTHON, "python", max_tokens=200)
    assert (heading, text) == ("", PYTHON.strip())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_heading_names_what_a_piece_is_inside_of(language: str) -> None:
    text, path = source(language)
    pieces = chunk(text, language, max_tokens=24)
    assert len(pieces) > 2
    inside = [heading for heading, own in pieces if set(own.split()) <= {"call(now);", "call(now)"}]
    assert inside
    assert set(inside) == {path}


@pytest.mark.parametrize("language", LANGUAGES)
def test_cuts_are_where_a_line_begins(language: str) -> None:
    text, _ = source(language)
    found = [own.splitlines() for _, own in chunk(text, language, max_tokens=24)]
    assert [line.strip() for own in found for line in own if line.strip()] == [
        line.strip() for line in text.splitlines() if line.strip()
    ]


@pytest.mark.parametrize(
    ("language", "hint"),
    [
        ("c", "c"),
        ("cpp", "H"),
        ("go", "go"),
        ("java", "Java"),
        ("javascript", "mjs"),
        ("python", "PY"),
        ("rust", "rs"),
        ("tsx", "tsx"),
        ("typescript", "ts"),
    ],
)
def test_the_language_is_what_a_hint_names(language: str, hint: str) -> None:
    text, _ = source(language)
    assert chunk(text, hints=("en", hint), max_tokens=24) == chunk(text, language, max_tokens=24)


def test_the_first_useful_hint_counts() -> None:
    text, _ = source("python")
    expected = chunk(text, "python", max_tokens=24)
    assert chunk(text, hints=("python", "rs"), max_tokens=24) == expected


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "tsx"])
def test_without_a_hint_the_language_is_told_from_the_text(language: str) -> None:
    text, _ = source(language)
    told = chunk(text, content_type=ContentType.CODE, max_tokens=24)
    assert told == chunk(text, language, max_tokens=24)
    # To try all grammars on what may be prose would cost too much.
    assert {heading for heading, _ in chunk(text, max_tokens=24)} == {""}


def test_a_shebang_tells_the_language() -> None:
    text = "#!/usr/bin/env python3\n" + "print(now)\n" * 40
    assert chunk(text, max_tokens=64) == chunk(text, "python", max_tokens=64)
    assert chunk(text, max_tokens=64) != chunk(text[2:], max_tokens=64)


@pytest.mark.parametrize("text", ["Some words. " * 40, "word\n" * 200, "1 2 3\n" * 50, "{}" * 90])
def test_what_is_no_code_is_cut_as_text(text: str) -> None:
    assert {heading for heading, _ in chunk(text, content_type=ContentType.CODE)} == {""}


@pytest.mark.parametrize(
    "content_type", sorted(set(ContentType) - {ContentType.CODE, ContentType.PLAIN})
)
def test_what_is_not_sent_as_code_is_cut_as_text(content_type: ContentType) -> None:
    cut = chunk(PYTHON, "python", content_type=content_type, max_tokens=40)
    assert {heading for heading, _ in cut} == {""}


def test_code_may_be_sent_as_such_or_without_a_type() -> None:
    kinds = (ContentType.CODE, ContentType.PLAIN)
    cut = [chunk(PYTHON, content_type=each, max_tokens=40, hints=("py",)) for each in kinds]
    assert cut[0] == cut[1]
    assert cut[0][-1][0] == "main"


def test_broken_code_is_cut_all_the_same() -> None:
    text = PYTHON.replace("def push(self, item):", "def push(self, item:")
    headings = [heading for heading, _ in chunk(text, "python", max_tokens=40)]
    assert headings[:3] == ["", "Stack > __init__", "Stack > top"]


def test_offsets_are_right_behind_characters_of_several_bytes() -> None:
    text = PYTHON.replace("stack", "\U0001f95e\u00e9\u4e2d")
    headings = [heading for heading, _ in chunk(text, "python", max_tokens=40)]
    assert headings[-1] == "main"


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tree_sitter_go", None)
    with pytest.raises(PreconditionFailed, match=r"ragrpc\[documents\]") as caught:
        CHUNKERS[CodeChunking](CodeChunking(), TOKENS)
    assert caught.value.reason is Reason.EXTRA_NOT_INSTALLED


def test_the_fingerprint_tells_the_language() -> None:
    made = {
        CHUNKERS[CodeChunking](CodeChunking(language=each), TOKENS).fingerprint
        for each in ("c", "")
    }
    assert len(made) == 2
