"""What is embedded of a table."""

from rag_server.core.content import ContentType, Parsed
from rag_server.core.table_descriptions import Description, descriptions
from rag_server.core.values import Span
from rag_server.ingestion.parsers import PARSERS
from tests.embedders import HashingEmbedder

tokens = HashingEmbedder().token_offsets


def parsed(text: str, kind: ContentType = ContentType.MARKDOWN) -> Parsed:
    return PARSERS[kind].parse(text.encode())


def said(text: str, most: int = 250) -> list[str]:
    return [each.text for each in descriptions(parsed(text), [], tokens, most)]


def test_it_says_what_it_stands_under_its_header_and_its_rows() -> None:
    text = "# Report\n\n## Sales\n\nBy site:\n\n| Site | Sum |\n|:---|---|\n| Ülm | 7 |\n| | 9 |\n"
    assert said(text) == ["Report > Sales\nBy site:\nSite | Sum\nÜlm | 7\n| 9"]


def test_a_long_table_is_said_in_parts_that_hold_all_of_it() -> None:
    rows = "".join(f"| öd{n} | {n} |\n" for n in range(200))
    found = parsed(f"# Numbers\n\nText.\n\n| Name | Value |\n|---|---|\n{rows}\nEnd.")
    (table,) = found.tables
    parts = descriptions(found, [], tokens, 60)
    assert len(parts) > 10
    assert all(each.text.startswith("Numbers\nText.\nName | Value\n") for each in parts)
    assert all(len(tokens(each.text)) <= 60 for each in parts)
    starts = [each.span.start for each in parts]
    assert [*starts, table.end + 1] == [table.body, *(each.span.end + 1 for each in parts)]
    whole = found.text.encode()
    assert all(each.span.of(whole).startswith(b"| ") for each in parts)
    for n in range(200):
        row = f"öd{n} | {n}"
        (at,) = [each for each in parts if row in each.text.split("\n")]
        assert row in at.span.of(whole).decode()


def test_no_part_reaches_over_the_end_of_a_chunk() -> None:
    text = "Prose.\n\na | b\n-|-\n1 | 2\n3 | 4\n5 | 6\n"
    at = text.index("3 | 4")
    chunks = [Span(0, 6), Span(8, at - 1), Span(at, len(text) - 1)]
    parts = descriptions(parsed(text), chunks, tokens, 250)
    assert [each.text for each in parts] == [
        "Prose.\na | b\n1 | 2",
        "Prose.\na | b\n3 | 4\n5 | 6",
    ]
    assert [each.span.of(text.encode()) for each in parts] == [b"1 | 2", b"3 | 4\n5 | 6"]


def test_what_stands_over_it_leaves_room_for_rows() -> None:
    header = " | ".join(f"column{n}" for n in range(300))
    dashes = "|".join("-" * 300)
    (only,) = said(f"# {'Long title ' * 12}\n\n{header}\n{dashes}\n1 | 2\n", most=80)
    assert len(tokens(only)) <= 80
    assert only.startswith("Long title")
    assert "column0 | column1" in only
    assert only.endswith("\n1 | 2")


def test_a_row_that_fits_nowhere_stands_by_itself() -> None:
    long = "word " * 100
    assert [each.count("word") for each in said(f"a | b\n-|-\n1 | 2\n{long}| 3\n4 | 5\n", 40)] == [
        0,
        100,
        0,
    ]


def test_rows_of_csv_need_no_header() -> None:
    found = parsed("name,born\nAda,1815\nGrace,1906\n", ContentType.CSV)
    assert descriptions(found, [], tokens, 250) == [
        Description(Span(0, len(found.text)), "name: Ada; born: 1815\nname: Grace; born: 1906")
    ]
