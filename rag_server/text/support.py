"""How far the words of a source support a statement, without a model."""

from collections.abc import Collection, Sequence

from rag_server.text.words import Words

# No statement is well supported by a source that lacks one of its numbers.
NUMBER_CAP = 0.4


def support(statement: Words, source: Words) -> float:
    """0 to 1: the mean of the shares of the statement's content stems and of its pairs
    of neighbouring stems that the source has; 0 for a statement without content.

    A number that the source lacks caps the score at `NUMBER_CAP`. Precision of
    words and of word pairs, as in ROUGE (Lin 2004) with the roles exchanged:
    what counts is that nothing is said which the source does not say.
    """
    if not statement.stems:
        return 0.0
    single = _share(statement.stems, frozenset(source.stems))
    double = _share(statement.pairs, frozenset(source.pairs)) if statement.pairs else single
    score = (single + double) / 2.0
    return score if statement.numbers <= source.numbers else min(score, NUMBER_CAP)


def _share(items: Sequence[object], known: Collection[object]) -> float:
    return sum(each in known for each in items) / len(items)
