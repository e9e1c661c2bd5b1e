"""Filters as they are typed on the command line.

    FIELD = VALUE    FIELD != VALUE    FIELD < <= > >= VALUE
    FIELD in VALUE,VALUE    FIELD not in VALUE,VALUE    FIELD contains VALUE
    FIELD exists    FIELD missing

A value is read as `literals.value` says; a list may also be JSON. A field with spaces or
operators in its name is written as a JSON string.
"""

import json
import re
from functools import reduce
from operator import and_

from rag_client.cli import literals
from rag_client.errors import InvalidArgument
from rag_client.filters import AllOf, AnyOf, Comparison, F, Filter, Negated, Operator
from rag_client.values import Value, checked

_CONDITION = re.compile(
    r"""\s*(?P<field>"(?:[^"\\]|\\.)*"|[^\s"=!<>]+)
        \s*(?P<test>==|!=|<=|>=|=|<|>|\b(?:not\s+in|in|contains|exists|missing)\b)
        \s*(?P<value>.*?)\s*""",
    re.VERBOSE | re.DOTALL,
)
_COMPARISONS = {
    "=": Operator.EQUAL,
    "==": Operator.EQUAL,
    "!=": Operator.NOT_EQUAL,
    "<": Operator.LESS_THAN,
    "<=": Operator.LESS_OR_EQUAL,
    ">": Operator.GREATER_THAN,
    ">=": Operator.GREATER_OR_EQUAL,
    "contains": Operator.CONTAINS,
}
_LISTS = {"in": Operator.IN, "not in": Operator.NOT_IN}
_PRESENCES = {"exists": True, "missing": False}


def all_of(texts: list[str]) -> Filter | None:
    """Every condition together; None where there is none."""
    return reduce(and_, map(condition, texts)) if texts else None


def condition(text: str) -> Filter:
    """One condition; InvalidArgument says what is wrong with it."""
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise InvalidArgument.of(
            "--filter", f"{text!r} is no condition such as 'year>=2025' or 'team in hr,legal'"
        )
    field, test = F(_name(found["field"])).name, " ".join(found["test"].split())
    if (test in _PRESENCES) == bool(found["value"]):
        needs = "takes no value" if test in _PRESENCES else "needs a value"
        raise InvalidArgument.of("--filter", f"{test!r} in {text!r} {needs}")
    return _comparison(field, test, found["value"])


def _comparison(field: str, test: str, text: str) -> Comparison:
    place = f"--filter {field}"
    if test in _PRESENCES:
        return Comparison(field, Operator.EXISTS, _PRESENCES[test])
    if test in _LISTS:
        return Comparison(field, _LISTS[test], _items(place, text))
    return Comparison(field, _COMPARISONS[test], literals.value(place, text))


def _items(place: str, text: str) -> Value:
    if text.startswith("["):
        return literals.value(place, text)
    return checked(place, [literals.value(place, each.strip()) for each in text.split(",")])


def _name(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        raise InvalidArgument.of("--filter", f"{text} is no JSON string") from None


def written(filter: Filter) -> str:
    """A filter as a person would write it."""
    match filter:
        case Comparison(field, operator, value):
            listed = ", ".join(map(str, value)) if isinstance(value, tuple) else value
            return f"{field} {_WRITTEN[operator]} {listed}"
        case AllOf(filters):
            return " and ".join(map(_nested, filters))
        case AnyOf(filters):
            return " or ".join(map(_nested, filters))
        case Negated(operand):
            return f"not {_nested(operand)}"
        case _:
            return "?"


def _nested(filter: Filter) -> str:
    return written(filter) if isinstance(filter, Comparison) else f"({written(filter)})"


_WRITTEN = {
    **{operator: sign for sign, operator in _COMPARISONS.items() if sign != "=="},
    **{operator: words for words, operator in _LISTS.items()},
    Operator.EXISTS: "exists:",
}
