"""Filters as JSON that gives back exactly what went in."""

import json
from typing import Any

from rag_server.core.filters import AllOf, AnyOf, Comparison, Filter, Negated, Operator
from rag_server.stores.catalog.value_json import plain, typed


def encode_filter(filter: Filter) -> str:
    """Text for `decode_filter`."""
    return json.dumps(_tree(filter), separators=(",", ":"))


def decode_filter(encoded: str) -> Filter:
    """The filter that `encode_filter` was given."""
    return _filter(json.loads(encoded))


def _tree(filter: Filter) -> dict[str, Any]:
    match filter:
        case AllOf(filters):
            return {"all_of": [_tree(each) for each in filters]}
        case AnyOf(filters):
            return {"any_of": [_tree(each) for each in filters]}
        case Negated(operand):
            return {"negated": _tree(operand)}
        case Comparison(field, operator, value):
            return {"field": field, "operator": operator.value, "value": plain(value)}


def _filter(tree: dict[str, Any]) -> Filter:
    match tree:
        case {"all_of": filters}:
            return AllOf(tuple(_filter(each) for each in filters))
        case {"any_of": filters}:
            return AnyOf(tuple(_filter(each) for each in filters))
        case {"negated": operand}:
            return Negated(_filter(operand))
        case _:
            return Comparison(tree["field"], Operator(tree["operator"]), typed(tree["value"]))
