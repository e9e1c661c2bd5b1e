"""Real English text that every interpreter carries: the Python language reference."""

import random
import re
from functools import cache
from pydoc_data.topics import topics

_WORD = re.compile(r"[a-z]{4,12}")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
# About five chunks of 200 tokens.
_PAGE_CHARACTERS = 2_700


def documents() -> list[tuple[str, str]]:
    """(name, text) of every topic, by name."""
    return sorted(topics.items())


@cache
def words() -> tuple[str, ...]:
    """The distinct plain words of the corpus, sorted."""
    return tuple(sorted(set(_WORD.findall(" ".join(topics.values()).lower()))))


@cache
def sentences() -> tuple[str, ...]:
    """Distinct prose sentences of one line, sorted."""
    paragraphs = (part for text in topics.values() for part in text.split("\n\n"))
    prose = (" ".join(part.split()) for part in paragraphs if not part.startswith("    "))
    found = {each for text in prose for each in _SENTENCE_END.split(text)}
    return tuple(sorted(each for each in found if 60 <= len(each) <= 240))


def passage(number: int) -> str:
    """A text of 60 words, another one for every number."""
    return " ".join(random.Random(number).choices(words(), k=60)).capitalize() + "."


def page(number: int) -> str:
    """A page of prose of about five chunks, another one for every number."""
    drawn = random.Random(number)
    parts: list[str] = [f"Page {number}."]
    while sum(map(len, parts)) < _PAGE_CHARACTERS:
        parts.append(" ".join(drawn.sample(sentences(), 4)))
    return "\n\n".join(parts)


def question(number: int) -> str:
    """A question of about twelve tokens to which there need be no answer; all distinct."""
    return "What do {} and {} mean for {} {} in case {}?".format(
        *random.Random(number).sample(words(), 4), number
    )


def answerable(number: int) -> str:
    """A question that a sentence of the corpus answers; distinct for thousands of numbers."""
    found = sentences()
    told = found[(number * 7_919) % len(found)].rstrip(".").split()
    return f"What is said about {' '.join(told[:12])} ({number})?"
