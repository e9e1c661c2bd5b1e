"""Dates counted from today: "last month", "the past two weeks"."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from rag_server.retrievers.self_query.dated_words import NEAR, DatedWords
from rag_server.retrievers.self_query.periods import (
    Grain,
    Period,
    day_period,
    month_period,
    months_before,
    open_period,
    span_period,
    year_period,
)
from rag_server.retrievers.self_query.words import words_in

_WEEKDAYS = words_in("monday tuesday wednesday thursday friday saturday sunday")
_BEFORE_DAYS = words_in("since until till from by of before after between and or to through , next")
_COUNTS = {
    **{
        name: number
        for number, name in enumerate(
            words_in("one two three four five six seven eight nine ten eleven twelve"), 1
        )
    },
    "couple": 2,
    "few": 3,
}


class RelativeDates:
    """Reads dates relative to today."""

    def __init__(self, words: DatedWords, today: date) -> None:
        self._words = words
        self._today = today
        self.readers: tuple[Callable[[int], Period | None], ...] = (
            self._day_name,
            self._relative,
            self._rolling,
        )

    def _day_name(self, at: int) -> Period | None:
        steps = {"today": 0, "yesterday": -1, "tomorrow": 1}
        text = self._words.text(at)
        if text in steps:
            return day_period(self._today + timedelta(days=steps[text]), at, at + 1)
        named = at + (text in ("last", "this", "on", "past"))
        if self._words.text(named) not in _WEEKDAYS:
            return None
        if named == at and at and self._words.text(at - 1) not in _BEFORE_DAYS:
            # "black friday deals"
            return None
        back = (self._today.weekday() - _WEEKDAYS.index(self._words.text(named))) % 7 or 7
        return day_period(self._today - timedelta(days=back), at, named + 1)

    def _relative(self, at: int) -> Period | None:
        """Last month, this year, next quarter."""
        step = NEAR.get(self._words.text(at))
        if step is None or (step < 0 and self._is_rolling(at)):
            return None
        unit = self._words.text(at + 1)
        last = at + 2
        match unit:
            case "week":
                monday = self._today - timedelta(days=self._today.weekday(), weeks=-step)
                return span_period(monday, monday + timedelta(days=7), at, last, Grain.WEEK)
            case "month":
                return month_period(self._today.year, self._today.month + step, 1, at, last)
            case "quarter":
                first = (self._today.month - 1) // 3 * 3 + 1
                return month_period(self._today.year, first + 3 * step, 3, at, last)
            case "year":
                found = year_period(self._today.year + step, 1, at, last)
                return found and replace(found, grain=Grain.YEAR)
            case "decade":
                start = self._today.year // 10 * 10 + 10 * step
                return year_period(start, 10, at, last)
            case _:
                return None

    def _rolling(self, at: int) -> Period | None:
        """The past two weeks, the last 30 days, the past year; 3 months ago."""
        if self._words.text(at) in ("past", "last", "previous", "preceding"):
            number, behind = self._count(at + 1)
            if number is None and (self._words.text(at) == "past" or self._is_rolling(at)):
                number, behind = 1, at + 1
            if number is None:
                return None
            start = self._back(number, self._words.text(behind))
            return open_period(start, at, behind + 1) if start else None
        number, behind = self._count(at)
        if number is None or self._words.text(behind + 1) != "ago":
            return None
        start = self._back(number, self._words.text(behind))
        return day_period(start, at, behind + 2) if start else None

    def _is_rolling(self, at: int) -> bool:
        """As in "within the last month", which is not the calendar's."""
        before = self._words.text(at - 1)
        return (self._words.text(at - 2) if before == "the" else before) in ("within", "over")

    def _count(self, at: int) -> tuple[int | None, int]:
        number = self._words.integer(at)
        if number is None:
            number = _COUNTS.get(self._words.text(at))
        if number is not None and self._words.text(at) in ("couple", "few"):
            return number, at + 1 + (self._words.text(at + 1) == "of")
        if number is None and self._words.text(at) in ("a", "an"):
            nested, behind = self._count(at + 1)
            return (nested, behind) if self._words.text(at + 1) == "couple" else (1, at + 1)
        return number, at + 1

    def _back(self, number: int, unit: str) -> date | None:
        """The day that was that long before today."""
        try:
            match unit.removesuffix("s"):
                case "day":
                    return self._today - timedelta(days=number)
                case "week":
                    return self._today - timedelta(weeks=number)
                case "month":
                    return months_before(self._today, number)
                case "quarter":
                    return months_before(self._today, 3 * number)
                case "year":
                    return months_before(self._today, 12 * number)
                case "decade":
                    return months_before(self._today, 120 * number)
                case _:
                    return None
        except (ValueError, OverflowError):
            return None

    # -- making --------------------------------------------------------------------------------
