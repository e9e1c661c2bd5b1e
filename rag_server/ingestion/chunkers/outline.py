"""The outline of source code: stretches of whole lines that fit a piece, and definitions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_server.ingestion.chunkers.definitions import Definition, name_of
from rag_server.text.offsets import ByteOffsets
from rag_server.text.sentences import lines, trim

if TYPE_CHECKING:
    from tree_sitter import Node

# What stands directly above a definition and belongs to it.
_LEADING = frozenset(
    (
        *("attribute_item", "block_comment", "comment", "decorator", "line_comment"),
        *("modifiers", "template_parameter_list"),
    )
)
# Levels of nesting that are looked into for the beginning of a line.
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Unit:
    """text[start:end], without white space at its ends. `opens`: the head of a definition
    whose body follows."""

    start: int
    end: int
    opens: bool = False


@dataclass(frozen=True, slots=True)
class _Group:
    """Neighbouring nodes of whole lines, and the stretch up to the next group; `opens` as in
    Unit."""

    start: int
    end: int
    nodes: Sequence["Node"]
    opens: bool = False
    # Levels since the last cut.
    depth: int = 0


class Outline:
    """Cuts a syntax tree down to what `fits`, from the top, in linear time. Cuts are between
    nodes where a line begins; where nothing but one node is left, between its lines."""

    def __init__(self, text: str, root: "Node", fits: Callable[[int, int], bool]) -> None:
        self._text = text
        self._fits = fits
        self._offsets = ByteOffsets(text)
        self.definitions: list[Definition] = []
        self.units = list(self._cut(_Group(*trim(text, 0, len(text)), (root,))))

    def _cut(self, whole: _Group) -> Iterator[Unit]:
        stack = [whole]
        while stack:
            group = stack.pop()
            self._name(group)
            if self._fits(group.start, group.end):
                yield Unit(group.start, group.end, group.opens)
            elif inner := self._opened(group):
                stack += reversed(inner)
            else:
                yield from (Unit(*line) for line in lines(self._text, group.start, group.end))

    def _name(self, group: _Group) -> None:
        """Remember what the group defines, which its leading comments belong to."""
        name = _name(group.nodes)
        definition = Definition(group.start, group.end, name)
        # What wraps a definition, such as an export, says the same once more.
        if name and self.definitions[-1:] != [definition]:
            self.definitions.append(definition)

    def _opened(self, group: _Group) -> list[_Group]:
        """What is one level below; nothing where only lines are left."""
        if group.depth == _DEEPEST or not any(map(_has_lines, group.nodes)):
            return []
        nodes = [inner for node in group.nodes for inner in _inner(node)]
        runs = list(_runs(nodes))
        depth = group.depth + 1 if len(runs) == 1 else 0
        starts = [group.start, *(self._offsets.index(run[0].start_byte) for run in runs[1:])]
        opens = group.opens or bool(_name(group.nodes))
        groups = [
            _Group(*self._trimmed(start, end), run, opens and start == group.start, depth)
            for start, end, run in zip(starts, [*starts[1:], group.end], runs, strict=True)
        ]
        # The parser puts what it misses between two lines as a node without any text.
        return [each for each in groups if each.start < each.end]

    def _trimmed(self, start: int, end: int) -> tuple[int, int]:
        """As `trim`, without a copy of the text at each level of nesting."""
        while start < end and self._text[end - 1].isspace():
            end -= 1
        while start < end and self._text[start].isspace():
            start += 1
        return start, end


def _name(nodes: Sequence["Node"]) -> str:
    """The name of what one of the nodes defines; empty for none and for several."""
    names = [name for node in nodes if (name := name_of(node))]
    return names[0] if len(names) == 1 else ""


def _has_lines(node: "Node") -> bool:
    return node.child_count > 0 and node.start_point.row != node.end_point.row


def _inner(node: "Node") -> Sequence["Node"]:
    return node.children if _has_lines(node) else (node,)


def _runs(nodes: Iterable["Node"]) -> Iterator[list["Node"]]:
    """Neighbours that are on one line or led by a comment on the line above."""
    run: list[Node] = []
    for node in nodes:
        if run and _begins_line(run[-1], node) and not _leads(run[-1], node):
            yield run
            run = []
        run.append(node)
    if run:
        yield run


def _begins_line(before: "Node", node: "Node") -> bool:
    end = before.end_point
    return node.start_point.row > end.row or (end.column == 0 and end.row > 0)


def _leads(before: "Node", node: "Node") -> bool:
    end = before.end_point
    last = end.row if end.column else end.row - 1
    return before.type in _LEADING and node.start_point.row <= last + 1
