"""Measures of rankings against judgements, as trec_eval defines them, by ir-measures."""

from collections.abc import Iterable, Mapping, Sequence

import ir_measures
import numpy as np
from ir_measures import RR, Measure, R, nDCG
from numpy.typing import NDArray

# Query to document to grade: 1 and more is relevant, the more the better.
Judgements = Mapping[str, Mapping[str, int]]
# Query to documents, best first, each once.
Rankings = Mapping[str, Sequence[str]]
# One value for each query, float64 (q,).
Values = NDArray[np.float64]

# nDCG has the grade as gain and log2(rank + 1) as discount; the others count a document
# of any grade above 0 as relevant.
METRICS: Mapping[str, Measure] = {
    "ndcg10": nDCG @ 10,
    "recall10": R @ 10,
    "mrr10": RR @ 10,
    "recall100": R @ 100,
}


def measured(judgements: Judgements, rankings: Rankings) -> dict[str, Values]:
    """By metric: 0 to 1 for each query of `judgements`, in its order; 0 where there is no
    ranking of it. Every query needs a relevant document, or its values mean nothing."""
    places = {query: place for place, query in enumerate(judgements)}
    run = {query: _scored(rankings.get(query, ())) for query in judgements}
    qrels = {query: dict(grades) for query, grades in judgements.items()}
    values = {name: np.zeros(len(places)) for name in METRICS}
    names = {measure: name for name, measure in METRICS.items()}
    for metric in ir_measures.iter_calc(list(names), qrels, run):
        values[names[metric.measure]][places[metric.query_id]] = metric.value
    return values


def documents(hits: Iterable[str]) -> list[str]:
    """The documents of ranked chunks, each at the place of its best chunk."""
    return list(dict.fromkeys(hits))


def _scored(ranking: Sequence[str]) -> dict[str, float]:
    # Ranks stand in for scores, since trec_eval would order equal scores by its own rule.
    return {document: -float(rank) for rank, document in enumerate(ranking)}
