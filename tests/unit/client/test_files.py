import os
from pathlib import Path

import pytest

from rag_client import ContentType, InvalidArgument
from rag_client.files import SUFFIXES, Selection, Source, read


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b.md", "a.TXT", "sub/c.html", "sub/d.rst", "logo.ico", ".hidden/e.md", ".f.md"):
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "docs"


def found(selection: Selection, *paths: Path) -> dict[str, ContentType]:
    return {each.id: each.content_type for each in selection.sources(paths)}


def test_a_directory_gives_its_readable_files_in_order_of_their_ids(tree: Path) -> None:
    assert found(Selection(), tree) == {
        "a.TXT": ContentType.PLAIN,
        "b.md": ContentType.MARKDOWN,
        "sub/c.html": ContentType.HTML,
        "sub/d.rst": ContentType.PLAIN,
    }
    assert [each.id for each in Selection().sources([tree])] == [
        "a.TXT",
        "b.md",
        "sub/c.html",
        "sub/d.rst",
    ]


def test_a_file_named_itself_has_its_name_as_id(tree: Path) -> None:
    assert list(found(Selection(), tree / "sub" / "c.html")) == ["c.html"]


def test_globs_match_the_name_or_the_id(tree: Path) -> None:
    assert list(found(Selection(globs=("*.md", "sub/d*")), tree)) == ["b.md", "sub/d.rst"]


def test_a_given_type_lets_every_suffix_in(tree: Path) -> None:
    selection = Selection(globs=("*.ico",), content_type=ContentType.PLAIN)
    assert found(selection, tree) == {"logo.ico": ContentType.PLAIN}


def test_a_file_named_itself_needs_a_known_suffix_or_a_type(tree: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"logo\.ico .*--type"):
        found(Selection(), tree / "logo.ico")


def test_ids_can_be_relative_to_a_base(tree: Path) -> None:
    assert list(found(Selection(base=tree.parent), tree / "sub")) == [
        "docs/sub/c.html",
        "docs/sub/d.rst",
    ]
    with pytest.raises(InvalidArgument, match="not under"):
        found(Selection(base=tree / "sub"), tree / "b.md")


def test_two_files_with_one_id_are_refused_with_a_way_out(tree: Path) -> None:
    (tree / "sub" / "b.md").write_text("another")
    with pytest.raises(InvalidArgument, match="--base"):
        found(Selection(), tree, tree / "sub")
    assert "docs/sub/b.md" in found(Selection(base=tree.parent), tree, tree / "sub")


def test_a_file_given_twice_is_one_document(tree: Path) -> None:
    assert list(found(Selection(), tree / "b.md", tree / "b.md")) == ["b.md"]


def test_a_name_that_is_not_utf8_still_makes_an_id(tree: Path) -> None:
    Path(os.fsdecode(os.fsencode(tree) + b"/z\xff.md")).write_text("x")
    assert "z\N{REPLACEMENT CHARACTER}.md" in found(Selection(globs=("z*",)), tree)


def test_a_file_is_read_as_utf8_without_its_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfcaf\xc3\xa9")
    document = read(Source(path, "a.txt", ContentType.PLAIN), {"year": 2026}, 100)
    assert (document.text, document.metadata) == ("café", {"year": 2026})


@pytest.mark.parametrize(
    ("content", "words"), [(b"\xff\xfe", "not UTF-8"), (b"x" * 11, "larger than the server takes")]
)
def test_a_file_that_cannot_be_a_document_says_why(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(InvalidArgument, match=words) as caught:
        read(Source(path, "a.txt", ContentType.PLAIN), {}, 10)
    assert caught.value.reason == "UNREADABLE_FILE"


def test_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="cannot be read"):
        read(Source(tmp_path / "gone.txt", "gone.txt", ContentType.PLAIN), {}, 10)


def test_a_file_that_is_no_text_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7 \xff")
    document = read(Source(path, "a.pdf", ContentType.PDF), {}, 20)
    assert (document.text, document.data) == ("", b"%PDF-1.7 \xff")


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.PDF", ContentType.PDF),
        ("a.docx", ContentType.DOCX),
        ("a.tsv", ContentType.CSV),
        ("a.ndjson", ContentType.JSONL),
        ("a.rs", ContentType.CODE),
        ("a.h", ContentType.CODE),
        ("a.JPEG", ContentType.IMAGE),
    ],
)
def test_a_suffix_tells_the_type(tmp_path: Path, name: str, content_type: ContentType) -> None:
    (tmp_path / name).write_text("x")
    assert found(Selection(), tmp_path) == {name: content_type}


def test_the_page_lists_every_suffix() -> None:
    page = (Path(__file__).parents[3] / "docs" / "cli.md").read_text()
    for suffix, content_type in SUFFIXES.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{content_type}` |"))
        assert f"`{suffix}`" in row
