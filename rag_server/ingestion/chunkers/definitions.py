"""Definitions in syntax trees: what they are called, and which stand around a place."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node

# Of all grammars together: no type means something else in another one.
DEFINITIONS = frozenset(
    (
        *("abstract_class_declaration", "annotation_type_declaration", "class_declaration"),
        *("class_definition", "class_specifier", "constructor_declaration"),
        *("decorated_definition", "enum_declaration", "enum_item", "enum_specifier"),
        *("export_statement", "function_declaration", "function_definition", "function_item"),
        *("generator_function_declaration", "impl_item", "interface_declaration"),
        *("internal_module", "lexical_declaration", "macro_definition", "method_declaration"),
        *("method_definition", "mod_item", "namespace_definition", "record_declaration"),
        *("struct_item", "struct_specifier", "template_declaration", "trait_item"),
        *("type_alias_declaration", "type_declaration", "union_item", "union_specifier"),
    )
)
# Fields of a node that hold its name, or what is named, the most telling first.
_FIELDS = ("name", "definition", "declaration", "declarator")
# Node types without such a field for what they name -> types of the child that has it.
_INNER = {
    "template_declaration": ("class_specifier", "struct_specifier", "function_definition"),
    "lexical_declaration": ("variable_declarator",),
    "type_declaration": ("type_spec", "type_alias"),
}
_DEEPEST = 8
_LONGEST_NAME = 160
# Names that a path has at most.
_MOST_NAMES = 8
_BETWEEN = " > "


class Definition(NamedTuple):
    """A named stretch of code: text[start:end] in characters."""

    start: int
    end: int
    name: str


def name_of(node: "Node") -> str:
    """The name of a definition; empty for other nodes and where it has none."""
    if node.type not in DEFINITIONS:
        return ""
    found: Node | None = node
    for _ in range(_DEEPEST):
        if found is None or found.child_count == 0:
            break
        found = found.child_by_field_name("type") if found.type == "impl_item" else _inner(found)
    text = found.text if found is not None else None
    return " ".join(text[: 4 * _LONGEST_NAME].decode(errors="ignore").split()) if text else ""


def _inner(node: "Node") -> "Node | None":
    for field in _FIELDS:
        if (found := node.child_by_field_name(field)) is not None:
            return found
    wanted = _INNER.get(node.type, ())
    return next((child for child in node.children[:_DEEPEST] if child.type in wanted), None)


class Enclosing:
    """Says which definitions stand around a stretch. `definitions` ascend by start and are
    nested or disjoint; asked about stretches that ascend as well."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._definitions = definitions
        self._next = 0
        self._open: list[Definition] = []

    def path(self, start: int, end: int) -> str:
        """Names of those that hold all of text[start:end], outermost first, as in
        "Stack > push"; at most eight."""
        while self._next < len(self._definitions):
            definition = self._definitions[self._next]
            if definition.start > start:
                break
            self._leave(definition.start)
            if len(self._open) < _MOST_NAMES:
                self._open.append(definition)
            self._next += 1
        self._leave(start)
        return _BETWEEN.join(each.name for each in self._open if each.end >= end)

    def _leave(self, place: int) -> None:
        while self._open and self._open[-1].end <= place:
            self._open.pop()
