"""Days and months by the calendar: "14 November 2024", "March"."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from rag_server.retrievers.self_query.dated_words import DatedWords, year_behind
from rag_server.retrievers.self_query.periods import (
    Grain,
    Period,
    latest_year,
    month_period,
)
from rag_server.retrievers.self_query.words import words_in

_MONTH_NAMES = words_in(
    "january february march april may june july august september october november december"
)
_MONTHS = {
    **{name: number for number, name in enumerate(_MONTH_NAMES, 1)},
    **{name[:3]: number for number, name in enumerate(_MONTH_NAMES, 1)},
    "sept": 9,
}
# Words that are seldom a month unless a day or a year stands beside.
_DOUBTFUL = {"may", "march", "mar", "jan", "dec", "sep", "oct", "nov"}
_INTRODUCING = {"in", "since", "before", "after", "until", "till", "from", "during", "of", "by"}
_INTRODUCING |= {"last", "this", "next", "between", "and", "to", "through", "early", "late", "or"}


class DaysAndMonths:
    """Reads days and months, the most specific first."""

    def __init__(self, words: DatedWords, today: date) -> None:
        self._words = words
        self._today = today
        self.readers: tuple[Callable[[int], Period | None], ...] = (
            self._iso,
            self._numeric_day,
            self._day_of_month,
            self._month_first,
        )

    def _iso(self, at: int) -> Period | None:
        text = self._words.text(at)
        if len(text) != 10 or text[4:5] != "-":
            return None
        return self._days(text[:4], text[5:7], text[8:], at, at + 1)

    def _numeric_day(self, at: int) -> Period | None:
        """31.12.2024, 31/12/2024, 12/31/2024."""
        parts = self._words.text(at).split(".")
        if len(parts) == 3 and len(parts[2]) == 4:
            return self._days(parts[2], parts[1], parts[0], at, at + 1)
        slashes = self._words.text(at + 1), self._words.text(at + 3)
        if slashes != ("/", "/") or self._words.year_number(at + 4) is None:
            return None
        first, second = self._words.integer(at), self._words.integer(at + 2)
        if first is None or second is None:
            return None
        month, day = (second, first) if first > 12 else (first, second)
        return self._days(self._words.text(at + 4), str(month), str(day), at, at + 5)

    def _days(self, year: str, month: str, day: str, first: int, last: int) -> Period | None:
        try:
            start = datetime(int(year), int(month), int(day), tzinfo=UTC)
            return Period(start, start + timedelta(days=1), first, last, Grain.DAY)
        except (ValueError, OverflowError):
            return None

    def _day_of_month(self, at: int) -> Period | None:
        """14 November [2024], the 4th of July."""
        day = self._words.day_number(at)
        if day is None:
            return None
        number, behind = day
        behind += self._words.text(behind) == "of"
        month = _MONTHS.get(self._words.text(behind))
        if month is None:
            return None
        year, last = year_behind(self._words, self._today, behind + 1)
        return self._dated(number, month, year, at, last)

    def _month_first(self, at: int) -> Period | None:
        """November [14] [,] [2024]."""
        month = _MONTHS.get(self._words.text(at))
        if month is None:
            return None
        day = self._words.day_number(at + 1)
        if day is not None and self._words.text(day[1]) not in ("%",):
            year, last = year_behind(self._words, self._today, day[1])
            return self._dated(day[0], month, year, at, last)
        year, last = year_behind(self._words, self._today, at + 1)
        if year is None and self._doubtful(at):
            return None
        start = year if year is not None else latest_year(self._today, month)
        return month_period(start, month, 1, at, last, yearless=year is None)

    def _doubtful(self, at: int) -> bool:
        word = self._words.words[at]
        named = word.capital and self._words.text(at - 1) in _INTRODUCING
        lower = self._words.text(at - 1) in ("in", "since", "during", "until", "last")
        return word.fold in _DOUBTFUL and not named and not (lower and word.fold != "may")

    def _dated(
        self, day: int, month: int, year: int | None, first: int, last: int
    ) -> Period | None:
        known = year if year is not None else latest_year(self._today, month, day)
        found = self._days(str(known), str(month), str(day), first, last)
        return found and replace(found, yearless=year is None)
