"""Words of a question as days and years, without their meaning yet."""

from collections.abc import Sequence
from datetime import date

from rag_server.retrievers.self_query.words import Word

_FIRST_YEAR, _LAST_YEAR = 1000, 2999


class DatedWords:
    """Reads single words; places outside of the question are empty."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = words

    def text(self, at: int) -> str:
        """The fold of the word."""
        return self.words[at].fold if 0 <= at < len(self.words) else ""

    def touching(self, at: int) -> bool:
        """Whether nothing stands between the word and the one before."""
        return 0 < at < len(self.words) and self.words[at].start == self.words[at - 1].end

    def integer(self, at: int) -> int | None:
        """Up to four digits."""
        text = self.text(at)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None

    def day_number(self, at: int) -> tuple[int, int] | None:
        """A day of a month and the word behind it: "4", "4th"."""
        day = self.integer(at)
        if day is None or not 1 <= day <= 31:
            return None
        ordinal = self.text(at + 1) in ("st", "nd", "rd", "th") and self.touching(at + 1)
        return day, at + 1 + ordinal

    def year_number(self, at: int) -> int | None:
        """Four digits that may be a year."""
        text = self.text(at)
        number = self.integer(at) if len(text) == 4 else None
        return number if number is not None and _FIRST_YEAR <= number <= _LAST_YEAR else None


# Steps from the period that today is in.
NEAR = {"this": 0, "current": 0, "last": -1, "previous": -1, "next": 1, "coming": 1}


def year_behind(words: DatedWords, today: date, at: int) -> tuple[int | None, int]:
    """The year that a month or quarter is of, and the word behind it."""
    for skip in (0, 1):
        if skip and words.text(at) not in ("of", ",", "in"):
            break
        year = words.year_number(at + skip)
        if year is not None:
            return year, at + skip + 1
        if words.text(at + skip) in NEAR and words.text(at + skip + 1) == "year":
            return today.year + NEAR[words.text(at + skip)], at + skip + 2
    return None, at
