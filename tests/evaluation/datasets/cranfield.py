"""Cranfield 1400 as TREC-like files.

Queries are numbered by their order in the file, which is what the judgements refer to;
their `<num>` is that of a larger collection. A document's text begins with its title.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, fromstring

from tests.evaluation.datasets.raw import Judgement, Malformed, Raw, Text, lines

_CORPUS, _QUERIES, _QRELS = FILES = ("cran.all.1400.xml", "cran.qry.xml", "cranqrel.trec.txt")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def recognises(directory: Path) -> bool:
    """Whether all of its files are there."""
    return all((directory / name).is_file() for name in FILES)


def read(directory: Path) -> Raw:
    """The set; raises Malformed."""
    documents = (_document(each) for each in _elements(directory / _CORPUS, "doc"))
    queries = enumerate(_elements(directory / _QUERIES, "top"), 1)
    return Raw(
        documents=list(documents),
        queries=[Text(str(place), _inner(each, "title")) for place, each in queries],
        judgements=list(_judgements(directory / _QRELS)),
    )


def _document(element: Element) -> Text:
    title, text = _inner(element, "title"), _inner(element, "text")
    return Text(_inner(element, "docno"), text.removeprefix(title).lstrip(), title)


def _elements(path: Path, tag: str) -> Iterator[Element]:
    # The documents stand side by side without an element around them.
    content = _DECLARATION.sub("", path.read_text(encoding="utf-8"))
    if "<!DOCTYPE" in content:
        raise Malformed(f"{path.name} declares a document type")
    try:
        return fromstring(f"<all>{content}</all>").iter(tag)
    except ParseError as error:
        raise Malformed(f"{path.name} is not XML near line {error.position[0]}") from None


def _inner(element: Element, tag: str) -> str:
    return " ".join((element.findtext(tag) or "").split())


def _judgements(path: Path) -> Iterator[Judgement]:
    for number, line in lines(path):
        cells = line.split()
        if len(cells) != 4 or not cells[3].lstrip("-").isdigit():
            raise Malformed(f"{path.name} line {number} is no judgement")
        yield Judgement(cells[0], cells[2], int(cells[3]))
