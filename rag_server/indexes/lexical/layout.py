"""How a part lies on disk: tantivy's schema, and what a chunk and a question are in it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import tantivy
from tantivy import Occur, Query

from rag_server.core.documents import ChunkWords
from rag_server.indexes.lexical.analysis import Terms, analyse

# Changes whenever terms or fields do: a part of another layout is built anew.
LAYOUT = 2
ID, WORDS, PAIRS, LENGTH, PAIR_LENGTH = "id", "words", "pairs", "length", "pair_length"
# The catalog's row: read for many at once, and found, at a fraction of what an id costs.
ROW = "row"
# The one document that is no chunk says what a part is. Chunk ids are hexadecimal.
STATE, STATE_ID = "state", "state"
# How often the words of a title count.
_TITLE_WEIGHT = 3
_TOKENIZER = "terms"
# Up to so many rows are looked up one by one, which takes half as long as walking all rows beside
# a set of them; from 2,000 on it takes longer.
_FEW_ROWS = 1_000
# Chunks whose terms are remembered, some 10 KB each.
_KNOWN = 2_048


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(ID, stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(WORDS, tokenizer_name=_TOKENIZER, index_option="freq")
    builder.add_text_field(PAIRS, tokenizer_name=_TOKENIZER, index_option="freq")
    builder.add_integer_field(LENGTH, fast=True)
    builder.add_integer_field(PAIR_LENGTH, fast=True)
    builder.add_bytes_field(STATE, stored=True)
    builder.add_integer_field(ROW, indexed=True, fast=True)
    return builder.build()


_SCHEMA = _schema()


def create(path: Path) -> tantivy.Index:
    """A new part in an empty directory."""
    return _ready(tantivy.Index(_SCHEMA, path=str(path)))


def load(path: Path) -> tantivy.Index:
    """The part of a directory. Raises whatever tantivy does where there is none."""
    return _ready(tantivy.Index.open(str(path)))


def _ready(index: tantivy.Index) -> tantivy.Index:
    # Terms never hold white space, so that this only takes apart what was joined.
    by_space = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(_TOKENIZER, by_space)
    index.config_reader("manual", 0)
    return index


def counted(chunk: ChunkWords) -> Terms:
    """The terms of a chunk as often as they count: those of the title three times."""
    return _counted(chunk.title, chunk.text)


# Questions that come soon after a write all score what is not applied yet.
@lru_cache(_KNOWN)
def _counted(title: str, text: str) -> Terms:
    of_title, of_text = analyse(title), analyse(text)
    return Terms(
        of_title.words * _TITLE_WEIGHT + of_text.words,
        of_title.pairs * _TITLE_WEIGHT + of_text.pairs,
    )


def document(chunk: ChunkWords) -> tantivy.Document:
    """What is indexed of a chunk."""
    terms = counted(chunk)
    made = tantivy.Document()
    made.add_text(ID, chunk.chunk_id)
    made.add_text(WORDS, " ".join(terms.words))
    made.add_text(PAIRS, " ".join(terms.pairs))
    made.add_integer(LENGTH, len(terms.words))
    made.add_integer(PAIR_LENGTH, len(terms.pairs))
    made.add_integer(ROW, chunk.row)
    return made


def state_document(state: bytes) -> tantivy.Document:
    """What says what a part is; it stands for no chunk."""
    made = tantivy.Document()
    made.add_text(ID, STATE_ID)
    made.add_bytes(STATE, state)
    return made


def by_id(ids: Sequence[str]) -> Query:
    """Documents with one of the ids; scores nothing."""
    return Query.const_score_query(Query.term_set_query(_SCHEMA, ID, ids), 0.0)


def by_row(rows: Sequence[int]) -> Query:
    """Documents of one of the rows; scores nothing."""
    if len(rows) > _FEW_ROWS:
        return Query.const_score_query(Query.term_set_query(_SCHEMA, ROW, rows), 0.0)
    alternatives = [(Occur.Should, Query.term_query(_SCHEMA, ROW, row)) for row in rows]
    return Query.const_score_query(Query.boolean_query(alternatives), 0.0)


def query(terms: Terms, bigram_weight: float, among: Query | None) -> Query | None:
    """The sum of BM25 over all terms; None where there is none. All terms are alternatives of
    one level, which lets tantivy skip what cannot get among the best."""
    weighted = list(_weighted(WORDS, terms.words, 1.0))
    if bigram_weight > 0.0:
        weighted += _weighted(PAIRS, terms.pairs, bigram_weight)
    if not weighted:
        return None
    any_term = Query.boolean_query([(Occur.Should, each) for each in weighted])
    if among is None:
        return any_term
    return Query.boolean_query([(Occur.Must, among), (Occur.Must, any_term)])


def _weighted(field: str, terms: Sequence[str], weight: float) -> Iterable[Query]:
    for term, count in Counter(terms).items():
        of_term = Query.term_query(_SCHEMA, field, term, "freq")
        yield Query.boost_query(of_term, weight * count)
