"""A set that fits together: what was wrong with it is told in notes, not hidden."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag_server.evaluation.metrics import Judgements
from tests.evaluation.datasets.raw import Judgement, Malformed, Raw, Text

# The contract's limit.
MAX_QUERY_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """`documents` that can be stored; `queries`, text by id, that can be asked and have a
    relevant document; `judgements` in their order."""

    documents: Sequence[Text]
    queries: Mapping[str, str]
    judgements: Judgements
    notes: Sequence[str]


def checked(raw: Raw) -> RetrievalSet:
    """What can be measured of a set. Raises Malformed where that is nothing, and where ids or
    judgements contradict each other."""
    _unique(raw.documents, "documents")
    _unique(raw.queries, "questions")
    documents = list(_stored(raw.documents))
    queries = {each.id: each.text for each in raw.queries if _askable(each.text)}
    judged = _grades(raw.judgements)
    relevant = {
        query: judged[query]
        for query in queries
        if any(grade > 0 for grade in judged.get(query, {}).values())
    }
    if not documents or not relevant:
        lacking = "document with text" if not documents else "question with a relevant document"
        raise Malformed(f"has no {lacking}")
    notes = [*raw.notes, *_notes(raw, documents, queries, relevant)]
    asked = {query: queries[query] for query in relevant}
    return RetrievalSet(documents, asked, relevant, notes)


def _unique(texts: Iterable[Text], what: str) -> None:
    seen: set[str] = set()
    for place, each in enumerate(texts, 1):
        if each.id in seen:
            raise Malformed(f"has two {what} of one id (the second is number {place})")
        seen.add(each.id)


def _stored(documents: Iterable[Text]) -> Iterator[Text]:
    """Those with text; of those that have a title only, that is the text."""
    for each in documents:
        if each.text.strip():
            yield each
        elif each.title.strip():
            yield Text(each.id, each.title)


def _askable(text: str) -> bool:
    try:
        return bool(text.strip()) and len(text.encode()) <= MAX_QUERY_BYTES
    except UnicodeEncodeError:
        return False


def _grades(judgements: Iterable[Judgement]) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    for each in judgements:
        of_query = grades.setdefault(each.query, {})
        if of_query.setdefault(each.document, each.grade) != each.grade:
            raise Malformed("judges a document twice for one question, in two ways")
    return grades


def _notes(
    raw: Raw, documents: Sequence[Text], queries: Mapping[str, str], relevant: Judgements
) -> Iterator[str]:
    known = {each.id for each in raw.documents}
    asked = {each.id for each in raw.queries}
    wanted = {
        (query, document)
        for query, grades in relevant.items()
        for document, grade in grades.items()
        if grade > 0
    }
    stored = {each.id for each in documents}
    titles = sum(not each.text.strip() and bool(each.title.strip()) for each in raw.documents)
    counted = (
        (titles, "documents have a title only, which is taken for their text"),
        (len(known - stored), "documents have no text and are left out"),
        (
            sum(document in known - stored for _, document in wanted),
            "judgements want a document without text, which nothing can find",
        ),
        (
            sum(document not in known for _, document in wanted),
            "judgements want a document that the corpus lacks, which nothing can find",
        ),
        (
            len({each.query for each in raw.judgements} - asked),
            "judged questions are not in the set and are left out",
        ),
        (
            len(raw.queries) - len(queries),
            f"questions are empty, over {MAX_QUERY_BYTES:,} bytes or no Unicode, and are left out",
        ),
        (len(queries) - len(relevant), "questions have no relevant document and are left out"),
    )
    yield from (f"{count:,} {what}" for count, what in counted if count)
