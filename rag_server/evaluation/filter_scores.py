"""How near a filter that was understood is to the one that was meant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rag_server.core.filters import (
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Negated,
    Operator,
    kind_of,
    matches,
)
from rag_server.core.values import Metadata, Value

# (field, test, value): tests are "in", "nin", "lt", "lte", "gt", "gte", "exists".
Leaf = tuple[str, str, object]
_NEGATED = {"in": "nin", "nin": "in", "lt": "gte", "lte": "gt", "gt": "lte", "gte": "lt"}
_TESTS = {
    Operator.EQUAL: "in",
    Operator.CONTAINS: "in",
    Operator.IN: "in",
    Operator.NOT_EQUAL: "nin",
    Operator.NOT_IN: "nin",
    Operator.LESS_THAN: "lt",
    Operator.LESS_OR_EQUAL: "lte",
    Operator.GREATER_THAN: "gt",
    Operator.GREATER_OR_EQUAL: "gte",
}


@dataclass(frozen=True, slots=True)
class Canonical:
    """One spelling of filters that say the same: negation at the leaves, lists merged, whole
    numbers without open ends. `joint`: "and", "or", or "leaf" with its one leaf."""

    joint: str
    parts: frozenset[Any]


def canonical(filter: Filter, negated: bool = False) -> Canonical:
    """The canonical form of a filter, or of its negation."""
    match filter:
        case Negated(operand):
            return canonical(operand, not negated)
        case Comparison():
            return _comparison(filter, negated)
        case AllOf(filters) | AnyOf(filters):
            joint = "and" if isinstance(filter, AllOf) != negated else "or"
            return _merged(joint, [canonical(each, negated) for each in filters])


def leaves(form: Canonical | None) -> frozenset[Leaf]:
    """All tests of a form, one for each value of a list."""
    if form is None:
        return frozenset()
    if form.joint != "leaf":
        return frozenset(leaf for part in form.parts for leaf in leaves(part))
    ((field, test, value),) = form.parts
    if isinstance(value, frozenset):
        return frozenset((field, test, each) for each in value)
    return frozenset({(field, test, value)})


@dataclass(slots=True)
class FilterScore:
    """Counts over questions; rates are 0 to 1, 1 where there is nothing to miss."""

    questions: int = 0
    exact: int = 0
    executed: int = 0
    right: int = 0
    predicted: int = 0
    expected: int = 0

    def add(
        self, predicted: Filter | None, expected: Filter | None, documents: Sequence[Metadata]
    ) -> bool:
        """Count one question; whether both select the same documents."""
        forms = [None if each is None else canonical(each) for each in (predicted, expected)]
        found, meant = leaves(forms[0]), leaves(forms[1])
        same = selected(predicted, documents) == selected(expected, documents)
        self.questions += 1
        self.exact += forms[0] == forms[1]
        self.executed += same
        self.right += len(found & meant)
        self.predicted += len(found)
        self.expected += len(meant)
        return same

    @property
    def exact_match(self) -> float:
        """Share of questions whose filter is the labelled one in its canonical form."""
        return _share(self.exact, self.questions)

    @property
    def execution_match(self) -> float:
        """Share of questions whose filter selects exactly the documents of the labelled one."""
        return _share(self.executed, self.questions)

    @property
    def clause_f1(self) -> float:
        """F1 over (field, test, value) of all questions together."""
        return _share(2 * self.right, self.predicted + self.expected)


def selected(filter: Filter | None, documents: Iterable[Metadata]) -> list[int]:
    """Places of the documents that pass."""
    return [at for at, each in enumerate(documents) if filter is None or matches(filter, each)]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _comparison(filter: Comparison, negated: bool) -> Canonical:
    field, value = filter.field, filter.value
    if filter.operator is Operator.EXISTS:
        return _leaf(field, "exists", bool(value) != negated)
    test = _TESTS[filter.operator]
    test = _NEGATED[test] if negated else test
    if test in ("in", "nin"):
        items = value if isinstance(value, tuple) else (value,)
        return _leaf(field, test, frozenset((kind_of(each), each) for each in items))
    if isinstance(value, int) and not isinstance(value, bool) and test in ("lt", "gt"):
        return _leaf(field, f"{test}e", value - 1 if test == "lt" else value + 1)
    return _leaf(field, test, _comparable(value))


def _comparable(value: Value) -> object:
    return value.timestamp() if isinstance(value, datetime) else value


def _leaf(field: str, test: str, value: object) -> Canonical:
    return Canonical("leaf", frozenset({(field, test, value)}))


def _merged(joint: str, forms: Sequence[Canonical]) -> Canonical:
    """Nested forms of one joint are one; "in" lists join under "or", "nin" lists under "and";
    a range of one whole number is that number."""
    parts: set[Canonical] = set()
    for form in forms:
        parts |= form.parts if form.joint == joint else {form}
    listing = "in" if joint == "or" else "nin"
    lists: dict[str, frozenset[Any]] = {}
    for part in list(parts):
        leaf = next(iter(part.parts)) if part.joint == "leaf" else None
        if leaf is not None and leaf[1] == listing:
            lists[leaf[0]] = lists.get(leaf[0], frozenset()) | leaf[2]
            parts.remove(part)
    parts |= {_leaf(field, listing, values) for field, values in lists.items()}
    if joint == "and":
        parts = _points(parts)
    return next(iter(parts)) if len(parts) == 1 else Canonical(joint, frozenset(parts))


def _points(parts: set[Canonical]) -> set[Canonical]:
    found = {next(iter(part.parts)) for part in parts if part.joint == "leaf"}
    kept = set(parts)
    for field, test, value in found:
        if test == "gte" and (field, "lte", value) in found:
            kept -= {_leaf(field, "gte", value), _leaf(field, "lte", value)}
            kept.add(_leaf(field, "in", frozenset({(kind_of(value), value)})))
    return kept
