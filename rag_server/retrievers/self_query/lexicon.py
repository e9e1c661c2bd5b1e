"""Names of fields and values as they may stand in a question."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rag_server.core.metadata_schema import TEXTUAL, FieldSchema, FieldType, MetadataSchema
from rag_server.retrievers.self_query.countries import DEMONYMS, LANGUAGES
from rag_server.retrievers.self_query.words import Word, words_of


class Link(StrEnum):
    """How a stretch of words came to stand for a value, the surest first."""

    EXACT = "exact"
    INFLECTED = "inflected"
    ALIAS = "alias"
    PART = "part"
    FUZZY = "fuzzy"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a stretch of words stands for: a value of a field, or (`value` None) the field.
    For a flag, `value` is whether it is set."""

    field: FieldSchema
    value: str | bool | None
    link: Link
    # The way it is written in the schema, to compare capitals with.
    written: str = ""


@dataclass(slots=True)
class Lexicon:
    """Entries by the folds and by the stems of their words."""

    folds: dict[tuple[str, ...], list[Entry]] = field(default_factory=dict)
    stems: dict[tuple[str, ...], list[Entry]] = field(default_factory=dict)
    longest: int = 1
    # What a misspelt word may have meant: (folded text, entry).
    spellings: list[tuple[str, Entry]] = field(default_factory=list)

    def at(self, words: Sequence[Word], first: int) -> tuple[int, list[Entry]]:
        """The number of words of the longest match that begins there (0: none), and what it
        may stand for."""
        for length in range(min(self.longest, len(words) - first), 0, -1):
            stretch = words[first : first + length]
            found = self.folds.get(tuple(word.fold for word in stretch))
            if found is None:
                inflected = self.stems.get(tuple(word.stem for word in stretch))
                found = inflected
            if found:
                return length, found
        return 0, []

    def add(self, text: str, entry: Entry) -> None:
        """Let `text` stand for the entry."""
        words = words_of(text.replace("_", " "))
        if not words:
            return
        self.longest = max(self.longest, len(words))
        _insert(self.folds, tuple(word.fold for word in words), entry)
        link = Link.INFLECTED if entry.link is Link.EXACT else entry.link
        inflected = Entry(entry.field, entry.value, link, entry.written)
        _insert(self.stems, tuple(word.stem for word in words), inflected)
        if entry.value is not None and entry.link in (Link.EXACT, Link.ALIAS):
            fuzzy = Entry(entry.field, entry.value, Link.FUZZY, entry.written)
            self.spellings.append((" ".join(word.fold for word in words), fuzzy))


def _insert(table: dict[tuple[str, ...], list[Entry]], key: tuple[str, ...], entry: Entry) -> None:
    known = table.setdefault(key, [])
    if not any((each.field.name, each.value) == (entry.field.name, entry.value) for each in known):
        known.append(entry)


def lexicon_of(schema: MetadataSchema) -> Lexicon:
    """Everything that the schema has a name for."""
    lexicon = Lexicon()
    for each in schema.fields:
        for name in (each.name, *each.aliases):
            lexicon.add(name, Entry(each, None, Link.EXACT, name))
        if each.type is FieldType.BOOL:
            _add_flag(lexicon, each)
        elif each.type in TEXTUAL:
            _add_values(lexicon, each)
    for each in schema.fields:
        if each.type in TEXTUAL:
            _add_common_knowledge(lexicon, each)
            _add_parts(lexicon, each)
    return lexicon


def _add_values(lexicon: Lexicon, field: FieldSchema) -> None:
    for value in field.values:
        lexicon.add(value, Entry(field, value, Link.EXACT, value))
    for value, aliases in field.value_aliases:
        for alias in aliases:
            lexicon.add(alias, Entry(field, value, Link.ALIAS, alias))


_FLAG_PREFIXES = ("is ", "has ", "was ", "are ", "can ", "with ", "allows ")


def _add_flag(lexicon: Lexicon, field: FieldSchema) -> None:
    """As in "in stock" sets it, "out of stock" and "unavailable" clear it."""
    yes = Entry(field, True, Link.EXACT, field.name)
    no = Entry(field, False, Link.ALIAS, field.name)
    for name in map(_unprefixed, (field.name, *field.aliases)):
        lexicon.add(name, yes)
        for prefix in ("un", "non", "non ", "in"):
            lexicon.add(prefix + name, no)
        if name.startswith("in "):
            lexicon.add(f"out of {name.removeprefix('in ')}", no)
    for value, aliases in field.value_aliases:
        for alias in aliases:
            lexicon.add(alias, yes if value.casefold() in ("true", "yes") else no)


def _unprefixed(name: str) -> str:
    plain = name.replace("_", " ").casefold()
    for prefix in _FLAG_PREFIXES:
        plain = plain.removeprefix(prefix)
    return plain


def _add_common_knowledge(lexicon: Lexicon, field: FieldSchema) -> None:
    """As in "French" for France, "German" for de, where nothing else goes by that name."""
    for value in field.values:
        others = (*DEMONYMS.get(value.casefold(), ()), *LANGUAGES.get(value.casefold(), ()))
        for other in others:
            if tuple(word.fold for word in words_of(other)) not in lexicon.folds:
                lexicon.add(other, Entry(field, value, Link.ALIAS, other))


def _add_parts(lexicon: Lexicon, field: FieldSchema) -> None:
    """The last word of a name, where it is that of one value only: "Murata"."""
    for last, values in _names(field.values):
        if len(values) == 1 and (last,) not in lexicon.folds:
            written = values[0].split()[-1]
            _insert(lexicon.folds, (last,), Entry(field, values[0], Link.PART, written))


def _names(values: Iterable[str]) -> Iterable[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for value in values:
        words = words_of(value)
        if 2 <= len(words) <= 4 and all(word.capital for word in words) and len(words[-1].fold) > 2:
            found.setdefault(words[-1].fold, []).append(value)
    return found.items()
