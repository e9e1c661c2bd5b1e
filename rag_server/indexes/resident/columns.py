"""The metadata of all documents as columns, and filters evaluated on them at once."""

from collections.abc import Sequence

import numpy as np

from rag_server.core.filters import AllOf, AnyOf, Comparison, Filter, Negated, matches
from rag_server.core.values import Metadata, Value
from rag_server.indexes.resident.column import Column
from rag_server.indexes.resident.values import UNORDERED, Mask


class Columns:
    """A `Column` per field, documents in the order of their slots. One thread adds; others
    evaluate filters on the documents that they know of."""

    def __init__(self) -> None:
        self.count = 0
        self._columns: dict[str, Column] = {}

    @property
    def fields(self) -> list[str]:
        """Names of all fields, in the order in which they came."""
        return list(self._columns)

    @property
    def nbytes(self) -> int:
        """Bytes of the codes of all columns."""
        return sum(each.nbytes for each in list(self._columns.values()))

    def add(self, documents: Sequence[Metadata]) -> None:
        """Append documents."""
        total = self.count + len(documents)
        present: dict[str, tuple[list[int], list[int]]] = {}
        for slot, metadata in enumerate(documents, self.count):
            for field, value in metadata.items():
                slots, codes = present.get(field) or present.setdefault(field, ([], []))
                slots.append(slot)
                codes.append(self._of(field).values.code(value))
        for field, column in self._columns.items():
            if field in present or column.common:
                slots, codes = present.get(field, ([], []))
                column.extend(slots, codes, total)
        self.count = total

    def tidy(self, tolerated: int = UNORDERED) -> None:
        """Put new values in order where they are more than tolerated."""
        for column in list(self._columns.values()):
            column.values.tidy(tolerated)

    def passing(self, filter: Filter, count: int) -> Mask:
        """Which of the first `count` documents `core.filters.matches` passes; bool (count,)."""
        match filter:
            case AllOf(filters):
                mask = np.ones(count, np.bool_)
                for each in filters:
                    mask &= self.passing(each, count)
                return mask
            case AnyOf(filters):
                mask = np.zeros(count, np.bool_)
                for each in filters:
                    mask |= self.passing(each, count)
                return mask
            case Negated(operand):
                return np.logical_not(self.passing(operand, count))
            case Comparison(field):
                column = self._columns.get(field)
                if column is None:
                    return np.full(count, matches(filter, {}))
                return column.passing(filter, count)

    def _of(self, field: str) -> Column:
        column = self._columns.get(field)
        if column is None:
            column = self._columns[field] = Column()
        return column

    def counted(self, field: str, documents: Mask) -> list[tuple[Value, int]]:
        """Distinct values of a field among the documents of a mask, with their numbers, most
        frequent first."""
        column = self._columns.get(field)
        if column is None:
            return []
        counts = np.bincount(column.codes(len(documents))[documents])
        counts[:1] = 0  # the missing
        found = np.flatnonzero(counts)
        ranked = found[np.argsort(-counts[found], kind="stable")]
        values = column.values.values
        return [
            (value, int(counts[code])) for code in ranked if (value := values[code]) is not None
        ]
