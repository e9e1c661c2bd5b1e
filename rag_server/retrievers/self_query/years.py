"""Years, and the parts and multiples of them: "Q3 2024", "the 90s"."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from rag_server.retrievers.self_query.dated_words import NEAR, DatedWords, year_behind
from rag_server.retrievers.self_query.periods import (
    Grain,
    Period,
    latest_year,
    month_period,
    year_period,
)

_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3}
_ORDINALS |= {"fourth": 4, "4th": 4, "last": 4}
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_DECADES = {
    "twenties": 1920,
    "thirties": 1930,
    "forties": 1940,
    "fifties": 1950,
    "sixties": 1960,
    "seventies": 1970,
    "eighties": 1980,
    "nineties": 1990,
}


class Years:
    """Reads quarters, halves, seasons, years, decades and centuries."""

    def __init__(self, words: DatedWords, today: date) -> None:
        self._words = words
        self._today = today
        self.readers: tuple[Callable[[int], Period | None], ...] = (
            self._quarter,
            self._half,
            self._season,
            self._decade,
            self._century,
            self._year,
        )

    def _quarter(self, at: int) -> Period | None:
        """Q3 [2024], the third quarter of 2024, 2024 Q3."""
        number, behind = self._ordinal_of("q", "quarter", at)
        if number is None or number > 4:
            return None
        year, last = year_behind(self._words, self._today, behind)
        known = year or latest_year(self._today, 3 * number - 2)
        return month_period(known, 3 * number - 2, 3, at, last, yearless=year is None)

    def _half(self, at: int) -> Period | None:
        number, behind = self._ordinal_of("h", "half", at)
        if number is None or number > 2:
            return None
        year, last = year_behind(self._words, self._today, behind)
        if year is None:
            return None
        return month_period(year, 6 * number - 5, 6, at, last)

    def _ordinal_of(self, letter: str, name: str, at: int) -> tuple[int | None, int]:
        if self._words.text(at) == letter and self._words.touching(at + 1):
            return self._words.integer(at + 1), at + 2
        number = _ORDINALS.get(self._words.text(at)) or self._words.integer(at)
        behind = at + 1
        if self._words.text(behind) in ("st", "nd", "rd", "th"):
            behind += 1
        elif self._words.integer(at) is not None:
            return None, at
        if number is None or self._words.text(behind) != name:
            return None, at
        if self._words.text(at) == "last":
            year, _ = year_behind(self._words, self._today, behind + 1)
            number = None if year is None else {"quarter": 4, "half": 2}[name]
        return number, behind + 1

    def _season(self, at: int) -> Period | None:
        month = _SEASONS.get(self._words.text(at))
        if month is None:
            return None
        year, last = year_behind(self._words, self._today, at + 1)
        return None if year is None else month_period(year, month, 3, at, last)

    def _decade(self, at: int) -> Period | None:
        """The 1990s, the 90s, the nineties."""
        start = _DECADES.get(self._words.text(at))
        last = at + 1
        if start is None and self._words.text(at + 1) == "s" and self._words.touching(at + 1):
            number, last = self._words.integer(at), at + 2
            digits = len(self._words.text(at))
            if number is None or number % 10 or digits not in (2, 4):
                return None
            century = 1900 if number > self._today.year % 100 else 2000
            start = number if digits == 4 else century + number
        if start is None:
            return None
        return year_period(start, 10, at, last)

    def _century(self, at: int) -> Period | None:
        number = self._words.integer(at)
        if (
            number is not None
            and self._words.text(at + 2) == "century"
            and self._words.touching(at + 1)
        ):
            return year_period(100 * (number - 1), 100, at, at + 3)
        if self._words.text(at) in ("this", "last") and self._words.text(at + 1) == "century":
            start = self._today.year // 100 * 100 + (100 * NEAR[self._words.text(at)])
            return year_period(start, 100, at, at + 2)
        return None

    def _year(self, at: int) -> Period | None:
        year = self._words.year_number(at)
        if year is None or (self._words.touching(at + 1) and self._words.text(at + 1).isalpha()):
            return None
        found = year_period(year, 1, at, at + 1)
        return found and replace(found, grain=Grain.YEAR, bare=True)

    # -- relative ------------------------------------------------------------------------------
