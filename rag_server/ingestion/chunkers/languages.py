"""Programming languages: the grammars at hand, and which one a document is written in."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

from rag_server.core.chunking import LANGUAGES
from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.ingestion.chunkers.definitions import DEFINITIONS

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Tree

# Language -> package of its grammar, and the function in it where it has several.
_GRAMMARS: Mapping[str, tuple[str, str]] = {
    **{name: (f"tree_sitter_{name}", "language") for name in LANGUAGES},
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
}
_OTHER_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("c++", "cc", "cxx", "h", "hh", "hpp", "hxx"), "cpp"),
    **dict.fromkeys(("cjs", "js", "jsx", "mjs", "node", "nodejs"), "javascript"),
    **dict.fromkeys(("py", "python3", "pyi", "pyw"), "python"),
    **dict.fromkeys(("cts", "mts", "ts"), "typescript"),
    "golang": "go",
    "rs": "rust",
}
# Bytes that are handed to the parser at a time: between them other threads may run.
_SLICE = 4_096
# Characters of a text that are tried with every grammar.
_TRIED = 4_096
_LEAST_UNDERSTOOD = 0.8


def require_grammars() -> str:
    """Versions of the parser and of all grammars. Raises PreconditionFailed without them."""
    packages = ["tree_sitter", *sorted({package for package, _ in _GRAMMARS.values()})]
    try:
        for package in packages:
            import_module(package)
    except ImportError:
        raise PreconditionFailed(
            "chunking by code needs the server's extra: pip install 'ragrpc[documents]'",
            Reason.EXTRA_NOT_INSTALLED,
            {"extra": "documents"},
        ) from None
    return ",".join(version(package) for package in packages)


def language_of(text: str, hints: Iterable[str], *, is_code: bool) -> str:
    """One of LANGUAGES: what the first useful hint names, in any case, else the shebang line,
    else, where it is known that it `is_code`, the one whose grammar understands how the text
    begins; empty where none does."""
    for hint in (*hints, _interpreter(text)):
        name = hint.strip().lower()
        name = _OTHER_NAMES.get(name, name)
        if name in LANGUAGES:
            return name
    return _understood(text) if is_code else ""


def parsed(encoded: bytes, language: str) -> "Tree":
    """The syntax tree of UTF-8 text; what is wrong in it does not matter."""
    from tree_sitter import Parser

    # A callable, since the parser keeps the interpreter's lock while it reads bytes.
    return Parser(_grammar(language)).parse(lambda at, _: encoded[at : at + _SLICE])


@lru_cache
def _grammar(language: str) -> "Language":
    from tree_sitter import Language

    package, function = _GRAMMARS[language]
    return Language(getattr(import_module(package), function)())


def _interpreter(text: str) -> str:
    """What the shebang line names, as in `#!/usr/bin/env python3`."""
    line = text[:128].splitlines()[0] if text else ""
    words = line.split()
    return words[-1].rpartition("/")[2] if words and line.startswith("#!") else ""


def _understood(text: str) -> str:
    encoded = text[:_TRIED].encode()
    whole = len(text) <= _TRIED
    shares = {name: _share(parsed(encoded, name).root_node, whole) for name in LANGUAGES}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= _LEAST_UNDERSTOOD else ""


def _share(root: "Node", whole: bool) -> float:
    """Which part of a text, 0 to 1, a grammar understands; 0 where nothing is defined. What
    comes last does not count where the text is not `whole`."""
    children = root.children if whole else root.children[:-1]
    size = sum(child.end_byte - child.start_byte for child in children)
    # A definition may be the first part of a statement.
    tops = (node for child in children for node in (child, *child.children[:1]))
    if not any(node.type in DEFINITIONS for node in tops):
        return 0.0
    good = (child.end_byte - child.start_byte for child in children if not child.has_error)
    return sum(good) / size
