"""One pipeline against another on the same queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from rag_server.evaluation.bootstrap import Bootstrap, Interval
from rag_server.evaluation.metrics import Values

# With fewer queries the bootstrap's intervals are too narrow to judge by.
FEWEST_QUERIES = 20


class Verdict(StrEnum):
    """What the interval of a difference says."""

    BETTER = "significantly better"
    WORSE = "significantly worse"
    EQUAL = "no significant difference"
    TOO_FEW = "too few queries to tell"


@dataclass(frozen=True, slots=True)
class Loss:
    """A query, by its id, and by how much less it reached."""

    query: str
    lost: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """`pipeline` minus `reference` by one metric; the worst losses first."""

    pipeline: str
    reference: str
    metric: str
    difference: Interval
    verdict: Verdict
    losses: tuple[Loss, ...]


def verdict(difference: Interval, queries: int) -> Verdict:
    """Whether 0 is outside of the interval."""
    if queries < FEWEST_QUERIES:
        return Verdict.TOO_FEW
    if difference.low > 0:
        return Verdict.BETTER
    return Verdict.WORSE if difference.high < 0 else Verdict.EQUAL


def losses(queries: Sequence[str], values: Values, reference: Values, most: int) -> list[Loss]:
    """The queries that lost most, worst first, `most` of them at most; equal ones in order."""
    lost = reference - values
    worst = np.argsort(-lost, kind="stable")[:most]
    return [Loss(queries[place], float(lost[place])) for place in worst if lost[place] > 0]


def difference(bootstrap: Bootstrap, values: Values, reference: Values) -> tuple[Interval, Verdict]:
    """The interval of the difference, and what it says."""
    interval = bootstrap.difference(values, reference)
    return interval, verdict(interval, len(values))
