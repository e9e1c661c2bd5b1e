"""Whatever is written and deleted, every past revision reads as it was."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_server.core.call import Deadline
from rag_server.core.documents import Collection, GenerationSettings, NewDocument, View
from rag_server.core.filters import Comparison, Operator
from rag_server.core.protocols import Catalog
from rag_server.core.values import Span

Draw = Callable[..., NewDocument]
# What is visible: text by document id.
State = Mapping[str, str]
Write = list[tuple[str, str]]
Delete = list[str]

IDS = st.sampled_from("abcd")
# Few words, so that versions share chunks and documents share embeddings.
TEXTS = st.lists(st.sampled_from(["one", "two", "three"]), unique=True, max_size=3).map(" ".join)
WRITES: st.SearchStrategy[Write] = st.lists(st.tuples(IDS, TEXTS), min_size=1, max_size=3)
DELETES: st.SearchStrategy[Delete] = st.lists(IDS, min_size=1, max_size=2)
STEPS = st.lists(st.one_of(WRITES, DELETES), min_size=1, max_size=8)

names = count()


@settings(
    max_examples=40,
    deadline=None,
    # Every example makes a collection of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_every_revision_reads_as_it_was(
    catalog_under_test: Catalog, catalog_document: Draw, steps: Sequence[Write | Delete]
) -> None:
    catalog = catalog_under_test
    docs = catalog.collections.create("acme", f"c{next(names)}", "", GenerationSettings("minilm"))
    history: list[State] = [{}]
    for step in steps:
        after = applied(history[-1], step)
        revision = commit(catalog, docs, step, catalog_document)
        history += [after] * (revision - len(history) + 1)
        assert history[-1] == after
    for revision, state in enumerate(history):
        assert read(catalog, View(docs.id, 1, revision)) == expected(state)


def applied(state: State, step: Write | Delete) -> State:
    after = dict(state)
    for each in step:
        if isinstance(each, tuple):
            after[each[0]] = each[1]
        else:
            after.pop(each, None)
    return after


def commit(catalog: Catalog, docs: Collection, step: Write | Delete, draw: Draw) -> int:
    new = [draw(*each, metadata={"text": each[1]}) for each in step if isinstance(each, tuple)]
    if new:
        return catalog.documents.write(docs, new).revision
    return catalog.documents.delete(docs, [each for each in step if isinstance(each, str)]).revision


def expected(state: State) -> dict[str, object]:
    chunks = {f"{doc}:{word}" for doc, text in state.items() for word in text.split()}
    return {
        "page": sorted(state),
        "texts": {doc: (state[doc], state[doc].encode()) for doc in state},
        "counts": {doc: len(text.split()) for doc, text in state.items()},
        "of_document": {doc: text.split() for doc, text in state.items()},
        "visible": chunks,
        "vectors": chunks,
        "count": len(chunks),
        "matching": {chunk for chunk in chunks if state[chunk[0]] == "one two"},
    }


def read(catalog: Catalog, view: View) -> dict[str, object]:
    page = [each.id for each in catalog.documents.page(view, "", 10)]
    found = {doc: catalog.documents.get(view, doc) for doc in "abcd"}
    texts = {doc: document.text for doc, document in found.items() if document}
    everything = [f"{doc}:{word}" for doc in "abcd" for word in ("one", "two", "three")]
    visible = catalog.chunks.visible(view, everything)
    rows, _ = catalog.chunks.vectors(view)
    wanted = catalog.chunks.matching(
        view, Comparison("text", Operator.EQUAL, "one two"), Deadline(30.0)
    )
    known = catalog.documents.known(view, list("abcd"))
    of_document = {doc: catalog.reader.of_document(view, doc, -1, 10) for doc in "abcd"}
    return {
        "page": page,
        "texts": {
            doc: (text, catalog.reader.text(view, doc, Span(0, 99))) for doc, text in texts.items()
        },
        "counts": {doc: each.chunk_count for doc, each in known.items()},
        "of_document": {
            doc: [chunk.text for chunk in chunks]
            for doc, chunks in of_document.items()
            if chunks is not None
        },
        "visible": set(visible),
        "vectors": {chunk_id for _, chunk_id in rows},
        "count": catalog.chunks.count(view),
        "matching": {chunk for chunk, (_, document) in visible.items() if document in wanted},
    }
